"""One version of a table as a stream of bytes: Parquet, CSV or JSON lines, a batch in memory at a time.

CSV carries nested values as JSON text, null as nothing and text as it is: a cell that a spreadsheet
takes for a formula is not altered, since other readers must get back what the API sent.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

import orjson
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from varlor.datasets.conform import conform_table
from varlor.datasets.facts import visible
from varlor.datasets.files import ROW_GROUP, live_files, read
from varlor.datasets.preview import plain
from varlor.datasets.table import Table

Format = Literal["parquet", "csv", "jsonl"]
_NO_SCHEMA: Final = pa.schema([])


def export_of(table: Table | None, format_: Format) -> Iterator[bytes]:
    """A dataset without a table is an empty one."""
    schema = _NO_SCHEMA if table is None else visible(table.schema)
    parts = iter(()) if table is None else _parts(table, schema)
    return _WRITERS[format_](parts, schema)


class _Outbox:
    """A file to write to whose bytes are taken away again and again."""

    closed = False

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: Any) -> int:
        taken = bytes(data)
        self._waiting.append(taken)
        return len(taken)

    def flush(self) -> None: ...

    def writable(self) -> bool:
        return True

    def take(self) -> bytes:
        taken, self._waiting = b"".join(self._waiting), []
        return taken


def _parts(table: Table, schema: pa.Schema) -> Iterator[pa.Table]:
    for file in live_files(table):
        for part in read(table.place, file):
            yield conform_table(part, schema)


def _parquet(parts: Iterator[pa.Table], schema: pa.Schema) -> Iterator[bytes]:
    outbox = _Outbox()
    sink = pa.PythonFile(outbox, mode="w")
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        waiting: list[pa.Table] = []
        for part in parts:
            waiting.append(part)
            if sum(p.num_rows for p in waiting) >= ROW_GROUP:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
                yield outbox.take()
        if waiting:
            writer.write_table(pa.concat_tables(waiting))
    sink.flush()
    yield outbox.take()


def _csv(parts: Iterator[pa.Table], schema: pa.Schema) -> Iterator[bytes]:
    if not len(schema):
        return
    flat = pa.schema([pa.field(f.name, pa.string() if _is_nested(f.type) else f.type) for f in schema])
    outbox = _Outbox()
    with pc.CSVWriter(pa.PythonFile(outbox, mode="w"), flat) as writer:
        for part in parts:
            writer.write_table(_flattened(part, flat))
            yield outbox.take()
    yield outbox.take()


def _jsonl(parts: Iterator[pa.Table], schema: pa.Schema) -> Iterator[bytes]:
    del schema
    for part in parts:
        yield b"".join(orjson.dumps(plain(row), option=orjson.OPT_APPEND_NEWLINE) for row in part.to_pylist())


def _flattened(part: pa.Table, flat: pa.Schema) -> pa.Table:
    columns = [_texts(column) if _is_nested(column.type) else column for column in part.columns]
    return pa.Table.from_arrays(columns, schema=flat)


def _texts(column: pa.ChunkedArray) -> pa.Array:
    return pa.array(
        [None if v is None else orjson.dumps(plain(v)).decode() for v in column.to_pylist()], pa.string()
    )


def _is_nested(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind))


_WRITERS: Final = {"parquet": _parquet, "csv": _csv, "jsonl": _jsonl}
