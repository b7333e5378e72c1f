"""A dataset's columns as the records' own names meet them, and how that is kept in the table's log."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import pyarrow as pa

from varlor.contracts.model import Model
from varlor.datasets.kinds import NULL, Path, marks_of, opened, settled, stored
from varlor.errors import SourceError

RUN_COLUMN: Final = "_varlor_run_id"
TIME_COLUMN: Final = "_varlor_fetched_at"
OWN_FIELDS: Final = (
    pa.field(RUN_COLUMN, pa.string()),
    pa.field(TIME_COLUMN, pa.timestamp("us", tz="UTC")),
)
MOST_COLUMNS: Final = 1000
_LONGEST_NAME: Final = 255  # characters
_RESERVED: Final = "_varlor_"


class ColumnNote(Model):
    """What the table's schema cannot say of one column. `source` is the records' name for it, if another.

    `marks`: paths whose stored text is JSON, or which have never held a value. `pending`: not in the
    table yet.
    """

    name: str
    source: str | None = None
    sibling_of: str | None = None
    pending: bool = False
    marks: tuple[tuple[list[str | int], str], ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """`source` is None for a sibling, which takes what does not fit the column `sibling_of`."""

    name: str
    source: str | None
    kind: pa.DataType
    sibling_of: str | None = None


@dataclass(frozen=True)
class Shape:
    """Every column but our own two, in the order they were first seen."""

    columns: tuple[Column, ...] = ()

    @cached_property
    def by_source(self) -> Mapping[str, Column]:
        return {c.source: c for c in self.columns if c.source is not None}

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        return {c.name: c for c in self.columns}

    @cached_property
    def siblings(self) -> Mapping[str, Column]:
        return {c.sibling_of: c for c in self.columns if c.sibling_of is not None}

    @cached_property
    def _taken(self) -> frozenset[str]:
        return frozenset(c.name.lower() for c in self.columns)

    def adding(self, source: str) -> "Shape":
        """With one more column, named as Delta and its readers can take it."""
        return self._with(Column(self._free(_plain(source)), source, NULL))

    def adding_sibling(self, name: str, kind: pa.DataType) -> "Shape":
        return self._with(Column(self._free(f"{name}__json"), None, kind, sibling_of=name))

    def changing(self, kinds: Mapping[str, pa.DataType]) -> "Shape":
        """With other types, by column name."""
        return Shape(tuple(replace(c, kind=kinds.get(c.name, c.kind)) for c in self.columns))

    def settled(self) -> "Shape":
        return self.changing({c.name: settled(c.kind) for c in self.columns})

    def _with(self, column: Column) -> "Shape":
        if len(self.columns) >= MOST_COLUMNS:
            raise SourceError(
                "bad_records",
                f"The records have more than {MOST_COLUMNS} fields. Is each key an id? Set recordPath.",
            )
        return Shape((*self.columns, column))

    def _free(self, wanted: str) -> str:
        name, n = wanted, 2
        while name.lower() in self._taken:
            name, n = f"{wanted}__{n}", n + 1
        return name

    def schema(self, before: pa.Schema, *, complete: bool) -> pa.Schema:
        """As stored. A column without a value waits outside, unless `before` has it or all is `complete`."""
        fields = [
            pa.field(c.name, stored(c.kind))
            for c in self.columns
            if complete or c.kind != NULL or before.get_field_index(c.name) >= 0
        ]
        return pa.schema([*fields, *OWN_FIELDS])

    def notes(self, schema: pa.Schema) -> list[ColumnNote]:
        """What to keep beside `schema`, so that `shape_of` gives this shape again."""
        found = (_note(c, schema) for c in self.columns)
        return [note for note in found if note is not None]


def shape_of(schema: pa.Schema, notes: list[ColumnNote]) -> Shape:
    """A table's columns, with what was noted of them."""
    noted = {note.name: note for note in notes}
    columns = [
        _column(field.name, field.type, noted.get(field.name))
        for field in schema
        if not field.name.startswith(_RESERVED)
    ]
    waiting = [Column(n.name, n.name if n.source is None else n.source, NULL) for n in notes if n.pending]
    return Shape((*columns, *waiting))


def _column(name: str, kind: pa.DataType, note: ColumnNote | None) -> Column:
    if note is None:
        return Column(name, name, opened(kind, {}))
    marks: dict[Path, str] = {tuple(path): mark for path, mark in note.marks}
    source = None if note.sibling_of is not None else note.source if note.source is not None else name
    return Column(name, source, opened(kind, marks), note.sibling_of)


def _note(column: Column, schema: pa.Schema) -> ColumnNote | None:
    renamed = column.source if column.source != column.name else None
    if schema.get_field_index(column.name) < 0:
        return ColumnNote(name=column.name, source=renamed, pending=True)
    marks = tuple((list(path), mark) for path, mark in marks_of(column.kind))
    if renamed is None and column.sibling_of is None and not marks:
        return None
    return ColumnNote(name=column.name, source=renamed, sibling_of=column.sibling_of, marks=marks)


def _plain(source: str) -> str:
    """A name without control characters, not empty, not ours, not endless."""
    name = "".join(c if c.isprintable() else "_" for c in source).strip()[: _LONGEST_NAME - 16]
    if name.lower().startswith(_RESERVED):
        name = f"source{name}"
    return name or "column"
