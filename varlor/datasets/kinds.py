"""The few types a dataset's column can have, and how a type grows when it meets one more value.

Types are Arrow's, with three that no table holds: `null` (no value seen yet), an empty struct (only
empty objects seen) and `JSON` (text that is JSON). Stored, all three are Delta strings.
"""

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson
import pyarrow as pa

from varlor.errors import SourceError

JSON: Final = pa.large_string()  # stands for JSON text; nothing else here is a large string
NULL: Final = pa.null()
INT: Final = pa.int64()
DOUBLE: Final = pa.float64()
TEXT: Final = pa.string()
BOOL: Final = pa.bool_()
EMPTY_OBJECT: Final = pa.struct([])

MOST_LEVELS: Final = 32  # of nesting; what lies deeper becomes JSON text
MOST_FIELDS: Final = 500  # of one struct; an object with more is a map, and becomes JSON text
_INT64: Final = range(-(2**63), 2**63)
_DOUBLE_END: Final = 10**308
_EXACT: Final = 2**53  # a double holds every integer up to here

Path = tuple[str | int, ...]
"""The way to a part of a type: a field's name, or 0 for a list's elements."""


class MisfitError(Exception):
    """A value does not fit the type, and the type may not grow that far."""


def grow(kind: pa.DataType, value: Any, depth: int = 0) -> pa.DataType:
    """The narrowest type that `kind` can become to hold `value` too; raises MisfitError."""
    if value is None or kind == JSON:
        return kind
    if not isinstance(value, dict | list):
        return _grow_scalar(kind, value)
    grow_nested = _grow_struct if isinstance(value, dict) else _grow_list
    try:
        return grow_nested(kind, value, depth)
    except MisfitError:
        if kind == NULL:
            return JSON
        raise


def _grow_scalar(kind: pa.DataType, value: Any) -> pa.DataType:
    if isinstance(value, str):
        wanted = TEXT
    elif isinstance(value, bool):
        wanted = BOOL
    else:
        wanted = _int(kind, value) if isinstance(value, int) else _float(kind, value)
    if kind not in (NULL, wanted, INT) or (kind == INT and wanted not in (INT, DOUBLE)):
        raise MisfitError
    return wanted


def _int(kind: pa.DataType, value: int) -> pa.DataType:
    if kind == DOUBLE and abs(value) < _DOUBLE_END:
        return DOUBLE
    return INT if value in _INT64 else JSON


def _float(kind: pa.DataType, value: float) -> pa.DataType:
    if not math.isfinite(value):
        raise SourceError("bad_records", "A number in the answer is larger than a double can hold.")
    whole = value.is_integer() and abs(value) <= _EXACT
    return INT if kind == INT and whole else DOUBLE


def _grow_list(kind: pa.DataType, value: Any, depth: int) -> pa.DataType:
    if depth >= MOST_LEVELS or (kind != NULL and not pa.types.is_list(kind)):
        raise MisfitError
    before = element = NULL if kind == NULL else kind.value_type
    for item in value:
        element = grow(element, item, depth + 1)
    return kind if kind != NULL and element == before else pa.list_(element)


def _grow_struct(kind: pa.DataType, value: Any, depth: int) -> pa.DataType:
    known = kind == NULL or pa.types.is_struct(kind)
    if depth >= MOST_LEVELS or len(value) > MOST_FIELDS or not known:
        raise MisfitError
    fields = {} if kind == NULL else {field.name: field.type for field in kind}
    grown = {name: grow(fields.get(name, NULL), item, depth + 1) for name, item in value.items()}
    if all(name in fields and fields[name] == one for name, one in grown.items()):
        return EMPTY_OBJECT if kind == NULL else kind
    fields |= grown
    folded = {name.lower() for name in fields}
    if len(folded) < len(fields) or "" in folded or len(fields) > MOST_FIELDS:
        raise MisfitError
    return pa.struct([pa.field(name, one) for name, one in fields.items()])


def coerce(kind: pa.DataType, value: Any) -> Any:
    """`value` as Arrow takes it for this type, without a struct's unknown members. Raises MisfitError."""
    if value is None:
        return None
    if kind == JSON:
        return json_text(value)
    if pa.types.is_struct(kind) and isinstance(value, dict):
        return {field.name: coerce(field.type, value.get(field.name)) for field in kind}
    if pa.types.is_list(kind) and isinstance(value, list):
        element = kind.value_type
        return [coerce(element, item) for item in value]
    if isinstance(value, dict | list) or _grow_scalar(kind, value) != kind:
        raise MisfitError
    return float(value) if kind == DOUBLE else int(value) if kind == INT else value


def json_text(value: Any) -> str:
    """One value as compact JSON; integers of any size are kept exactly."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an integer beyond 64 bits, or more levels than orjson writes
        try:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        except RecursionError:
            raise SourceError("bad_records", "A record nests too deeply to be kept.") from None


def stored(kind: pa.DataType) -> pa.DataType:
    """The type as the table holds it."""
    return _map(kind, lambda leaf: TEXT if leaf in (NULL, JSON, EMPTY_OBJECT) else leaf)


def buffered(kind: pa.DataType) -> pa.DataType:
    """The type as rows wait in memory: what may still grow stays open."""
    return _map(kind, lambda leaf: TEXT if leaf == JSON else leaf)


def parsed(kind: pa.DataType) -> pa.DataType:
    """The type as Arrow's JSON reader is to see it: where JSON text goes, it may find null alone."""
    return _map(kind, lambda leaf: NULL if leaf == JSON else leaf)


def settled(kind: pa.DataType) -> pa.DataType:
    """Once written, what held only empty objects is JSON text for good."""
    return _map(kind, lambda leaf: JSON if leaf == EMPTY_OBJECT else leaf)


def opened(kind: pa.DataType, marks: dict[Path, str], path: Path = ()) -> pa.DataType:
    """The reverse of `stored`, by the marks that `marks_of` gave; list elements lose Delta's name."""
    mark = marks.get(path)
    if mark is not None:
        return JSON if mark == "json" else NULL
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, opened(f.type, marks, (*path, f.name))) for f in kind])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(opened(kind.value_type, marks, (*path, 0)))
    return kind


def marks_of(kind: pa.DataType, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """What `stored` forgets: where JSON text is, and where no value has been seen."""
    if kind in (JSON, NULL):
        yield path, "json" if kind == JSON else "void"
    elif pa.types.is_struct(kind):
        for field in kind:
            yield from marks_of(field.type, (*path, field.name))
    elif pa.types.is_list(kind):
        yield from marks_of(kind.value_type, (*path, 0))


def only_resolves(before: pa.DataType, after: pa.DataType) -> bool:
    """Whether the types differ only where no value had been seen before."""
    if before in (NULL, EMPTY_OBJECT) or before == after:
        return before != EMPTY_OBJECT or pa.types.is_struct(after)
    if pa.types.is_struct(before) and pa.types.is_struct(after):
        return [f.name for f in before] == [f.name for f in after] and all(
            only_resolves(b.type, a.type) for b, a in zip(before, after, strict=True)
        )
    if pa.types.is_list(before) and pa.types.is_list(after):
        return only_resolves(before.value_type, after.value_type)
    return False


def _map(kind: pa.DataType, leaf: Callable[[pa.DataType], pa.DataType]) -> pa.DataType:
    if kind == EMPTY_OBJECT:
        return leaf(kind)
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, _map(f.type, leaf)) for f in kind])
    if pa.types.is_list(kind):
        return pa.list_(_map(kind.value_type, leaf))
    return leaf(kind)
