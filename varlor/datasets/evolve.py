"""Brings a table's schema to a wider shape: by a commit of metadata where that does, else by one rewrite."""

import pyarrow as pa

from varlor.datasets.files import Heartbeat, rewrite
from varlor.datasets.shape import Shape
from varlor.datasets.table import Table


def same_columns(before: pa.Schema, after: pa.Schema) -> bool:
    """Whether both hold the same columns and types, in whatever order."""
    return len(before) == len(after) and all(
        before.get_field_index(f.name) >= 0 and before.field(f.name).type == f.type for f in after
    )


def is_empty(table: Table) -> bool:
    return not table.delta.file_uris()


def evolve(table: Table, shape: Shape, after: pa.Schema, heartbeat: Heartbeat) -> None:
    """Give `table` the columns of `after`, which holds `shape`; rows and state stay. Raises FencedError.

    Delta changes no column's type in place, so a wider type (an integer that met fractions) means
    every file anew, streamed, and one commit that swaps them.
    """
    before = table.schema
    if same_columns(before, after):
        return
    mark = table.mark.model_copy(update={"columns": tuple(shape.notes(after))})
    if is_empty(table) or not _only_adds(before, after):
        changed = mark.model_copy(update={"operation": "rewrite"})
        table.commit(changed, rewrite(table, after, heartbeat), overwrite=after)
        return
    added = [f for f in after if before.get_field_index(f.name) < 0 or before.field(f.name).type != f.type]
    table.add_columns(mark.model_copy(update={"operation": "add columns"}), added)


def _only_adds(before: pa.Schema, after: pa.Schema) -> bool:
    return all(
        after.get_field_index(f.name) >= 0 and _extends(f.type, after.field(f.name).type) for f in before
    )


def _extends(before: pa.DataType, after: pa.DataType) -> bool:
    """Whether `after` is `before` with at most more members in its structs, which old files may lack."""
    if before == after:
        return True
    if pa.types.is_struct(before) and pa.types.is_struct(after):
        members = {f.name: f.type for f in after}
        return all(f.name in members and _extends(f.type, members[f.name]) for f in before)
    if pa.types.is_list(before) and pa.types.is_list(after):
        return _extends(before.value_type, after.value_type)
    return False
