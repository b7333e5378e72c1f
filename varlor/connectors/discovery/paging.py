"""How an endpoint seems to hand out its pages, from its parameters and its answer's schema.

What both ends show counts first (an answer's next address, a token and the parameter it goes into);
what only a parameter's name shows comes last, and doubt answers nothing: the fetch then looks for itself.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from varlor.connectors.discovery import paging_words as words
from varlor.connectors.discovery.parameters import Parameter
from varlor.connectors.discovery.schemas import Keys, Schemas
from varlor.connectors.jsonpaths import to
from varlor.connectors.pagination.vocabulary import plain
from varlor.contracts.pagination import (
    CursorToken,
    Keyset,
    LinkHeader,
    NextUrl,
    Offset,
    PageNumber,
    Pagination,
)

_LARGEST_PAGE: Final = 1000
_USUAL_PAGE: Final = 100
_AROUND_DEPTH: Final = 3
_ADDRESS = re.compile(r"\b(?:url|uri|link|href|address)\b")
_THIS_PAGE = re.compile(r"(?:on|in|of|per) (?:this|the current|each|a) (?:page|response|request)|per page")
_PAGING = re.compile(r"next|page|pagina|rel=|8288|5988|navigat")
_FROM_ZERO = re.compile(
    r"zero[- ]based|0[- ]based|0[- ]indexed|(?:start|begin)\w* (?:at|from|with) (?:0|zero)\b"
)
_MOST = re.compile(r"max(?:imum)?(?:\s+(?:of|is|value|allowed))*\W{0,3}(\d{1,6})")
_SCALAR: Final = ("integer", "number", "string", None)


class Member(NamedTuple):
    keys: Keys
    word: str
    schema: Any


class Evidence(NamedTuple):
    """`members` are those around the records, never the records' own."""

    schemas: Schemas
    params: Sequence[Parameter]
    members: Sequence[Member]
    headers: dict[str, Any]
    key: Sequence[str] | None


def members_around(schemas: Schemas, envelope: Any, records: Keys) -> list[Member]:
    """The answer's members that may speak of pages: beside the records, and in what is named for it."""
    return list(_around(schemas, envelope, records, ()))


def _around(schemas: Schemas, schema: Any, records: Keys, keys: Keys) -> Iterator[Member]:
    for name, inner in schemas.properties(schema).items():
        here = (*keys, name)
        if here == records:
            continue
        kind = schemas.kind(inner)
        if kind in ("scalar", None):
            yield Member(here, plain(name), inner)
        on_the_way = records[: len(here)] == here
        if kind != "array" and len(here) < _AROUND_DEPTH and (on_the_way or plain(name) in words.AROUND):
            yield from _around(schemas, inner, records, here)


def guess_pagination(evidence: Evidence) -> Pagination | None:
    """None when the document does not tell."""
    for guess in (_next_url, _cursor, _link_header, _keyset, _page_number, _offset):
        found = guess(evidence)
        if found is not None:
            return found
    return None


def _named(members: Iterable[Member], names: Iterable[str]) -> Iterator[Member]:
    known = list(members)
    return (member for name in names for member in known if member.word == name)


def _param(evidence: Evidence, names: Iterable[str]) -> Parameter | None:
    """The query parameter with the most telling of the names."""
    query = [p for p in evidence.params if p.shown.location == "query" and p.shown.type in _SCALAR]
    fitting = (p for name in names for p in query if plain(p.shown.name) == name and len(p.shown.name) <= 128)  # noqa: PLR2004 - the contract's longest name
    return next(fitting, None)


def _next_url(evidence: Evidence) -> NextUrl | None:
    for member in _named(evidence.members, words.NEXT_URL):
        if _is_address(evidence, member):
            return NextUrl(next_path=to(*member.keys))
    for member in evidence.members:
        if member.word == "href" and plain(member.keys[-2] if len(member.keys) > 1 else "") == "next":
            return NextUrl(next_path=to(*member.keys))
    return None


def _is_address(evidence: Evidence, member: Member) -> bool:
    schema, said = member.schema, evidence.schemas.words(member.schema)
    if evidence.schemas.value(schema, "type") in ("integer", "number", "boolean"):
        return False
    if evidence.schemas.value(schema, "format") in ("uri", "url", "uri-reference", "iri"):
        return True
    if member.word in words.CERTAIN_URL or _ADDRESS.search(said):
        return True
    if member.word == "next" and _param(evidence, words.COUNTED) and not _param(evidence, words.CURSOR[:8]):
        return True  # where pages are counted, a text called next is no token
    inside_links = any(plain(key) in ("links", "link") for key in member.keys[:-1])
    example = evidence.schemas.value(schema, "example")
    return inside_links or (isinstance(example, str) and example.startswith(("http", "/")))


def _cursor(evidence: Evidence) -> CursorToken | None:
    for word in words.CURSOR:
        param = _param(evidence, (word,))
        if param is None:
            continue
        header, path = _token(evidence, word)
        if header or path:
            return CursorToken(cursor_param=param.shown.name, cursor_header=header, cursor_path=path)
    return None


def _token(evidence: Evidence, param: str) -> tuple[str | None, str | None]:
    """The answer's header or its member that goes into that parameter."""
    answered = words.OFTEN_NO_CURSOR.get(param, words.NEXT_TOKEN)
    if param not in words.OFTEN_NO_CURSOR:
        for header in evidence.headers:
            if plain(header) in words.TOKEN_HEADERS and len(header) <= 128:  # noqa: PLR2004 - the contract's longest name
                return header, None
    for member in _named(evidence.members, answered):
        # An offset that is a number repeats what was asked for; one that is a text leads on.
        if member.word != "offset" or evidence.schemas.value(member.schema, "type") == "string":
            return None, to(*member.keys)
    return None, None


def _link_header(evidence: Evidence) -> LinkHeader | None:
    for name, header in evidence.headers.items():
        said = str(header.get("description") or "").lower()
        if name.lower() == "link" and (
            _PAGING.search(said) or _param(evidence, (*words.PAGE, *words.PAGE_SIZE))
        ):
            return LinkHeader()
    return None


def _keyset(evidence: Evidence) -> Keyset | None:
    param = _param(evidence, words.KEYSET)
    if param is None or not evidence.key:
        return None
    return Keyset(field=evidence.key[0], param=param.shown.name)


def _page_number(evidence: Evidence) -> PageNumber | None:
    param = _param(evidence, words.PAGE)
    if param is None:
        return None
    size = _param(evidence, words.PAGE_SIZE)
    return PageNumber(
        page_param=param.shown.name,
        start=_first_page(evidence, param),
        size_param=size.shown.name if size else None,
        size=_page_size(size) if size else None,
        total_pages_path=_counted(evidence, words.TOTAL_PAGES),
        total_path=_counted(evidence, words.TOTAL),
    )


def _first_page(evidence: Evidence, param: Parameter) -> int:
    for said in (param.schema.get("default"), param.schema.get("minimum")):
        if said in (0, 1):
            return int(said)
    if _FROM_ZERO.search((param.shown.description or "").lower()):
        return 0
    spring = {"number", "totalelements"} <= {member.word for member in evidence.members}
    return 0 if spring else 1


def _offset(evidence: Evidence) -> Offset | None:
    param, size = _param(evidence, words.OFFSET), _param(evidence, words.PAGE_SIZE)
    if param is None or size is None:
        return None
    vague = plain(param.shown.name) in ("start", "from")
    if vague and param.shown.type not in ("integer", "number"):
        return None  # as likely the beginning of a period
    default = param.schema.get("default")
    return Offset(
        offset_param=param.shown.name,
        limit_param=size.shown.name,
        limit=_page_size(size) or _USUAL_PAGE,
        start=int(default) if default in (0, 1) else 0,
        total_path=_counted(evidence, words.TOTAL),
    )


def _page_size(param: Parameter) -> int | None:
    """The largest size that the API is said to allow (at most 1,000), else its default."""
    said = _MOST.search((param.shown.description or "").lower())
    choices = [choice for choice in param.shown.enum or () if isinstance(choice, int)]
    most = param.schema.get("maximum") or (int(said[1]) if said else None) or max(choices, default=None)
    if isinstance(most, int | float) and most >= 1:
        fitting = [choice for choice in choices if 1 <= choice <= _LARGEST_PAGE]
        return max(fitting) if fitting else min(int(most), _LARGEST_PAGE)
    default = param.schema.get("default")
    usable = isinstance(default, int) and not isinstance(default, bool) and 1 <= default <= _LARGEST_PAGE
    return default if usable else None


def _counted(evidence: Evidence, names: Sequence[str]) -> str | None:
    """A member that counts the whole; one that is said to count this page would end the reading early."""
    for member in _named(evidence.members, names):
        numeric = evidence.schemas.value(member.schema, "type") in ("integer", "number", None)
        if numeric and not _THIS_PAGE.search(evidence.schemas.words(member.schema)):
            return to(*member.keys)
    return None
