"""The different values of one column at one version, so that whoever walks over them can go on later."""

from typing import Any, Final

import pyarrow as pa
from deltalake import DeltaTable

from varlor.datasets.compute import pc
from varlor.datasets.conform import conform_table
from varlor.datasets.files import live_files, read
from varlor.datasets.place import Place, storage
from varlor.datasets.table import Table
from varlor.errors import InvalidInputError
from varlor.ports import Parents

MOST: Final = 1_000_000


def distinct_values(place: Place, column: str, version: int | None) -> Parents:
    """In the order in which they came; a dataset without a table has none. Raises InvalidInputError."""
    table = Table.find(place) if version is None else _at(place, version)
    if table is None:
        return Parents(version=-1, values=[])
    at = table.schema.get_field_index(column)
    kind = None if at < 0 else table.schema.field(at).type
    if kind not in (pa.int64(), pa.string()):
        raise InvalidInputError(f"The dataset has no column {column} of numbers or text.")
    schema = pa.schema([table.schema.field(at)])
    known: Any = pa.array([], kind)
    for file in live_files(table):
        for part in read(place, file, columns=[column]):
            fresh = conform_table(part, schema).column(0).combine_chunks()
            known = pa.concat_arrays([known, fresh]).unique()
            if len(known) > MOST:
                raise InvalidInputError(f"The column {column} has more than {MOST:,} different values.")
    usable = pc.drop_null(known).to_pylist()
    return Parents(version=table.delta.version(), values=[value for value in usable if value != ""])


def _at(place: Place, version: int) -> Table | None:
    if version < 0:
        return None
    with storage():
        return Table(place, DeltaTable(place.uri, version=version, storage_options=place.options))
