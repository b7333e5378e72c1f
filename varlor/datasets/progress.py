"""Where an incremental run starts and how far it got, kept in the table's log beside the rows."""

from datetime import UTC, datetime
from typing import Final

import pyarrow as pa

from varlor.contracts.dataset import DatasetReset
from varlor.contracts.incremental import CursorValue, IncrementalState
from varlor.datasets.absorb import Absorbed
from varlor.datasets.compute import pc
from varlor.datasets.place import Place
from varlor.datasets.table import Mark, Table
from varlor.datasets.watermark import highest, is_before, since
from varlor.errors import FencedError, SourceError
from varlor.ports import LandingTarget

_MOST_STREAMS: Final = 50  # requests of one dataset whose position is kept
_ATTEMPTS: Final = 3


def start_of(mark: Mark, target: LandingTarget) -> CursorValue | None:
    """Where the run asks from: a reset's value, else before the highest seen, else the initial value."""
    wanted = target.incremental
    if wanted is None:
        return None
    known = next((one for one in mark.streams if one.stream == target.stream), None)
    if known is not None:
        return since(known.value, wanted)
    if mark.reset is not None and mark.reset.from_ is not None:
        return mark.reset.from_
    return wanted.initial_value


def top_of(page: Absorbed, before: CursorValue | None, target: LandingTarget) -> CursorValue | None:
    """The highest cursor value once this page is in; raises SourceError(bad_records)."""
    if target.incremental is None:
        return before
    values = _values(page, target.incremental.cursor_field)
    if values is None:
        if before is not None:
            return before
        raise SourceError(
            "bad_records",
            f'No record of the page has the cursor field "{target.incremental.cursor_field}"; name another.',
        )
    return highest(values, before, datetime.now(UTC))


def has_older(page: Absorbed, start: CursorValue | None, target: LandingTarget) -> bool:
    """Whether records lie clearly before where the run asks from: most APIs ignore what they do not know."""
    if target.incremental is None or start is None:
        return False
    values = _values(page, target.incremental.cursor_field)
    return values is not None and is_before(values, start)


def _values(page: Absorbed, field: str) -> pa.Array | None:
    """The values of a field; a dot leads into objects, unless a field is called so."""
    names = [field] if field in page.shape.by_source else field.split(".")
    column = page.shape.by_source.get(names[0])
    array = None if column is None else page.arrays.get(column.name)
    for name in names[1:]:
        if array is None or not pa.types.is_struct(array.type) or array.type.get_field_index(name) < 0:
            return None
        array = pc.struct_field(array, name)
    return array


def streams_after(
    known: tuple[IncrementalState, ...], staged: Mark, target: LandingTarget
) -> tuple[IncrementalState, ...]:
    """The positions once the run is published, `known` before; a run that left pages unread moves none."""
    read_all = staged.state is not None and staged.state.done and staged.state.cursor is None
    if target.incremental is None or staged.highest is None or not read_all:
        return known
    mine = IncrementalState(
        stream=target.stream,
        source=target.source,
        cursor_field=target.incremental.cursor_field,
        value=staged.highest,
        run_id=target.run_id,
    )
    others = tuple(one for one in known if one.stream != target.stream)
    return (*others, mine)[-_MOST_STREAMS:]


def reset(place: Place, from_: CursorValue | None) -> None:
    """Ask for a new start; a dataset without a table has nothing to forget. Raises FencedError."""
    for attempt in range(_ATTEMPTS):
        table = Table.find(place)
        if table is None:
            return
        wanted = {"streams": (), "reset": DatasetReset(from_=from_)}
        try:
            table.commit(table.mark.after("reset", None).model_copy(update=wanted))
        except FencedError:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return
