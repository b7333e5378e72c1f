"""Where the records are in an answer, and the few odd shapes that are turned into a list of records."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from varlor.connectors.empties import WRAPPERS, empty_list, is_paged, null_list
from varlor.connectors.jsonpaths import path, to
from varlor.errors import SourceError

Shape = Literal["list", "one", "columns", "header", "keyed", "query"]

NAMES: Final = (
    "data", "items", "results", "records", "rows", "entries", "value", "values", "elements", "objects",
    "list", "content", "features", "docs", "documents", "hits", "resources", "edges", "nodes", "result",
)  # fmt: skip
_COLUMNS: Final = ("columns", "column_names", "columnNames", "fields", "headers", "header")
_IDS: Final = ("id", "_id", "uuid", "guid", "key")
ERRORS: Final = ("error", "errors")
_PAGERS: Final = frozenset({"meta", "paging", "pagination", "page", "links", "_links"})
_FINE: Final = frozenset({"", "0", "200", "ok", "none", "null", "false", "success"})
_DEPTH: Final = 3
_ALIKE: Final = 0.8  # share of its keys that every value of an object keyed by id has in common


@dataclass(frozen=True, slots=True)
class Place:
    """`path` leads to the records in the API's own answer; `shape` says in what form they are there."""

    path: str
    shape: Shape = "list"

    def why(self) -> str:
        form = {
            "list": f"the list at {self.path}",
            "one": f"the single object at {self.path}, as one record",
            "columns": f"the rows at {self.path}, named by the columns beside them",
            "header": f"the rows at {self.path}, named by the first of them",
            "keyed": f"the object at {self.path}, one record a key (kept as _key)",
            "query": f"what {self.path} selects",
        }[self.shape]
        return f"Records are {form}."


def locate(document: Any, url_path: str = "") -> Place:
    """The likeliest place; raises SourceError(bad_records) for an answer without records."""
    if isinstance(document, list):
        if _has_header(document):
            return Place("$", "header")
        _check_elements(document, "$")
        return Place("$")
    if not isinstance(document, dict):
        raise SourceError(
            "bad_records", f"The answer is a single {_kind(document)}; records are objects. Check the path."
        )
    table = _table(document)
    if table is not None:
        return table
    segments = _segments(url_path)
    if any(key in document for key in _IDS):
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


def given(text: str) -> Place:
    """The place that a request names with `recordPath`; raises InvalidInputError for a bad JSONPath."""
    compiled = path(text)
    return Place(text, "list" if compiled.singular else "query")


def extract(document: Any, place: Place) -> list[Any]:
    """The records; absent or null is an empty page. Raises SourceError(bad_records) for a scalar."""
    found = path(place.path).all(document)
    if place.shape == "query":
        return [record for value in found for record in (value if isinstance(value, list) else [value])]
    value = found[0] if found else None
    if value is None:
        return []
    if place.shape in _ODD:
        return _ODD[place.shape](document, place.path, value)
    if isinstance(value, list):
        return cast("list[Any]", value)
    if isinstance(value, dict):
        return [value] if value else []
    raise SourceError("bad_records", f"{place.path} holds a {_kind(value)}; records are objects.")


def _kind(value: Any) -> str:
    names = {str: "text", bool: "boolean", int: "number", float: "number", list: "list"}
    return "null" if value is None else names.get(type(value), "object")


def _check_elements(values: list[Any], where: str) -> None:
    if values and not any(isinstance(value, dict) for value in values):
        raise SourceError("bad_records", f"{where} is a list of {_kind(values[0])}s; records are objects.")


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
    if any(key in document for key in _IDS) or not any(values for _, values in lists):
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
        if isinstance(value, dict) and _is_keyed(cast("dict[str, Any]", value)):
            return Place(to(name) if name else "$", "keyed")
    for name in WRAPPERS:
        if isinstance(document.get(name), dict) and not any(key in document for key in _IDS):
            return Place(to(name), "one")
    return Place("$", "one")


def _is_keyed(value: dict[str, Any]) -> bool:
    """Objects alone, all alike, under keys that do not look like an envelope's."""
    records = list(value.values())
    if not records or not all(isinstance(record, dict) and record for record in records):
        return False
    if len(records) == 1:  # may be anything, unless its key is an id for sure
        (key, record), *_ = value.items()
        return key.isdecimal() or any(str(record.get(name)) == key for name in _IDS)
    if any(key in NAMES or key in WRAPPERS or key in {"meta", "links", "_links"} for key in value):
        return False
    shared = set[str](records[0]).intersection(*records)
    return len(shared) >= _ALIKE * max(map(len, records))


def _keyed(_document: Any, where: str, value: Any) -> list[Any]:
    if not isinstance(value, dict):
        raise SourceError("bad_records", f"{where} no longer holds an object keyed by id.")
    return [
        {"_key": key, **record} if isinstance(record, dict) else {"_key": key, "value": record}
        for key, record in value.items()
    ]


def _table(document: dict[str, Any], keys: tuple[str, ...] = ()) -> Place | None:
    """Rows as lists beside the names of their columns, at the top or one level down."""
    names = _column_names(document)
    if names:
        for key in NAMES:
            rows = document.get(key)
            if isinstance(rows, list) and all(isinstance(r, list) and len(r) == len(names) for r in rows):
                return Place(to(*keys, key), "columns")
    for key in NAMES:
        if isinstance(document.get(key), list) and _has_header(document[key]):
            return Place(to(*keys, key), "header")
    if not keys:
        for key, value in document.items():
            if isinstance(value, dict) and (found := _table(cast("dict[str, Any]", value), (key,))):
                return found
    return None


def _has_header(rows: list[Any]) -> bool:
    """A list of lists whose first one holds distinct names, and no other one more values."""
    if len(rows) < 2 or not all(isinstance(row, list) for row in rows):  # noqa: PLR2004 - a header and a row
        return False
    names = rows[0]
    named = all(isinstance(name, str) and name for name in names) and len(set(map(str, names))) == len(names)
    return bool(names) and named and all(len(row) <= len(names) for row in rows)


def _below_header(_document: Any, where: str, rows: Any) -> list[Any]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise SourceError("bad_records", f"{where} no longer holds rows below a header.")
    names = distinct([str(name) for name in rows[0]]) if rows else []
    return [dict(zip(names, row, strict=False)) for row in rows[1:]]


def _column_names(node: dict[str, Any]) -> list[str]:
    for key in _COLUMNS:
        columns = node.get(key)
        if isinstance(columns, list) and columns:
            names = [c.get("name") if isinstance(c, dict) else c for c in columns]
            if all(isinstance(name, str) for name in names):
                return distinct(cast("list[str]", names))
    return []


def distinct(names: list[str]) -> list[str]:
    """Names that come again get a number, one that gives a name no other has: a, a_2."""
    given, numbers, result = set(names), dict[str, int](), list[str]()
    for name in names:
        free = name
        while (number := numbers.get(name, 1)) > 1 and free in given:
            free = f"{name}_{number}"
            numbers[name] = number + 1
        numbers[name] = max(number, 2)
        result.append(free)
    return result


def _rows(document: Any, text: str, rows: Any) -> list[Any]:
    keys = path(text).keys or ()
    beside = path(to(*keys[:-1])).one(document)
    names = _column_names(beside) if isinstance(beside, dict) else []
    if not isinstance(rows, list) or not all(isinstance(row, list | dict) for row in rows):
        raise SourceError("bad_records", f"{text} no longer holds rows.")
    if any(isinstance(row, list) and len(row) != len(names) for row in rows):
        raise SourceError("bad_records", f"The rows at {text} do not match the columns beside them.")
    return [dict(zip(names, row, strict=True)) if isinstance(row, list) else row for row in rows]


_ODD: Final[dict[str, Callable[[Any, str, Any], list[Any]]]] = {
    "columns": _rows,
    "header": _below_header,
    "keyed": _keyed,
}
