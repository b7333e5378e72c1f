"""The words that APIs use around a page, as they are after `plain`: the more telling word first."""

import re
from typing import Final

NEXT: Final = (
    "nexturl", "nextlink", "nextpageurl", "nextpagelink", "nextpageuri", "nexturi", "nexthref",
    "odatanextlink", "nextrecordsurl", "next", "nextpage",
    "nextcursor", "nextpagetoken", "nexttoken", "nextcontinuationtoken", "nextmarker", "nextbookmark",
    "nextpagecursor", "nextcursormark", "nextpageid", "nextkey", "nextid", "nextoffset", "nextstart",
    "nextindex",
)  # fmt: skip
TOKENS: Final = (
    "continuationtoken", "continuation", "continue", "endcursor", "after", "cursor", "pagetoken",
    "startingafter", "scrollid", "bookmark", "marker", "offset",
)  # fmt: skip
PAGES: Final = ("page", "currentpage", "pagenumber", "pageno", "pagenum", "pageindex", "number")
LAST_PAGES: Final = (
    "totalpages", "totalpage", "lastpage", "pagecount", "numpages", "nbpages", "pagestotal", "maxpage",
    "pages",
)  # fmt: skip
OFFSETS: Final = ("offset", "skip", "startat", "startindex", "start", "from")
TOTALS: Final = (
    "total", "totalcount", "totalresults", "totalitems", "totalrecords", "totalrows", "totalsize",
    "totalelements", "totalhits", "totaldocs", "recordstotal", "odatacount", "numfound",
    "filteredtablerowscount", "nbhits", "totalnumber", "count",
)  # fmt: skip
MORE: Final = (
    "hasmore", "hasnext", "hasnextpage", "hasmoreitems", "moreavailable", "morerecords", "moreresult",
    "moreresults", "moreitemsincollection", "exceededtransferlimit", "more",
)  # fmt: skip
LAST: Final = (
    "islast", "islastpage", "lastpage", "last", "done", "endoflist", "endofstream", "endofrecords",
)  # fmt: skip
TOTAL_HEADERS: Final = ("x-total-count", "x-total", "x-wp-total", "x-pagination-total-count", "total-count")
PAGE_COUNT_HEADERS: Final = ("x-total-pages", "x-wp-totalpages", "x-pagination-page-count")
TOKEN_HEADERS: Final = (
    "x-next-page", "x-next-cursor", "x-next-token", "x-next-page-token", "x-continuation-token",
    "x-ms-continuation",
)  # fmt: skip
ID_FIELDS: Final = ("id", "_id", "uuid", "guid", "key", "Id", "ID")

_CURSOR_PARAMS: Final[dict[str, tuple[str, ...]]] = {
    "next": ("next", "_next", "cursor", "after"),
    "nextpage": ("page", "next_page", "cursor"),
    "xnextpage": ("page",),
    "nextcursor": ("cursor", "start_cursor", "next_cursor"),
    "nextpagetoken": ("pageToken", "page_token", "nextPageToken"),
    "nexttoken": ("next_token", "nextToken", "pagination_token", "NextToken"),
    "nextcontinuationtoken": ("continuationToken", "continuation-token"),
    "endcursor": ("after", "cursor"),
    "nextmarker": ("marker",),
    "nextcursormark": ("cursorMark",),
    "nextoffset": ("offset",),
    "nextstart": ("start",),
    "nextbookmark": ("bookmark",),
}
_GUESSES: Final = 4
_BESIDE_SIZES: Final = (
    (re.compile(r"\[size\]$"), "[number]"),
    (re.compile(r"^_limit$"), "_start"),
    (re.compile(r"limit(?=\]?$)"), "offset"),
    (re.compile(r"\btop$"), "skip"),
    (re.compile(r"pageSize(?=\]$)"), "currentPage"),
    (re.compile(r"pageSize$"), "pageNumber"),
    (re.compile(r"^maxResults$"), "startAt"),
    (re.compile(r"^resultRecordCount$"), "resultOffset"),
    (re.compile(r"^rows$"), "start"),
)
"""The name of a page's size, and what its position is called by whoever calls the size so."""


def plain(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())


def cursor_params(key: str, known: tuple[str, ...]) -> list[str]:
    """Parameter names a token found under `key` may go back in: what the API documents first."""
    word = plain(key)
    bare = word.removeprefix("x").removeprefix("next")
    own = re.sub(r"^(?:[xX]-)?[nN]ext[_-]?(?=\w)", "", key)
    own = own[:1].lower() + own[1:]
    wanted = {word, bare, *(plain(name) for name in _CURSOR_PARAMS.get(word, ()))}
    documented = [name for name in known if plain(name) in wanted]
    names = [*documented, *_CURSOR_PARAMS.get(word, ()), *([own] if bare else []), key, "cursor", "after"]
    return list(dict.fromkeys(name for name in names if name))[:_GUESSES]


def counting_param(words: tuple[str, ...], shown: str | None, known: tuple[str, ...], default: str) -> str:
    """The parameter for a position: what the API documents, else what its answer calls it."""
    documented = next((name for word in words for name in known if plain(name) == word), None)
    return documented or shown or default


def beside_size(name: str) -> str | None:
    """The parameter for a position, by the name that a request gives its page size: `$skip` beside `$top`."""
    return next((size.sub(position, name) for size, position in _BESIDE_SIZES if size.search(name)), None)


def is_page(name: str) -> bool:
    return plain(name) in PAGES[:-1]  # without `number`, which may be anything's


def is_counting(name: str) -> bool:
    """Whether a parameter is hardly anything but a position; `from` and `number` may be."""
    return is_page(name) or plain(name) in OFFSETS[:-1]


def is_position(name: str) -> bool:
    return plain(name) in {*PAGES, *OFFSETS, *TOTALS, *LAST_PAGES} or is_size(name)


def is_size(name: str) -> bool:
    return plain(name).endswith(("limit", "size", "perpage", "top", "maxresults", "rows"))
