"""One run's rows on their way into a table: pages are buffered as Arrow, and committed with their cursor."""

import asyncio
import threading
from collections.abc import Awaitable, Iterator, Sequence
from concurrent.futures import Executor
from contextvars import copy_context
from datetime import UTC, datetime
from typing import Final, NamedTuple

import pyarrow as pa

from varlor.contracts.incremental import CursorValue
from varlor.contracts.run import SchemaChange
from varlor.datasets.absorb import Absorbed
from varlor.datasets.changes import Changes
from varlor.datasets.conform import conform_table
from varlor.datasets.decode import Decoder
from varlor.datasets.evolve import evolve, is_empty, same_columns
from varlor.datasets.files import Heartbeat, name_of, write
from varlor.datasets.kinds import BOOL, DOUBLE, INT, TEXT
from varlor.datasets.progress import has_older, start_of, top_of
from varlor.datasets.shape import OWN_FIELDS, Shape
from varlor.datasets.table import Table
from varlor.errors import FencedError, SourceError
from varlor.ports import LandingTarget, PageFacts, PageResponse, RunState

KEY_KINDS: Final = (INT, TEXT, BOOL, DOUBLE)
_MOST_EARLY: Final = 16  # pages decoded before their turn


class _Early(NamedTuple):
    """The body of a page that is still to come, and its records once a thread has decoded them."""

    body: bytes
    record_path: str
    found: asyncio.Future[Absorbed | None]


class _Part(NamedTuple):
    """One page's rows, and when they came."""

    rows: pa.Table
    fetched_at: datetime


class _Load(NamedTuple):
    """What one commit writes: everything as it was when the commit was asked for."""

    state: RunState
    position: int | None
    parts: list[_Part]
    bytes: int
    shape: Shape
    highest: CursorValue | None
    changes: Sequence[SchemaChange]


class DeltaLanding:
    """`ports.Landing`. Pages are taken in one at a time, in threads, also when a waiter was canceled.

    A commit takes the buffer along when it is asked for, and is written beside the pages that follow.
    """

    def __init__(
        self,
        target: LandingTarget,
        table: Table,
        heartbeat: Heartbeat,
        threads: Executor,
        *,
        main: Table | None = None,
        closed: bool = False,
    ) -> None:
        """`threads`: those that decode pages before their turn.

        `main`: the table that this landing beside it will be published to; None for the table itself.

        `closed`: the run has been published, and only its state is of interest.
        """
        self._target = target
        self._table = table
        self._heartbeat = heartbeat
        self._threads = threads
        self._order = None if main is None else main.sequence
        self._since = start_of((main or table).mark, target)
        self._highest = table.mark.highest
        self._shape = table.shape
        self._fixed = bool(self._shape.columns)
        self._decoder = Decoder()
        self._changes = Changes()
        self._buffer: list[_Part] = []
        self._bytes = 0
        self._lock = threading.Lock()  # of the buffer and the shape
        self._writing = threading.Lock()  # of the table
        self._early: dict[int, _Early] = {}
        self._fenced = FencedError("The run has been published; it can write no more.") if closed else None

    @property
    def state(self) -> RunState | None:
        return self._table.mark.state

    @property
    def since(self) -> CursorValue | None:
        return self._since

    @property
    def position(self) -> int:
        return 0 if self._target.inbox is None else self._table.taken(self._target.inbox)

    @property
    def buffered_rows(self) -> int:
        return sum(part.rows.num_rows for part in self._buffer)

    @property
    def buffered_bytes(self) -> int:
        return self._bytes

    def expect(self, body: bytes, record_path: str) -> None:
        loop = asyncio.get_running_loop()
        found = loop.run_in_executor(self._threads, self._decoder.fast, body, record_path, self._shape)
        while len(self._early) >= _MOST_EARLY:  # those of pages that never came
            self._early.pop(next(iter(self._early))).found.cancel()
        self._early[id(body)] = _Early(body, record_path, found)

    async def add(self, page: PageResponse) -> PageFacts:
        early = self._early.pop(id(page.body), None)
        found = await early.found if early is not None and early.record_path == page.record_path else None
        if found is not None and found.shape != self._shape:
            found = None
        if found is not None and self._target.incremental is None:
            return self._add(page, found)  # what is left to do is less than handing it to a thread
        return await asyncio.to_thread(self._add, page, found)

    def commit(self, state: RunState, *, position: int | None = None) -> Awaitable[Sequence[SchemaChange]]:
        with self._lock:
            self._shape = self._shape.settled()
            load = _Load(
                state, position, self._buffer, self._bytes, self._shape, self._highest, self._changes.take()
            )
            self._buffer, self._bytes = [], 0
            self._fixed = bool(self._shape.columns)
        context = copy_context()  # of the heartbeat
        return asyncio.get_running_loop().run_in_executor(None, lambda: context.run(self._commit, load))

    def _add(self, page: PageResponse, found: Absorbed | None) -> PageFacts:
        with self._lock:
            absorbed = found or self._decoder.decode(
                page, self._shape, self._target.schema_policy, fixed=self._fixed
            )
            if absorbed.rows:
                self._check_keys(absorbed)
                self._highest = top_of(absorbed, self._highest, self._target)
                rows = absorbed.table()
                self._buffer.append(_Part(rows, datetime.now(UTC)))
                self._bytes += rows.get_total_buffer_size()
            if found is None:
                self._shape = absorbed.shape
            for change in absorbed.changes:
                self._changes.add(change)
            return PageFacts(absorbed.rows, has_older(absorbed, self._since, self._target))

    def _stamped(self, parts: Sequence[_Part]) -> Iterator[pa.Table]:
        """The rows with our own columns beside theirs."""
        run, fetched = OWN_FIELDS
        most = max((part.rows.num_rows for part in parts), default=0)
        runs = pa.repeat(pa.scalar(self._target.run_id, run.type), most)
        for rows, at in parts:
            times = pa.repeat(pa.scalar(at, fetched.type), rows.num_rows)
            yield rows.append_column(run, runs.slice(0, rows.num_rows)).append_column(fetched, times)

    def _check_keys(self, absorbed: Absorbed) -> None:
        """A row that is to be found by its key must have one."""
        if self._target.write_mode != "merge":
            return
        for key in key_columns(absorbed.shape, self._target.primary_key):
            column = absorbed.shape.by_name.get(key)
            usable = column is not None and column.kind in KEY_KINDS and key in absorbed.arrays
            missing = absorbed.arrays[key].null_count if usable else absorbed.rows
            if missing:
                raise SourceError(
                    "bad_records", f'{missing} records have no usable value in the primary key field "{key}".'
                )

    def _commit(self, load: "_Load") -> Sequence[SchemaChange]:
        with self._writing:
            if self._fenced is not None:
                raise self._fenced
            try:
                self._write(load)
            except FencedError as error:
                self._fenced = error
                raise
            except BaseException:
                with self._lock:  # it was read and paid for: the next commit writes it
                    self._buffer, self._bytes = load.parts + self._buffer, load.bytes + self._bytes
                    self._changes.restore(load.changes)
                raise
            return load.changes

    def _write(self, load: "_Load") -> None:
        table, shape = self._table, load.shape
        schema = shape.schema(table.schema, complete=load.state.done)
        fresh = not same_columns(table.schema, schema) and is_empty(table)
        if not fresh:
            evolve(table, shape, schema, self._heartbeat)
            schema = table.schema
        conformed = (conform_table(part, schema) for part in self._stamped(load.parts))
        action = write(table.place, self._name(), conformed, schema)
        mark = table.mark.model_copy(
            update={
                "operation": "checkpoint" if action is None else "append",
                "state": load.state,
                "highest": load.highest,
                "columns": tuple(shape.notes(schema)),
            }
        )
        inbox = self._target.inbox
        table.commit(
            mark,
            [] if action is None else [action],
            overwrite=schema if fresh else None,
            taken=None if inbox is None or load.position is None else (inbox, load.position),
        )

    def _name(self) -> str:
        sequence = self._table.sequence + 1
        return name_of(sequence) if self._order is None else name_of(self._order, sequence)


def key_columns(shape: Shape, primary_key: Sequence[str]) -> list[str]:
    """The columns of the primary key, which the request names as the records do."""
    found = [shape.by_source.get(key) or shape.by_name.get(key) for key in primary_key]
    return [key if column is None else column.name for key, column in zip(primary_key, found, strict=True)]
