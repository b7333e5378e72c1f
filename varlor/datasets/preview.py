"""A slice of a table's rows as JSON, reading no more than the row groups it lies in."""

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from varlor.contracts.dataset import RowsPage
from varlor.datasets.conform import conform_table
from varlor.datasets.facts import columns_of, visible
from varlor.datasets.files import LiveFile, live_files, read
from varlor.datasets.place import Place, storage
from varlor.datasets.table import Table

MOST_ROWS: Final = 1000


def rows_of(table: Table, *, limit: int, offset: int) -> RowsPage:
    files = live_files(table)
    wanted = min(limit, MOST_ROWS)
    schema = visible(table.schema)
    rows: list[dict[str, Any]] = []
    for part in _from(table.place, files, offset):
        if len(rows) >= wanted:
            break
        taken = conform_table(part.slice(0, wanted - len(rows)), schema)
        rows += [{name: plain(value) for name, value in row.items()} for row in taken.to_pylist()]
    return RowsPage(
        columns=columns_of(table),
        rows=rows,
        version=table.delta.version(),
        offset=offset,
        row_count=sum(file.rows for file in files),
    )


def plain(value: Any) -> Any:
    """A value as JSON can say it; times in ISO 8601, what JSON lacks as null."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def _from(place: Place, files: list[LiveFile], skip: int) -> Iterator[pa.Table]:
    """The rows after the first `skip` of the table, a batch at a time."""
    for file in files:
        if skip >= file.rows:
            skip -= file.rows
            continue
        groups, skip = _groups(place, file, skip) if skip else (None, 0)
        for part in read(place, file, groups=groups):
            if skip < part.num_rows:
                yield part.slice(skip)
            skip = max(0, skip - part.num_rows)


def _groups(place: Place, file: LiveFile, skip: int) -> tuple[list[int], int]:
    """The file's row groups from the one that holds row `skip` on, and what is left to skip in it."""
    with storage(), place.open(file.path) as source:
        footer = pq.read_metadata(source)
    first = 0
    while first < footer.num_row_groups and skip >= footer.row_group(first).num_rows:
        skip -= footer.row_group(first).num_rows
        first += 1
    return list(range(first, footer.num_row_groups)), skip
