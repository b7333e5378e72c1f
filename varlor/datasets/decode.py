"""A page to Arrow: in one pass of Arrow's own JSON reader when it fits exactly, else by way of Python.

The fast way is taken only where it must give what the slow way gives: every field known, no type
guessed (each field of the records and of the envelope around them has an explicit type, anything
else is an error), one document, valid UTF-8, finite numbers. A page that is refused costs little.
"""

from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any, Final, cast

import pyarrow as pa
import pyarrow.json as pj

from varlor.contracts.fetch import SchemaPolicy
from varlor.datasets.absorb import Absorbed, absorb
from varlor.datasets.compute import pc
from varlor.datasets.kinds import DOUBLE, NULL, MisfitError, grow, marks_of, parsed
from varlor.datasets.shape import Shape
from varlor.errors import SourceError
from varlor.ports import PageResponse

_ROOT: Final = "page"  # what a bare list is wrapped under
_PATIENCE: Final = 3  # pages refused in a row, after which only every _RETRY_EACH-th is tried
_RETRY_EACH: Final = 16
_MOST_BYTES: Final = 2**31 - 2**16  # Arrow's block


class Decoder:
    """One landing's decoder: learns the envelope from pages that went the slow way."""

    def __init__(self) -> None:
        self._envelope: pa.DataType | None = None
        self._asked: tuple[Shape, pa.DataType, str, pa.Schema] | None = None
        self._refused = 0

    def decode(self, page: PageResponse, shape: Shape, policy: SchemaPolicy, *, fixed: bool) -> Absorbed:
        """Raises SourceError(not_json, truncated, bad_records) and SchemaFrozenError."""
        absorbed = self.fast(page.body, page.record_path, shape)
        if absorbed is not None:
            return absorbed
        self._refused += 1
        document = page.document()
        keys = _keys(page.record_path)
        records = _records(document, keys)
        self._learn(document, keys)
        return absorb(records, shape, policy, fixed=fixed)

    def fast(self, body: bytes, record_path: str, shape: Shape) -> Absorbed | None:
        """A page by Arrow's own reader alone; None where the slow way must decide.

        Pages may be given to several threads at once, also while `decode` learns.
        """
        if self._refused > _PATIENCE and self._refused % _RETRY_EACH:
            return None
        schema = self._schema(shape, record_path)
        if schema is None or len(body) > _MOST_BYTES or not _is_utf8(body):
            return None
        keys = _keys(record_path)
        if not keys:
            body = b'{"%s":%s}' % (_ROOT.encode(), body)
        try:
            found = pj.read_json(
                pa.BufferReader(body),
                read_options=pj.ReadOptions(use_threads=False, block_size=len(body) + 1),
                parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
            )
        except pa.ArrowException:
            return None
        absorbed = _unwrap(found, keys or (_ROOT,), shape)
        if absorbed is not None:
            self._refused = 0
        return absorbed

    def _schema(self, shape: Shape, record_path: str) -> pa.Schema | None:
        """What the whole page must look like; None where that is not known."""
        envelope = self._envelope
        if envelope is None or not shape.columns:
            return None
        asked = self._asked
        if asked is None or asked[0] is not shape or asked[1] is not envelope or asked[2] != record_path:
            fields = [pa.field(c.source, parsed(c.kind)) for c in shape.columns if c.source is not None]
            whole = _around(envelope, _keys(record_path) or (_ROOT,), pa.list_(pa.struct(fields)))
            asked = self._asked = (shape, envelope, record_path, pa.schema(list(whole)))
        return asked[3]

    def _learn(self, document: Any, keys: tuple[str, ...]) -> None:
        """Keep the types of what stands around the records; where they do not fit Arrow, nothing is known."""
        try:
            known = NULL if self._envelope is None else self._envelope
            envelope = grow(known, _without(document, keys))
        except MisfitError:
            envelope = grow(NULL, _without(document, keys))
        representable = all(mark != "json" for _, mark in marks_of(envelope))
        if not representable:
            self._envelope = None
        elif self._envelope is None or envelope != self._envelope:
            self._envelope = envelope


def _keys(record_path: str) -> tuple[str, ...]:
    return tuple(record_path.split(".")[1:])


def _records(document: Any, keys: tuple[str, ...]) -> list[Any]:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else document
    if document is None:
        return []
    if not isinstance(document, list):
        where = ".".join(("$", *keys))
        raise SourceError("bad_records", f"The answer holds no list of records at {where}.")
    return cast("list[Any]", document)


def _without(document: Any, keys: tuple[str, ...]) -> Any:
    """The document with null in the place of its records."""
    if not keys or not isinstance(document, dict):
        return {_ROOT: None} if not keys else None
    return {**document, keys[0]: None if len(keys) == 1 else _without(document.get(keys[0]), keys[1:])}


def _around(kind: pa.DataType, keys: tuple[str, ...], records: pa.DataType) -> pa.DataType:
    members = {f.name: f.type for f in kind} if pa.types.is_struct(kind) else {}
    inner = members.get(keys[0], NULL)
    members[keys[0]] = records if len(keys) == 1 else _around(inner, keys[1:], records)
    return pa.struct([pa.field(name, one) for name, one in members.items()])


def _unwrap(found: pa.Table, keys: tuple[str, ...], shape: Shape) -> Absorbed | None:
    """The records' columns; None for what the slow way must judge."""
    if found.num_rows != 1:
        return None
    column = found.column(keys[0]).chunk(0)
    for key in keys[1:]:
        column = column.field(key)
    if column.null_count:
        return None
    try:
        records = column.flatten()
        records.validate()  # Arrow's reader miscounts nulls in a list that should hold nothing
    except pa.ArrowInvalid:
        return None
    if records.null_count:
        return None
    names = [c.name for c in shape.columns if c.source is not None]
    arrays = dict(zip(names, records.flatten(), strict=True))
    if not _are_finite(list(_doubles(arrays.values()))):
        return None
    return Absorbed(shape, len(records), arrays)


def _doubles(arrays: Iterable[pa.Array]) -> Iterator[pa.Array]:
    for array in arrays:
        if array.type == DOUBLE:
            yield array
        elif pa.types.is_struct(array.type):
            yield from _doubles(array.flatten())
        elif pa.types.is_list(array.type):
            yield from _doubles([array.flatten()])


def _are_finite(arrays: list[pa.Array]) -> bool:
    """In one pass of all: a finite sum says so, another one may also only be too large."""
    together = pa.chunked_array(arrays, DOUBLE)
    return isfinite(pc.sum(together).as_py() or 0.0) or pc.all(pc.is_finite(together)).as_py() is not False


def _is_utf8(body: bytes) -> bool:
    if body.isascii():
        return True
    try:
        str(body, "utf-8")
    except UnicodeDecodeError:
        return False
    return True
