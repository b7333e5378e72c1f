"""Where the list is in an answer that holds no records: null, empty under a name of its own, or left out."""

from collections.abc import Iterator
from typing import Any, Final

from varlor.connectors.pagination.vocabulary import (
    ID_FIELDS,
    LAST,
    LAST_PAGES,
    MORE,
    NEXT,
    OFFSETS,
    PAGES,
    TOKENS,
    TOTALS,
    plain,
)

WRAPPERS: Final = ("data", "result", "record", "item", "response")
_LISTS: Final = frozenset({"data", "items", "results", "records", "rows", "entries"})
_AROUND: Final = frozenset((
    *NEXT, *TOKENS, *PAGES, *LAST_PAGES, *OFFSETS, *TOTALS, *MORE, *LAST,
    "meta", "links", "paging", "pagination", "prev", "previous", "limit", "size", "perpage", "pagesize",
    "status", "code", "success", "ok", "message", "requestid",
))  # fmt: skip
"""What may stand beside an empty list, as `plain` writes it; anything else makes it a record's field."""
_PAGED: Final = frozenset((*NEXT, *MORE, *LAST_PAGES, "perpage", "pagesize", "startat")) - {"more", "pages"}
_PAGED_FLAGS: Final = frozenset(LAST) - {"done", "last"}  # a task may be done
_COUNTED: Final = frozenset((*TOTALS, "resultcount"))

Keys = tuple[str, ...]


def null_list(node: dict[str, Any], segment: str, keys: Keys = ()) -> Keys | None:
    """An empty list that is written null, as Go does, with nothing of a record's beside it."""
    others = (key for key, value in node.items() if value is not None and not isinstance(value, dict))
    if any(key in node for key in ID_FIELDS) or any(plain(key) not in _AROUND for key in others):
        return None
    nulls = (key for key, value in node.items() if value is None)
    found = next((key for key in nulls if key in _LISTS or key.lower() == segment), None)
    if found is not None:
        return (*keys, found)
    inner = ((name, node.get(name)) for name in WRAPPERS if not keys)
    places = (null_list(value, segment, (name,)) for name, value in inner if isinstance(value, dict))
    return next((place for place in places if place is not None), None)


def empty_list(document: dict[str, Any], lists: list[Keys]) -> Keys | None:
    """The first of the empty `lists`, or where one was left out, with an envelope around it and no record."""
    if any(key in document for key in ID_FIELDS):
        return None
    paged = any(is_paged(node) for node in (document, *_inner(document)))
    bare = all(plain(key) in _AROUND for key, value in document.items() if not _is_empty_list(value))
    if not lists:
        return ("data",) if paged and bare else None
    return lists[0] if paged or (bare and len(lists[0]) == 1) else None


def is_paged(node: dict[str, Any]) -> bool:
    """Whether an object speaks of pages; a count and a cursor do where they say that there is nothing."""
    return any(_speaks_of_pages(plain(key), value) for key, value in node.items())


def _speaks_of_pages(word: str, value: Any) -> bool:
    if word in _COUNTED:
        return str(value) == "0"
    if word in TOKENS:
        return value in (None, "")
    return word in _PAGED or (word in _PAGED_FLAGS and value is True)


def _inner(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (value for value in document.values() if isinstance(value, dict))


def _is_empty_list(value: Any) -> bool:
    return value == [] and isinstance(value, list)
