"""What one answer says about there being more: gathered without judging."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from varlor.connectors.jsonpaths import to
from varlor.connectors.pagination import vocabulary as words
from varlor.connectors.pagination.links import address, links, next_link
from varlor.connectors.pagination.step import scalar, whole

_DEPTH: Final = 3
_MOST_KEYS: Final = 5_000  # looked at; an envelope has a dozen
_RANGE = re.compile(r"\S+\s+(?:(\d+)-(\d+)|\*)/(\d+)")  # Content-Range, RFC 9110 section 14.4
_PAGING_RELS: Final = frozenset({"first", "last", "prev", "previous"})

Found = tuple[tuple[str, ...], Any]


@dataclass(slots=True)
class Signs:
    """Each sign with the keys that lead to it; `ends` are the answer's ways to say that this was all."""

    link: str | None = None  # the header that names the next page
    next_path: str | None = None
    token: Found | None = None
    token_header: str | None = None
    more: bool | None = None
    page: Found | None = None
    last_page: Found | None = None
    offset: Found | None = None
    total: Found | None = None
    total_value: int | None = None
    last_page_value: int | None = None
    ends: list[str] = field(default_factory=list[str])


def read_signs(headers: Mapping[str, str], answer: Any, records_at: tuple[str, ...] | None) -> Signs:
    """`records_at`: where the records are, so that their own fields are not taken for an envelope's."""
    signs = Signs()
    _headers(signs, headers)
    if isinstance(answer, dict):
        found = list(islice(_members(answer, (), records_at), _MOST_KEYS))
        _next(signs, found)
        _counts(signs, sorted(found, key=lambda each: each[0][:-1] != (records_at or ())[:-1]))
        _flags(signs, found)
    return signs


def _members(
    node: dict[str, Any], keys: tuple[str, ...], records_at: tuple[str, ...] | None
) -> Iterator[Found]:
    for key, value in node.items():
        here = (*keys, key)
        if here == records_at:
            continue
        yield here, value
        if isinstance(value, dict) and len(here) < _DEPTH:
            yield from _members(value, here, records_at)


def _headers(signs: Signs, headers: Mapping[str, str]) -> None:
    rels = links(headers.get("link"))
    target, header = next_link(headers)
    signs.link = header if target else None
    if signs.link is None and (_PAGING_RELS | {"next"}) & rels.keys():
        signs.ends.append("the Link header names other pages but no next one")
    for name in words.TOKEN_HEADERS:
        if name in headers and signs.token_header is None:
            if scalar(headers[name].strip()):
                signs.token_header = name
            else:
                signs.ends.append(f"the header {name} is empty")
    signs.total_value = header_number(headers, words.TOTAL_HEADERS)
    signs.last_page_value = header_number(headers, words.PAGE_COUNT_HEADERS)
    if signs.total_value is None and (match := _RANGE.fullmatch(headers.get("content-range") or "")):
        signs.total_value = whole(match[3])


def header_number(headers: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    numbers = (whole((headers.get(name) or "").strip()) for name in names)
    return next((number for number in numbers if number is not None), None)


def _next(signs: Signs, found: list[Found]) -> None:
    for word in words.NEXT:
        for keys, value in found:
            if words.plain(keys[-1]) != word:
                continue
            target = address(value)
            if target and (_is_url(target) or isinstance(value, dict)):
                signs.next_path = signs.next_path or to(*keys)
            elif scalar(value) is not None:
                signs.token = signs.token or (keys, value)
            elif value is None or value in ("", False, 0):
                signs.ends.append(f"{to(*keys)} is {_shown(value)}")
    _rel_list(signs, found)
    _continued(signs, found)
    for word in words.TOKENS:
        for keys, value in found:
            text = isinstance(value, str) or word != "offset"
            if (
                words.plain(keys[-1]) == word
                and text
                and scalar(value) is not None
                and not _is_url(str(value))
            ):
                signs.token = signs.token or (keys, value)


def _continued(signs: Signs, found: list[Found]) -> None:
    """MediaWiki's parameters to go on with: the list's own, beside one that is called `continue` itself."""
    for keys, value in found:
        if keys[-1] == "continue" and isinstance(value, dict) and "continue" in value:
            own = [key for key in value if key != "continue" and scalar(value[key]) is not None]
            if len(own) == 1:
                signs.token = signs.token or ((*keys, own[0]), value[own[0]])


def _is_url(text: str) -> bool:
    query = text.partition("?")[2]
    return text.startswith(("http://", "https://", "/", "?")) or ("=" in query and " " not in text)


def _shown(value: Any) -> str:
    return "null" if value is None else "empty" if value == "" else str(value).lower()


def _rel_list(signs: Signs, found: list[Found]) -> None:
    """Links as a list of {rel, href} (or FHIR's {relation, url})."""
    for keys, value in found:
        if signs.next_path or words.plain(keys[-1]) not in {"link", "links"}:
            continue
        if isinstance(value, dict) and "next" not in value and _PAGING_RELS & value.keys():
            signs.ends.append(f"{to(*keys)} names other pages but no next one")
        if not isinstance(value, list):
            continue
        for rel, href in (("rel", "href"), ("relation", "url"), ("rel", "url")):
            rels = [entry.get(rel) for entry in value[:20] if isinstance(entry, dict) and href in entry]
            if "next" in rels:
                signs.next_path = f"{to(*keys)}[?@.{rel}=='next'].{href}"
                return
            if any(rels):
                signs.ends.append(f"{to(*keys)} names no next page")
                return


def _counts(signs: Signs, found: list[Found]) -> None:
    signs.page = _number(found, words.PAGES)
    signs.last_page = _number(found, words.LAST_PAGES)
    signs.offset = _number(found, words.OFFSETS)
    signs.total = _number(found, words.TOTALS)
    if signs.total is not None:
        signs.total_value = whole(signs.total[1])
    if signs.last_page is not None:
        signs.last_page_value = whole(signs.last_page[1])


def _number(found: list[Found], names: tuple[str, ...]) -> Found | None:
    for word in names:
        for keys, value in found:
            if words.plain(keys[-1]) == word:
                if isinstance(value, dict) and whole(value.get("value")) is not None:
                    return (*keys, "value"), value["value"]
                if whole(value) is not None:
                    return keys, value
    return None


def _flags(signs: Signs, found: list[Found]) -> None:
    for keys, value in found:
        if not isinstance(value, bool):
            continue
        word = words.plain(keys[-1])
        more = value if word in words.MORE else not value if word in words.LAST else None
        if more is not None:
            signs.more = signs.more or more
            if not more:
                signs.ends.append(f"{to(*keys)} is {_shown(value)}")
