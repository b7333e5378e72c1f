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
    "status", "code", "success", "ok", "message", "requestid", "before", "kind", "maxresults", "resultcount",
    "batchcomplete",
))  # fmt: skip
"""What may stand beside an empty list, as `plain` writes it; anything else makes it a record's field."""
_SURE: Final = frozenset((*NEXT, *MORE, "batchcomplete")) - {"next", "more"}  # no record's own word
_LIKELY: Final = frozenset((
    *OFFSETS, *LAST_PAGES, "next", "more", "limit", "size", "perpage", "pagesize", "maxresults",
))  # fmt: skip
_BLANK: Final = frozenset((*TOKENS, "prev", "previous", "before"))
_FLAGS: Final = frozenset(LAST) - {"done", "last"}  # a task may be done
_COUNTED: Final = frozenset((*TOTALS, "resultcount"))
_ABOUT: Final = ("meta", "pag", "link", "cursor", "info")
_ENOUGH: Final = 2  # likely words

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
    """The first of the empty `lists`, or where one was left out, with an envelope around it and no record.

    One likely word is enough where nothing else stands beside the list; a book has a `pageCount` too.
    """
    if any(key in document for key in ID_FIELDS):
        return None
    holders = {keys[0] for keys in lists if len(keys) > 1}
    speaks = sum(map(_speech, (document, *_inner(document, holders))))
    bare = all(plain(key) in _AROUND for key, value in document.items() if not _is_empty_list(value))
    if not lists:
        is_count = len(document) == 1 and not _COUNTED.isdisjoint(map(plain, document))
        return ("data",) if speaks and bare and not is_count else None
    if bare:
        return lists[0] if speaks or len(lists[0]) == 1 else None
    return lists[0] if speaks >= _ENOUGH else None


def is_paged(node: dict[str, Any]) -> bool:
    """Whether an object speaks of pages."""
    return _speech(node) > 0


def _speech(node: dict[str, Any]) -> int:
    return sum(_weight(plain(key), value) for key, value in node.items())


def _weight(word: str, value: Any) -> int:
    """How much a member speaks of pages; a count and a cursor do where they say that there is nothing."""
    if word in _SURE:
        return _ENOUGH
    if word in _COUNTED:
        return str(value) == "0"
    if word in _BLANK and value in (None, ""):
        return 1
    return word in _LIKELY or (word in _FLAGS and value is True)


def _inner(document: dict[str, Any], holders: set[str]) -> Iterator[dict[str, Any]]:
    """The objects that hold the lists, by their names, and those that are called as words about pages are."""
    for key, value in document.items():
        if isinstance(value, dict) and (key in holders or any(word in plain(key) for word in _ABOUT)):
            yield value


def _is_empty_list(value: Any) -> bool:
    return value == [] and isinstance(value, list)
