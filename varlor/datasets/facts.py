"""What a table says of itself: columns in Delta's words, sizes, and its last versions."""

from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa

from varlor.contracts.dataset import Column, DatasetVersion, TableFacts
from varlor.datasets.files import live_files
from varlor.datasets.log import commits
from varlor.datasets.shape import OWN_FIELDS
from varlor.datasets.table import Table, mark_in

_VERSIONS: Final = 50
_WORDS: Final = {
    "create": "created",
    "begin": "run began",
    "checkpoint": "position saved",
    "append": "rows appended",
    "add columns": "columns added",
    "rewrite": "column types changed",
    "replace": "content replaced",
    "merge": "rows merged",
    "end": "run ended",
    "reset": "start over asked for",
    "compact": "files compacted",
}
_PRIMITIVES: Final = {
    pa.int64(): "long",
    pa.float64(): "double",
    pa.string(): "string",
    pa.bool_(): "boolean",
    pa.timestamp("us", tz="UTC"): "timestamp",
    pa.timestamp("us"): "timestamp_ntz",
    pa.date32(): "date",
    pa.int32(): "integer",
    pa.float32(): "float",
    pa.binary(): "binary",
}


def facts_of(table: Table) -> TableFacts:
    files = live_files(table)
    return TableFacts(
        columns=columns_of(table),
        row_count=sum(file.rows for file in files),
        bytes=sum(file.size for file in files),
        files=len(files),
        version=table.delta.version(),
        versions=[_version(commit) for commit in commits(table.place, table.delta.version(), _VERSIONS)],
        incremental=list(table.mark.streams),
        reset=table.mark.reset,
    )


def visible(schema: pa.Schema) -> pa.Schema:
    """The table's columns as they are shown: our own two come last."""
    own = {field.name for field in OWN_FIELDS}
    return pa.schema([*(f for f in schema if f.name not in own), *(f for f in schema if f.name in own)])


def columns_of(table: Table) -> list[Column]:
    return [Column(name=f.name, type=type_words(f.type)) for f in visible(table.schema)]


def type_words(kind: pa.DataType) -> str:
    """`long`, `array<string>`, `struct<street:string,zip:long>`."""
    if pa.types.is_struct(kind):
        return f"struct<{','.join(f'{f.name}:{type_words(f.type)}' for f in kind)}>"
    if pa.types.is_list(kind):
        return f"array<{type_words(kind.value_type)}>"
    return _PRIMITIVES.get(kind, str(kind))


def _version(commit: dict[str, Any]) -> DatasetVersion:
    mark = mark_in(commit)
    operation = commit.get("operation", "") if mark is None else _WORDS.get(mark.operation, mark.operation)
    return DatasetVersion(
        version=commit["version"],
        committed_at=datetime.fromtimestamp(commit["timestamp"] / 1000, UTC),
        operation=operation.lower(),
        run_id=None if mark is None else mark.run_id,
    )
