"""Where the records are in an answer."""

from collections.abc import Iterator
from typing import Any, Final, cast

from varlor.connectors.empties import WRAPPERS, empty_list, is_paged, null_list
from varlor.connectors.jsonpaths import path, to
from varlor.connectors.pagination.vocabulary import ID_FIELDS
from varlor.connectors.shapes import NAMES, Place, has_header, is_keyed, kind, table
from varlor.errors import SourceError

ERRORS: Final = ("error", "errors")
_PAGERS: Final = frozenset({"meta", "paging", "pagination", "page", "links", "_links"})
_FINE: Final = frozenset({"", "0", "200", "ok", "none", "null", "false", "success"})
_DEPTH: Final = 3


def locate(document: Any, url_path: str = "") -> Place:
    """The likeliest place; raises SourceError(bad_records) for an answer without records."""
    if isinstance(document, list):
        if has_header(document):
            return Place("$", "header")
        _check_elements(document, "$")
        return Place("$")
    if not isinstance(document, dict):
        raise SourceError(
            "bad_records", f"The answer is a single {kind(document)}; records are objects. Check the path."
        )
    found = table(document)
    if found is not None:
        return found
    segments = _segments(url_path)
    if any(key in document for key in ID_FIELDS):
        segments = segments[:1]  # of one object, a list called like its kind is its children
    lists = list(_lists(document, ()))
    failed = tells_error(document)
    if failed:  # an empty list beside it is no answer
        lists = [each for each in lists if each[1]]
    best = _best(document, lists, segments)
    if best is not None:
        return Place(to(*best))
    if failed:
        raise an_error()
    nowhere = null_list(document, segments[0]) or empty_list(document, [keys for keys, _ in lists])
    return _whole(document) if nowhere is None else Place(to(*nowhere))


def _segments(url_path: str) -> list[str]:
    """The last two of a path, the last one first: `orders` for /orders.json, and for /orders/search."""
    segments = (segment.partition(".")[0].lower() for segment in reversed(url_path.split("/")))
    return [segment for segment in segments if segment][:2] or [""]


def tells_error(document: dict[str, Any]) -> bool:
    """Whether an answer under a good status says that something went wrong."""
    return any(_is_error(document.get(key)) for key in ERRORS)


def _is_error(value: Any) -> bool:
    if isinstance(value, dict):
        codes = [value[key] for key in ("code", "status", "count") if key in value]
        return bool(value) and not (codes and all(_is_fine(code) for code in codes))
    return bool(value) and not _is_fine(value)


def _is_fine(value: Any) -> bool:
    return str(value).strip().lower() in _FINE


def an_error() -> SourceError:
    detail = "The answer holds an error instead of records."
    return SourceError(
        "bad_records", f"{detail} If it only says that there are none, let an error rule ignore it."
    )


def _check_elements(values: list[Any], where: str) -> None:
    if values and not any(isinstance(value, dict) for value in values):
        raise SourceError("bad_records", f"{where} is a list of {kind(values[0])}s; records are objects.")


def _lists(node: dict[str, Any], keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    for key, value in node.items():
        here = (*keys, key)
        if key in ERRORS:
            continue
        if isinstance(value, list) and (not value or any(isinstance(v, dict) for v in value)):
            yield here, value
        elif isinstance(value, dict) and len(here) < _DEPTH:
            yield from _lists(value, here)


def _best(
    document: dict[str, Any], lists: list[tuple[tuple[str, ...], list[Any]]], segments: list[str]
) -> tuple[str, ...] | None:
    """A telling name, the shallower and the earlier of the list; then what is paged, then the longest."""

    def known(name: str) -> int | None:
        if name.lower() == segments[0]:
            return 0
        return (
            NAMES.index(name) + 1 if name in NAMES else len(NAMES) + 1 if name.lower() in segments else None
        )

    def rank(found: tuple[tuple[str, ...], list[Any]]) -> tuple[bool, int, int, int]:
        keys, values = found
        name = known(keys[-1])
        empty = not values and any(values for _, values in named)
        return empty, len(NAMES) + 1 if name is None else name, len(keys), -len(values)

    named = [f for f in lists if known(f[0][-1]) is not None or f[0][0] == "_embedded"]
    if named:
        return min(named, key=rank)[0]
    if any(key in document for key in ID_FIELDS) or not any(values for _, values in lists):
        return None  # one object, with lists of its own; or nothing
    ranked = [
        (not _is_pagers(keys), _is_paged(document, keys), len(values), -len(keys), keys)
        for keys, values in lists
    ]
    return max((each for each in ranked if each[1] or each[2]), key=lambda each: each[:4])[4]


def _is_pagers(keys: tuple[str, ...]) -> bool:
    """Whether a list belongs to what speaks of pages, as its links do."""
    return any(key.lower() in _PAGERS for key in keys)


def _is_paged(document: dict[str, Any], keys: tuple[str, ...]) -> bool:
    """Whether words about pages stand right beside the list; those at the answer's top are of all lists."""
    if len(keys) == 1 or _is_pagers(keys):
        return False
    beside = path(to(*keys[:-1])).one(document)
    return isinstance(beside, dict) and is_paged(cast("dict[str, Any]", beside))


def _whole(document: dict[str, Any]) -> Place:
    for name in ("", *WRAPPERS):
        value = document if not name else document.get(name)
        if isinstance(value, dict) and is_keyed(cast("dict[str, Any]", value)):
            return Place(to(name) if name else "$", "keyed")
    for name in WRAPPERS:
        if isinstance(document.get(name), dict) and not any(key in document for key in ID_FIELDS):
            return Place(to(name), "one")
    return Place("$", "one")
