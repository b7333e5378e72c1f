"""Records to Arrow by way of Python: finds types, grows the shape, and applies the schema policy.

This is the slow and complete way, taken for the first pages and whenever a page does not fit exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, cast

import pyarrow as pa

from varlor.contracts.fetch import SchemaPolicy
from varlor.contracts.run import SchemaChange
from varlor.datasets.kinds import (
    BOOL,
    DOUBLE,
    INT,
    JSON,
    NULL,
    TEXT,
    MisfitError,
    buffered,
    coerce,
    grow,
    json_text,
    only_resolves,
)
from varlor.datasets.shape import Column, Shape
from varlor.errors import SchemaFrozenError, SourceError

_PLAIN: dict[type, Any] = {int: INT, float: DOUBLE, str: TEXT, bool: BOOL}
_INT64_MOST = 2**63 - 1


@dataclass(slots=True)
class Absorbed:
    """One page as a table of buffered types, the shape it led to, and what that changed."""

    shape: Shape
    rows: int
    arrays: dict[str, pa.Array] = field(default_factory=dict[str, Any])
    changes: list[SchemaChange] = field(default_factory=list[SchemaChange])

    def table(self) -> pa.Table:
        return pa.table(self.arrays)


def absorb(records: Sequence[Any], shape: Shape, policy: SchemaPolicy, *, fixed: bool) -> Absorbed:
    """Take one page in. `fixed`: the dataset has columns already, so what is new is drift.

    Raises SourceError(bad_records) and SchemaFrozenError.
    """
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise SourceError("bad_records", f"Record {number} of the page is not an object.")
    rows = cast("Sequence[dict[str, Any]]", records)
    page = Absorbed(shape, len(rows))
    page.shape = _new_columns(page, rows, policy, fixed=fixed)
    kinds: dict[str, pa.DataType] = {}
    for column in page.shape.columns:
        if column.source is not None:
            values = [record.get(column.source) for record in rows]
            kinds[column.name] = _take(page, column, values, policy, fixed=fixed)
    page.shape = page.shape.changing(kinds)
    return page


def _new_columns(
    page: Absorbed, rows: Sequence[dict[str, Any]], policy: SchemaPolicy, *, fixed: bool
) -> Shape:
    shape = page.shape
    unknown = [s for s in dict.fromkeys(chain.from_iterable(rows)) if s not in shape.by_source]
    for source in unknown:
        if fixed and policy == "freeze":
            raise SchemaFrozenError(
                f'The records have a new field "{source:.100}", and the schema is frozen.'
            )
        if fixed and policy == "discard":
            _tell(page, "discarded", source, "A new field that the dataset does not take.")
            continue
        shape = shape.adding(source)
        name = shape.columns[-1].name
        if name != source:
            _tell(page, "column_renamed", name, f'The records call it "{source:.100}".')
        if fixed:
            _tell(page, "column_added", name, "A new field in the records.")
    return shape


def _take(
    page: Absorbed, column: Column, values: list[Any], policy: SchemaPolicy, *, fixed: bool
) -> pa.DataType:
    """Put one column's values into the page; answers the type the column has afterwards."""
    plain = _plain_kind(values, column.kind)
    if plain is not None:
        page.arrays[column.name] = pa.array(values, buffered(plain))
        return plain
    settled = fixed and policy != "evolve"
    kind, misfits = _fit(column.kind, values, settled=settled)
    kept = _divert(page, column, values, misfits, policy, fixed=fixed) if misfits else {}
    if fixed and kind != column.kind and not only_resolves(column.kind, kind):
        _tell(page, "column_widened", column.name, f"From {column.kind} to {kind}."[:500])
    coerced = [kept[at] if at in kept else coerce(kind, value) for at, value in enumerate(values)]
    page.arrays[column.name] = pa.array(coerced, buffered(kind))
    return kind


def _plain_kind(values: list[Any], kind: pa.DataType) -> pa.DataType | None:
    """The type, where all values are of one plain type that fits; the common case, decided in C."""
    types = set(map(type, values)) - {type(None)}
    if not types:
        return kind
    found = _PLAIN.get(types.pop()) if len(types) == 1 else None
    if found is None or kind not in (NULL, found):
        return None
    if found == INT:
        numbers = [v for v in values if v is not None]
        return found if min(numbers) >= -_INT64_MOST - 1 and max(numbers) <= _INT64_MOST else None
    if found == DOUBLE:
        return None if any(v is not None and v - v != 0 for v in values) else found
    return found


def _fit(kind: pa.DataType, values: list[Any], *, settled: bool) -> tuple[pa.DataType, list[int]]:
    """The type that takes the values, and which of them it cannot take. `settled`: it may not grow."""
    misfits: list[int] = []
    for at, value in enumerate(values):
        if value is None:
            continue
        try:
            grown = grow(kind, value)
        except MisfitError:
            misfits.append(at)
            continue
        if settled and grown != kind and not only_resolves(kind, grown):
            misfits.append(at)
        else:
            kind = grown
    return kind, misfits


def _divert(
    page: Absorbed,
    column: Column,
    values: list[Any],
    misfits: list[int],
    policy: SchemaPolicy,
    *,
    fixed: bool,
) -> dict[int, Any]:
    """Take what does not fit elsewhere: to the sibling column, to nowhere, or to an error.

    Answers what stays in the column at those rows.
    """
    name = column.name
    if fixed and policy == "freeze":
        raise SchemaFrozenError(
            f'The field "{column.source:.100}" no longer holds {column.kind} alone; the schema is frozen.'
        )
    if policy == "discard":
        _tell(page, "discarded", name, "Values, or parts of them, that do not fit the column's type.")
        return {at: _trimmed(column.kind, values[at]) for at in misfits}
    if name not in page.shape.siblings:
        page.shape = page.shape.adding_sibling(name, JSON)
    sibling = page.shape.siblings[name]
    texts: list[str | None] = [None] * page.rows
    for at in misfits:
        texts[at] = json_text(values[at])
    page.arrays[sibling.name] = pa.array(texts, TEXT)
    _tell(page, "values_diverted", name, f"Values of another type are kept as JSON in {sibling.name}.")
    return dict.fromkeys(misfits)


def _trimmed(kind: pa.DataType, value: Any) -> Any:
    try:
        return coerce(kind, value)
    except MisfitError:
        return None


def _tell(page: Absorbed, kind: Any, column: str, detail: str) -> None:
    page.changes.append(SchemaChange(kind=kind, column=column[:200], detail=detail))
