"""What a running chunk tells: its counters, its log of requests, its notes. None of it decides anything."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from activities.announce import announce
from varlor.contracts.run import Counters, RequestLogEntry, Run, SchemaChange
from varlor.errors import PartUnavailableError, SourceError
from varlor.ports import Events, TenantStore

TICK_SECONDS: Final = 0.5
FLUSH_SECONDS: Final = 2.0


@dataclass(slots=True)
class Tally:
    """A run's counters while they move; `rows` and `pages` run ahead of the commit by the buffer."""

    rows: int = 0
    pages: int = 0
    requests: int = 0
    retries: int = 0
    bytes: int = 0

    @classmethod
    def after(cls, counters: Counters) -> "Tally":
        return cls(**counters.model_dump(by_alias=False))

    def landed(self, rows: int, size: int) -> None:
        self.rows += rows
        self.pages += 1
        self.bytes += size

    def freeze(self) -> Counters:
        return Counters(
            rows=self.rows, pages=self.pages, requests=self.requests, retries=self.retries, bytes=self.bytes
        )


@dataclass(slots=True)
class Journal:
    """Buffers and writes in batches, so that a page costs no write of its own."""

    tenant_id: str
    run: Run
    store: TenantStore
    events: Events
    tally: Tally
    _entries: list[RequestLogEntry] = field(default_factory=list[RequestLogEntry])
    _notes: list[str] = field(default_factory=list[str])
    _ticked: float = 0.0
    _flushed: float = field(default_factory=monotonic)

    def log(self, entry: RequestLogEntry) -> None:
        """Note one request of the outside API; it counts, whatever it answered."""
        self.tally.requests += 1
        self._entries.append(entry)

    def blame(self, error: SourceError) -> None:
        """The last request was answered, but what it answered was no good: let its entry say so."""
        if self._entries and self._entries[-1].error is None:
            failed = {"error": error.kind, "answer": error.excerpt}
            self._entries[-1] = self._entries[-1].model_copy(update=failed)

    def note(self, text: str) -> None:
        self._notes.append(text)

    async def tick(self, counters: Counters) -> None:
        """Show the live numbers, at most twice a second."""
        now = monotonic()
        if now - self._ticked < TICK_SECONDS:
            return
        self._ticked = now
        with suppress(PartUnavailableError):
            await self.events.set_progress(self.tenant_id, self.run.id, counters)
        await announce(self.events, self.tenant_id, self.run.live(counters))
        if now - self._flushed > FLUSH_SECONDS:
            await self.flush()

    async def catch_up(self) -> None:
        """Let the run's row say what the dataset has: a worker may die between checkpoint and `committed`."""
        reached = self.tally.freeze()
        counted = self.run.model_dump(include=set(Counters.model_fields), by_alias=False)
        if counted != reached.model_dump(by_alias=False):
            self.run = await self.store.runs.count(self.run.id, reached)

    async def committed(self, counters: Counters, changes: Sequence[SchemaChange]) -> None:
        """A checkpoint is in the dataset: let the run's row say so."""
        if changes:
            await self.store.runs.record(self.run.id, changes=changes)
        self.run = await self.store.runs.count(self.run.id, counters)

    async def flush(self) -> None:
        """Write the buffered log and notes."""
        self._flushed = monotonic()
        if self._entries:
            entries, self._entries = self._entries, []
            await self.store.runs.append_requests(self.run.id, entries)
        if self._notes:
            notes, self._notes = self._notes, []
            await self.store.runs.record(self.run.id, notes=notes)
