"""The forms in which an answer holds records, and how each is turned into a list of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from varlor.connectors.empties import WRAPPERS
from varlor.connectors.jsonpaths import path, to
from varlor.connectors.pagination.vocabulary import ID_FIELDS
from varlor.errors import SourceError

Shape = Literal["list", "one", "columns", "header", "keyed", "query"]

NAMES: Final = (
    "data", "items", "results", "records", "rows", "entries", "value", "values", "elements", "objects",
    "list", "content", "features", "docs", "documents", "hits", "resources", "edges", "nodes", "result",
)  # fmt: skip
_COLUMNS: Final = ("columns", "column_names", "columnNames", "fields", "headers", "header")
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
    raise SourceError("bad_records", f"{place.path} holds a {kind(value)}; records are objects.")


def kind(value: Any) -> str:
    names = {str: "text", bool: "boolean", int: "number", float: "number", list: "list"}
    return "null" if value is None else names.get(type(value), "object")


def is_keyed(value: dict[str, Any]) -> bool:
    """Objects alone, all alike, under keys that do not look like an envelope's."""
    records = list(value.values())
    if not records or not all(isinstance(record, dict) and record for record in records):
        return False
    if len(records) == 1:  # may be anything, unless its key is an id for sure
        (key, record), *_ = value.items()
        return key.isdecimal() or any(str(record.get(name)) == key for name in ID_FIELDS)
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


def table(document: dict[str, Any], keys: tuple[str, ...] = ()) -> Place | None:
    """Rows as lists beside the names of their columns, at the top or one level down."""
    names = _column_names(document)
    if names:
        for key in NAMES:
            rows = document.get(key)
            if isinstance(rows, list) and all(isinstance(r, list) and len(r) == len(names) for r in rows):
                return Place(to(*keys, key), "columns")
    for key in NAMES:
        if isinstance(document.get(key), list) and has_header(document[key]):
            return Place(to(*keys, key), "header")
    if not keys:
        for key, value in document.items():
            if isinstance(value, dict) and (found := table(cast("dict[str, Any]", value), (key,))):
                return found
    return None


def has_header(rows: list[Any]) -> bool:
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
