"""Delta tables: landing, publishing, reading."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from varlor.contracts.dataset import RowsPage, TableFacts
from varlor.contracts.fetch import SchemaPolicy, WriteMode
from varlor.contracts.incremental import CursorValue, Incremental
from varlor.contracts.model import Model
from varlor.contracts.run import (
    Counters,
    SchemaChange,
)
from varlor.ports.source import (
    PageFacts,
    PageResponse,
    Parents,
)


@dataclass(frozen=True, slots=True)
class LandingTarget:
    """Where one run writes, and how.

    `stream` and `source` name whose position an `incremental` run moves on.
    `inbox`: appends come from a numbered source that outlives the run, and the table itself keeps how
    far it has been taken in (`Landing.position`).
    """

    location: str
    run_id: str
    write_mode: WriteMode
    primary_key: Sequence[str] = ()
    schema_policy: SchemaPolicy = "evolve"
    incremental: Incremental | None = None
    stream: str = ""
    source: str = ""
    inbox: str | None = None


class RunState(Model):
    """What a commit carries beside its rows, so that rows and cursor cannot disagree.

    `stuck`: the pagination could not go on after the last committed page, and why.
    """

    cursor: dict[str, Any] | None = None
    counters: Counters = Counters()
    done: bool = False
    stuck: str | None = None


class Landing(Protocol):
    """One attempt of one run at writing; opened once, fenced against every other.

    append lands in the table itself; replace and merge land beside it until `Datasets.publish`.
    """

    @property
    def state(self) -> RunState | None:
        """As last committed by this run; None when it has committed nothing yet."""
        ...

    @property
    def since(self) -> CursorValue | None:
        """Where this incremental run asks from, the same in all its attempts; None: from the beginning."""
        ...

    @property
    def position(self) -> int:
        """How far the table has the target's source, by whatever run; 0 for nothing."""
        ...

    @property
    def buffered_rows(self) -> int: ...
    @property
    def buffered_bytes(self) -> int: ...
    def expect(self, body: bytes, record_path: str) -> None:
        """Begin to decode a page that will be added later, or never; it is known again by its body."""
        ...

    async def add(self, page: PageResponse) -> PageFacts:
        """Decode one page and buffer its records.

        Raises SourceError(not_json, bad_records) or SchemaFrozenError; the buffer is then as before.
        """
        ...

    def commit(self, state: RunState, *, position: int | None = None) -> Awaitable[Sequence[SchemaChange]]:
        """Write the buffer as it is now, the state and the source's position in one atomic step.

        Pages may be added while it is awaited; the next commit has to wait until then. FencedError when
        another writer has the table. Answers the schema changes since the last commit.
        """
        ...


class Compaction(Protocol):
    """A new file, written already, that waits to take the place of `files` small ones."""

    files: int

    async def commit(self) -> None:
        """One atomic step that changes no row; FencedError when a writer came since it was prepared.

        Only while nobody else writes: a writer whose landing is open would be refused from then on.
        """
        ...


class Datasets(Protocol):
    """Delta tables."""

    def location(self, tenant: str, dataset: str) -> str: ...
    async def open(self, target: LandingTarget, *, heartbeat: Callable[[str], None] | None = None) -> Landing:
        """Begin or go on; `heartbeat` is told of each step of a commit that must rewrite the table."""
        ...

    async def publish(self, target: LandingTarget, *, heartbeat: Callable[[str], None]) -> None:
        """Make a finished landing the dataset's content; idempotent; append has nothing to do."""
        ...

    async def discard(self, target: LandingTarget) -> None:
        """Drop an unpublished landing of a failed or canceled run; idempotent."""
        ...

    async def values(self, location: str, column: str, version: int | None) -> Parents:
        """The different values of a column, at a version or (None) at the newest.

        Numbers and text alone; InvalidInputError for another column, or more than a million of them.
        """
        ...

    async def reset(self, location: str, from_: CursorValue | None) -> None:
        """Let the next run start over, from a value or from nothing; a run under way can write no more.

        From nothing, what that run reads takes the place of all rows when it has succeeded.
        """
        ...

    async def compaction(self, location: str, *, heartbeat: Callable[[str], None]) -> Compaction | None:
        """Prepare the next step of joining small files; None when there is nothing worth doing."""
        ...

    async def clean(
        self, location: str, *, keep_hours: int, heartbeat: Callable[[str], None]
    ) -> tuple[int, bool]:
        """Delete what no version of the last `keep_hours` needs, and shorten the log.

        How many files were deleted, and whether others will be due later. Writers are not in its way.
        """
        ...

    async def facts(self, location: str) -> TableFacts: ...
    async def rows(self, location: str, *, limit: int, offset: int) -> RowsPage: ...
    def export(self, location: str, format_: Literal["parquet", "csv", "jsonl"]) -> AsyncIterator[bytes]: ...
    async def delete(self, location: str) -> None: ...
