"""What documents call the parameters and members that turn the page, as they are after `plain`."""

from typing import Final

PAGE: Final = (
    "page", "pagenumber", "pageno", "pagenum", "pageindex", "currentpage", "pagenr", "p", "pg",
)  # fmt: skip
PAGE_SIZE: Final = (
    "perpage", "pagesize", "pagelimit", "limit", "size", "itemsperpage", "resultsperpage", "recordsperpage",
    "perpagecount", "maxresults", "maxitems", "maxrecords", "numperpage", "rowsperpage", "take", "top",
    "first", "count", "rows", "max", "num", "maxpagesize", "sysparmlimit",
)  # fmt: skip
OFFSET: Final = (
    "offset", "pageoffset", "skip", "startindex", "startat", "startposition", "startrow", "start", "from",
    "sysparmoffset",
)  # fmt: skip
COUNTED: Final = ("page", "pagenumber", "offset", "skip", "pageoffset")
CURSOR: Final = (
    "cursor", "pagetoken", "nextpagetoken", "nexttoken", "paginationtoken", "continuationtoken",
    "continuation", "pagecursor", "nextcursor", "startcursor", "pageafter", "after", "marker", "bookmark",
    "scrollid", "nextpage", "starttoken", "token", "next", "page", "offset",
)  # fmt: skip
OFTEN_NO_CURSOR: Final[dict[str, tuple[str, ...]]] = {
    "page": ("nextpage", "nextpagetoken"),
    "offset": ("nextoffset", "offset"),
    "next": ("next", "nextcursor", "nexttoken"),
    "token": ("nexttoken", "nextpagetoken", "continuationtoken"),
    "nextpage": ("nextpage",),
}
"""Parameters that are cursors only if the answer holds one of these for them."""

KEYSET: Final = ("sinceid", "startingafter", "startafter", "afterid", "lastid", "fromid", "greaterthanid")

NEXT_URL: Final = (
    "nexturl", "nextlink", "odatanextlink", "nextpageurl", "nextpagelink", "nextpageuri", "nexturi",
    "nexthref", "nextrecordsurl", "next", "nextpage",
)  # fmt: skip
CERTAIN_URL: Final = frozenset(NEXT_URL[:9])
NEXT_TOKEN: Final = (
    "nextcursor", "nextpagetoken", "nexttoken", "nextpagecursor", "nextcontinuationtoken", "nextmarker",
    "nextbookmark", "endcursor", "paginationtoken", "continuationtoken", "continuation", "pagetoken",
    "scrollid", "bookmark", "after", "cursor", "next", "nextpage", "nextoffset", "offset",
)  # fmt: skip
TOKEN_HEADERS: Final = frozenset({
    "xnextcursor", "xnexttoken", "xnextpagetoken", "xcontinuationtoken", "xmscontinuation",
    "xpaginationtoken",
})  # fmt: skip
TOTAL_PAGES: Final = (
    "totalpages", "pagecount", "numpages", "lastpage", "pagestotal", "totalpage", "nbpages", "maxpage",
    "pages",
)  # fmt: skip
TOTAL: Final = (
    "total", "totalcount", "totalresults", "totalitems", "totalrecords", "totalelements", "totalrows",
    "totalhits", "totalentries", "recordstotal", "itemcount", "numfound", "odatacount",
)  # fmt: skip
AROUND: Final = frozenset({
    "meta", "metadata", "pagination", "paging", "page", "pageinfo", "links", "link", "cursor", "cursors",
    "responsemetadata", "next", "pager", "listinfo", "pagemeta", "headers", "summary", "info",
})  # fmt: skip
