"""Parquet files of a table: written with the statistics that readers prune by, read back batch by batch."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import unquote

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake.transaction import AddAction, RemoveAction

from varlor.datasets.conform import conform_table
from varlor.datasets.place import Place, storage
from varlor.datasets.shape import RUN_COLUMN
from varlor.datasets.table import Table

ROW_GROUP: Final = 50_000  # rows
GROUP_BYTES: Final = 48 * 1024 * 1024  # of Arrow memory; wide rows make smaller groups
BATCH: Final = 16_384  # rows read at a time
_MOST_STATISTICS: Final = 64  # columns
_LONGEST_BOUND: Final = 32  # characters of a text's bound
_ORDER: Final = 25  # characters of a name that put files in order: see `name_of`
_BOUNDED: Final = (pa.int64(), pa.float64(), pa.string())


Heartbeat = Callable[[str], None]
"""Told at each step of long work, from whatever thread does it."""


@dataclass(frozen=True, slots=True)
class LiveFile:
    """A file of the table's newest version; `least` and `most` bound its columns where known."""

    path: str
    size: int
    rows: int
    least: dict[str, Any]
    most: dict[str, Any]
    nulls: dict[str, Any]

    @property
    def order(self) -> str:
        return self.path.rpartition("/")[2]

    def addition(self, folder: str = "") -> AddAction:
        """The same file as it is, for a table whose place has it in `folder`."""
        stats = {
            "numRecords": self.rows,
            "minValues": self.least,
            "maxValues": self.most,
            "nullCount": self.nulls,
        }
        path = f"{folder}{self.path}"
        return AddAction(path, self.size, {}, _now_ms(), True, orjson.dumps(stats).decode())

    def removal(self, *, data_change: bool = True) -> RemoveAction:
        return RemoveAction(self.path, data_change, _now_ms(), self.size, {})


def name_of(place_in_table: int, within: int = 0) -> str:
    """A new file's name: names sort as rows came, `within` counts inside one run's landing."""
    return f"part-{place_in_table:010d}-{within:08d}-{uuid.uuid4().hex[:12]}.parquet"


def renamed(file: LiveFile) -> str:
    """The name of a file that takes the place of this one, in the same order."""
    folder, slash, name = file.path.rpartition("/")
    ours = name.startswith("part-") and name[_ORDER - 1 : _ORDER] == "-"
    kept = name[:_ORDER] if ours else "part-0000000000-00000000-"
    return f"{folder}{slash}{kept}{uuid.uuid4().hex[:12]}.parquet"


def write(place: Place, path: str, tables: Iterable[pa.Table], schema: pa.Schema) -> AddAction | None:
    """One Parquet file of exactly `schema`, in bounded memory; None when there was no row."""
    footers: list[Any] = []
    sink: Any = None
    writer: Any = None
    with storage():
        for table in _grouped(tables):
            if writer is None:
                sink = place.create(path)
                writer = pq.ParquetWriter(
                    sink,
                    schema,
                    compression="zstd",
                    use_dictionary=cast("Any", [RUN_COLUMN]),  # its annotation forgets lists
                    store_schema=False,
                    metadata_collector=footers,
                )
            writer.write_table(table, row_group_size=ROW_GROUP)
        if writer is None:
            return None
        writer.close()
        sink.close()
        size = place.size(path)
    stats = orjson.dumps(_statistics(footers[0], schema)).decode()
    return AddAction(path, size, {}, _now_ms(), True, stats)


def live_files(table: Table) -> list[LiveFile]:
    """In the order in which their rows came."""
    with storage():
        listed = pa.table(table.delta.get_add_actions(flatten=False)).to_pylist()
        files = [_live(table.place, entry) for entry in listed]
    return sorted(files, key=lambda f: (f.order, f.path))


def read(
    place: Place, file: LiveFile, *, columns: list[str] | None = None, groups: list[int] | None = None
) -> Iterator[pa.Table]:
    """A file's rows in its own types, a batch at a time; columns that it lacks are left out."""
    with storage():
        parquet = pq.ParquetFile(place.open(file.path), pre_buffer=False)
        held = set(parquet.schema_arrow.names)
        wanted = None if columns is None else [c for c in columns if c in held]
        for batch in parquet.iter_batches(BATCH, row_groups=groups, columns=wanted, use_threads=False):
            yield pa.Table.from_batches([batch])


def rewrite(table: Table, schema: pa.Schema, heartbeat: Heartbeat) -> list[AddAction]:
    """Every live file anew in `schema`, one at a time, in the same order. Not yet committed."""
    files = live_files(table)
    actions: list[AddAction] = []
    for number, file in enumerate(files, 1):
        heartbeat(f"changing column types: file {number} of {len(files)}")
        parts = (conform_table(part, schema) for part in read(table.place, file))
        action = write(table.place, renamed(file), parts, schema)
        actions += [] if action is None else [action]
    return actions


def _grouped(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in tables of about a row group: each write begins a new one."""
    waiting: list[pa.Table] = []
    rows = size = 0
    for table in tables:
        waiting.append(table)
        rows += table.num_rows
        size += table.nbytes
        if rows >= ROW_GROUP or size >= GROUP_BYTES:
            yield pa.concat_tables(waiting)
            waiting, rows, size = [], 0, 0
    if rows:
        yield pa.concat_tables(waiting)


def _live(place: Place, entry: dict[str, Any]) -> LiveFile:
    path = unquote(entry["path"])
    rows = entry.get("num_records")
    if rows is None:
        rows = pq.read_metadata(place.open(path)).num_rows
    least, most, nulls = (_known(entry.get(key)) for key in ("min", "max", "null_count"))
    return LiveFile(path, entry["size_bytes"], rows, least, most, nulls)


def _known(stats: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (stats or {}).items() if isinstance(value, int | float | str)}


def _statistics(footer: Any, schema: pa.Schema) -> dict[str, Any]:
    leaf, least, most, nulls = 0, {}, {}, {}
    for field in schema:
        if field.type in _BOUNDED and len(nulls) < _MOST_STATISTICS:
            found = [footer.row_group(g).column(leaf).statistics for g in range(footer.num_row_groups)]
            if all(s is not None and s.has_null_count for s in found):
                nulls[field.name] = sum(s.null_count for s in found)
            bounds = [s for s in found if s is not None and s.num_values]
            if bounds and all(s.has_min_max for s in bounds):
                least[field.name] = _floor(min(s.min for s in bounds))
                most[field.name] = _ceiling(max(s.max for s in bounds))
        leaf += _leaves(field.type)
    return {"numRecords": footer.num_rows, "minValues": least, "maxValues": most, "nullCount": nulls}


def _floor(value: Any) -> Any:
    return value[:_LONGEST_BOUND] if isinstance(value, str) else value


def _ceiling(value: Any) -> Any:
    """A cut text is below the text itself, so that a bound from above gets the last code point behind it."""
    if isinstance(value, str) and len(value) > _LONGEST_BOUND:
        return value[:_LONGEST_BOUND] + "\U0010ffff"
    return value


def _leaves(kind: pa.DataType) -> int:
    if pa.types.is_struct(kind):
        return sum(_leaves(field.type) for field in kind)
    return _leaves(kind.value_type) if pa.types.is_list(kind) else 1


def _now_ms() -> int:
    return int(time.time() * 1000)
