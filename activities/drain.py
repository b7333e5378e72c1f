"""One bounded stretch of draining: batches in, commits out, and what makes no row set aside.

Rows and the last event's number are one commit of the dataset; only then are the events dropped. Killed in
between, the next stretch learns from the dataset how far it has them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from activities.journal import Journal, Tally
from varlor.contracts.webhook import DrainResult
from varlor.errors import SchemaFrozenError, SourceError
from varlor.ports import EventReader, InboxRepository, Landing, RunState, WaitingEvent

STRETCH_SECONDS: Final = 60.0
BATCH_EVENTS: Final = 4_000
BATCH_BYTES: Final = 8 * 1024 * 1024
COMMIT_ROWS: Final = 65_536
COMMIT_BYTES: Final = 48 * 1024 * 1024  # of Arrow memory
MOST_REASON: Final = 500  # characters
Records = Sequence[tuple[WaitingEvent, bytes]]


@dataclass(slots=True)
class Drain:
    """The loop: take a batch, land it, commit. `stop` ends it after the open batch."""

    connector_id: str
    inbox: InboxRepository
    landing: Landing
    reader: EventReader
    journal: Journal
    tally: Tally
    stop: asyncio.Event
    _aside: dict[str, str] = field(default_factory=dict[str, str])
    _asided: int = 0
    _rows: int = 0
    _ends: list[int] = field(default_factory=list[int])
    _position: int = 0
    _ends_at: float = field(default_factory=lambda: monotonic() + STRETCH_SECONDS)

    async def work(self) -> DrainResult:
        """Everything landed is committed before this returns; FencedError when another writer came."""
        self._position = self.landing.position
        await self.inbox.drained(self.connector_id, self._position)  # what a killed attempt left to do
        more = True
        while more and not self.stop.is_set() and monotonic() < self._ends_at:
            batch = await self.inbox.waiting(
                self.connector_id, after=self._position, most=BATCH_EVENTS, most_bytes=BATCH_BYTES
            )
            more = bool(batch)
            if batch:
                await self._take(batch)
            if self._commit_due() or not more:
                await self._commit()
        await self._commit()
        return DrainResult(more=more, rows=self._rows, set_aside=self._asided)

    async def _take(self, batch: Sequence[WaitingEvent]) -> None:
        records: list[tuple[WaitingEvent, bytes]] = []
        for event in batch:
            try:
                records.append((event, self.reader.record(event)))
            except SourceError as error:
                self._aside[event.id] = error.detail[:MOST_REASON]
        await self._land(records)
        self._position = batch[-1].sequence
        self._ends.append(self._position)
        await self.journal.tick(self.tally.freeze())

    async def _land(self, records: Records) -> None:
        """Land them together; where that is refused, halve them until the one to blame stands alone."""
        if not records:
            return
        page = self.reader.page([record for _, record in records])
        try:
            facts = await self.landing.add(page)
        except (SourceError, SchemaFrozenError) as error:
            if len(records) == 1:
                self._aside[records[0][0].id] = error.detail[:MOST_REASON]
                return
            half = len(records) // 2
            await self._land(records[:half])
            await self._land(records[half:])
        else:
            self.tally.landed(facts.count, len(page.body))
            self._rows += facts.count

    def _commit_due(self) -> bool:
        full = self.landing.buffered_rows >= COMMIT_ROWS or self.landing.buffered_bytes >= COMMIT_BYTES
        return full or len(self._aside) >= BATCH_EVENTS

    async def _commit(self) -> None:
        if not self._ends:
            return
        if self._aside:  # first: what is set aside is not dropped with the others
            await self.inbox.set_aside(self.connector_id, self._aside)
            self._asided += len(self._aside)
            self._aside = {}
        counters = self.tally.freeze()
        state = RunState(cursor={"sequence": self._position}, counters=counters)
        changes = await self.landing.commit(state, position=self._position)
        for end in self._ends:  # in steps: whoever stores new events waits for one at most
            await self.inbox.drained(self.connector_id, end)
        self._ends = []
        await self.journal.committed(counters, changes)
