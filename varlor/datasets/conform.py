"""Brings Arrow data from the type it was read or buffered with to the type that the table has now."""

import pyarrow as pa

from varlor.datasets.compute import pc
from varlor.datasets.kinds import DOUBLE, EMPTY_OBJECT, NULL, TEXT


def conform_table(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The same rows with exactly the columns of `schema`; what is missing is null, the rest is left out."""
    if table.schema.names == schema.names and table.schema.types == schema.types:
        return pa.Table.from_arrays(table.columns, schema=schema)
    return pa.Table.from_arrays([_column(table, field) for field in schema], schema=schema)


def _column(table: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    at = table.schema.get_field_index(field.name)
    if at < 0:
        return pa.chunked_array([pa.nulls(table.num_rows, field.type)])
    chunks = [conform(chunk, field.type) for chunk in table.column(at).chunks]
    return pa.chunked_array(chunks, type=field.type)


def conform(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """A wider type, or one whose nulls, empty objects and missing members have become something."""
    if array.type == kind:
        return array
    if array.type == NULL or array.null_count == len(array):
        return pa.nulls(len(array), kind)
    if kind == DOUBLE:
        return array.cast(DOUBLE, safe=False)  # beyond 2**53 the nearest double
    if array.type == EMPTY_OBJECT and kind == TEXT:
        return pc.if_else(array.is_valid(), pa.scalar("{}", TEXT), pa.scalar(None, TEXT))
    return _nested(array, kind)


def _nested(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_struct(kind) and pa.types.is_struct(array.type):
        return _struct(array, kind)
    if pa.types.is_list(kind) and pa.types.is_list(array.type):
        return _list(array, kind)
    return array.cast(kind)


def _struct(array: pa.StructArray, kind: pa.StructType) -> pa.StructArray:
    children = array.flatten()
    at = {field.name: i for i, field in enumerate(array.type)}
    members = [
        conform(children[at[field.name]], field.type)
        if field.name in at
        else pa.nulls(len(array), field.type)
        for field in kind
    ]
    return pa.StructArray.from_arrays(members, fields=list(kind), mask=array.is_null())


def _list(array: pa.ListArray, kind: pa.ListType) -> pa.ListArray:
    start, end = array.offsets[0].as_py(), array.offsets[-1].as_py()
    values = conform(array.values.slice(start, end - start), kind.value_type)
    offsets = pc.subtract(array.offsets, pa.scalar(start, pa.int32()))
    return pa.ListArray.from_arrays(offsets, values, type=kind, mask=array.is_null())
