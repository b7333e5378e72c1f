"""One Delta table under one fence: every commit of ours goes up by one, and a late writer is refused."""

import contextlib
import uuid
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
from deltalake import DeltaTable, Schema
from deltalake.exceptions import CommitFailedError, TableNotFoundError
from deltalake.transaction import AddAction, CommitProperties, RemoveAction, Transaction

from varlor.contracts.dataset import DatasetReset
from varlor.contracts.incremental import CursorValue, IncrementalState
from varlor.contracts.model import Model
from varlor.datasets.log import commits
from varlor.datasets.place import Place, away, storage
from varlor.datasets.shape import OWN_FIELDS, ColumnNote, Shape, shape_of
from varlor.errors import FencedError, PartUnavailableError
from varlor.ports import RunState

_FENCE: Final = "varlor"
_SOURCE: Final = "varlor-inbox/"
_LOOK_BACK: Final = 200  # commits searched for our last one, should others have committed since
_ATTEMPTS: Final = 3
_KEPT: Final = {
    # Commits and removed files are remembered for as long as old versions are kept, and not for a month.
    "delta.logRetentionDuration": "interval 7 days",
    "delta.deletedFileRetentionDuration": "interval 7 days",
}
_REMEMBERED: Final = 100  # runs whose late attempts are recognised


class Mark(Model):
    """What each commit of ours carries. `state` is of the run `run_id`; `past` are the runs before it.

    `published`: that run's landing has become the content. `ended`: that run may not write any more.
    `highest`: what an incremental run has seen so far; `streams`: where successful runs left off.
    `reset`: the next run starts over.
    """

    operation: str = "create"
    run_id: str | None = None
    attempt: str = ""
    state: RunState | None = None
    past: tuple[str, ...] = ()
    published: bool = False
    ended: bool = False
    columns: tuple[ColumnNote, ...] = ()
    highest: CursorValue | None = None
    streams: tuple[IncrementalState, ...] = ()
    reset: DatasetReset | None = None

    def after(self, operation: str, run_id: str | None) -> "Mark":
        """The first mark of another run (or of none), which keeps what is the dataset's own."""
        past = (*self.past, self.run_id) if self.run_id else self.past
        kept = {"columns": self.columns, "streams": self.streams, "reset": self.reset}
        return Mark(operation=operation, run_id=run_id, past=past[-_REMEMBERED:]).model_copy(update=kept)


class Table:
    """An open handle. It is never reopened between reading `mark` and committing: that is the fence."""

    def __init__(self, place: Place, delta: DeltaTable) -> None:
        self.place = place
        self.delta = delta
        self.attempt = uuid.uuid4().hex
        self.sequence = delta.transaction_version(_FENCE) or 0
        self.mark = _last_mark(place, delta.version())

    @classmethod
    def find(cls, place: Place) -> "Table | None":
        """The table at its newest version, or None."""
        with storage(), contextlib.suppress(TableNotFoundError):
            return cls(place, DeltaTable(place.uri, storage_options=place.options))
        return None

    @classmethod
    def create(cls, place: Place, schema: pa.Schema | None = None, mark: Mark | None = None) -> "Table":
        """A new table with our own two columns alone; FencedError when another was faster."""
        properties = _properties(mark or Mark(), 1)
        columns: Any = pa.schema(OWN_FIELDS) if schema is None else schema
        try:
            with storage():
                DeltaTable.create(
                    place.uri,
                    Schema.from_arrow(columns),
                    storage_options=place.options,
                    configuration=_KEPT,
                    commit_properties=properties,
                )
        except TableNotFoundError as error:  # what deltalake calls a folder that cannot be made
            raise away(error) from error
        except (CommitFailedError, PartUnavailableError) as error:
            if cls.find(place) is None:
                raise
            raise FencedError("Another writer created the dataset.") from error
        found = cls.find(place)
        if found is None:
            raise FencedError("The dataset was deleted while it was being created.")
        return found

    @property
    def schema(self) -> pa.Schema:
        return pa.schema(self.delta.schema())

    @property
    def shape(self) -> Shape:
        return shape_of(self.schema, list(self.mark.columns))

    def begin(self, run_id: str) -> None:
        """Become the one writer for this run; every handle opened before is refused from now on."""
        mark = self.mark
        if mark.run_id == run_id:
            if mark.ended:
                raise FencedError("This run has ended; it can write no more.")
            self.commit(mark.model_copy(update={"operation": "begin"}))
            return
        if run_id in mark.past:
            raise FencedError("Another run has written to the dataset since.")
        self.commit(mark.after("begin", run_id))

    def commit(
        self,
        mark: Mark,
        actions: Sequence[AddAction | RemoveAction] = (),
        *,
        overwrite: pa.Schema | None = None,
        taken: tuple[str, int] | None = None,
    ) -> None:
        """Actions and mark in one atomic step; `overwrite` replaces all content and the schema.

        `taken`: a source, and how far the table has it with this commit.
        Raises FencedError when any other commit of ours came first.
        """
        schema = self.delta.schema() if overwrite is None else Schema.from_arrow(overwrite)
        self._fenced(
            mark,
            lambda properties: self.delta.create_write_transaction(
                list(actions),
                mode="append" if overwrite is None else "overwrite",
                schema=schema,
                commit_properties=properties,
            ),
            taken,
        )

    def taken(self, source: str) -> int:
        """How far the table has a source that numbers what it gives; kept whatever runs come and go."""
        return self.delta.transaction_version(_SOURCE + source) or 0

    def add_columns(self, mark: Mark, fields: Sequence[pa.Field]) -> None:
        """New columns, or new members of struct columns; the files stay as they are."""
        added = Schema.from_arrow(pa.schema(list(fields))).fields
        self._fenced(
            mark, lambda properties: self.delta.alter.add_columns(added, commit_properties=properties)
        )

    def _fenced(self, mark: Mark, act: Any, taken: tuple[str, int] | None = None) -> None:
        mark = mark.model_copy(update={"attempt": self.attempt})
        wanted = self.sequence + 1
        try:
            with storage():
                act(_properties(mark, wanted, taken))
            with storage():
                self.delta.update_incremental()
        except (CommitFailedError, PartUnavailableError) as error:
            self._judge(mark, wanted, error)
        if self.delta.transaction_version(_FENCE) != wanted:
            raise _overtaken(Table.find(self.place), mark)
        self.sequence, self.mark = wanted, mark

    def _judge(self, mark: Mark, wanted: int, error: Exception) -> None:
        """After a commit that failed: return if it landed all the same and only its answer was lost."""
        fresh = Table.find(self.place)
        if fresh is None:
            raise FencedError("The dataset, or this run's landing, is gone.") from error
        if fresh.sequence == wanted and fresh.mark.attempt == self.attempt:
            self.delta = fresh.delta
        elif isinstance(error, CommitFailedError) or fresh.sequence != self.sequence:
            raise _overtaken(fresh, mark) from error
        else:
            raise error


def begun(place: Place, run_id: str, *, like: Table | None = None, again: bool = True) -> Table:
    """The table, made if need be (with the columns of `like`), with this run as its one writer.

    `again`: also refuse older attempts of the same run. Raises FencedError when another run has begun
    since; a commit that comes in between is an older attempt's last, and is looked at anew.
    """
    for attempt in range(_ATTEMPTS):
        try:
            table = Table.find(place) or _made(place, like)
            if again or table.mark.run_id != run_id:
                table.begin(run_id)
        except FencedError:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return table
    raise AssertionError


def _overtaken(now: Table | None, mark: Mark) -> FencedError:
    """Another commit came before the one of `mark`."""
    own = now is not None and now.mark.run_id == mark.run_id and not now.mark.ended
    who = "attempt of this run" if own else "writer"
    return FencedError(f"Another {who} has committed to the dataset.", own=own)


def _made(place: Place, like: Table | None) -> Table:
    if like is None:
        return Table.create(place)
    return Table.create(place, like.schema, Mark(columns=like.mark.columns))


def _properties(mark: Mark, sequence: int, taken: tuple[str, int] | None = None) -> CommitProperties:
    sources = [] if taken is None else [Transaction(_SOURCE + taken[0], taken[1])]
    return CommitProperties(
        custom_metadata={_FENCE: mark.model_dump(mode="json", by_alias=True, exclude_defaults=True)},
        app_transactions=[Transaction(_FENCE, sequence), *sources],
    )


def mark_in(commit: dict[str, Any]) -> Mark | None:
    """Our mark in one entry of a table's history."""
    found = commit.get(_FENCE)
    return None if found is None else Mark.model_validate(found)


def _last_mark(place: Place, newest: int) -> Mark:
    found = (mark_in(commit) for commit in commits(place, newest, _LOOK_BACK))
    return next((mark for mark in found if mark is not None), Mark())
