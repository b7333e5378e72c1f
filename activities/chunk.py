"""One bounded chunk of a run: pages in, checkpoints out, and a typed reason for stopping."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Final

from activities.failures import run_error
from activities.journal import Journal, Tally
from activities.retry import HELD_WAIT, wait_after
from varlor.contracts.messages import ChunkResult
from varlor.contracts.run import Counters, Run, RunError, SchemaChange
from varlor.contracts.waits import WaitReason
from varlor.errors import AuthRequiredError, SourceError
from varlor.ports import (
    Cursor,
    Landing,
    PageFacts,
    PageReader,
    PageResponse,
    RunState,
    WaitRequiredError,
)

CHUNK_SECONDS: Final = 60.0
CHUNK_ROWS: Final = 1_000_000
WIND_DOWN_SECONDS: Final = 2.0
AUTH_POLL: Final = 300.0  # seconds; a user who connects again is told of at once
COMMIT_SECONDS: Final = 15.0
COMMIT_ROWS: Final = 50_000  # one row group
COMMIT_BYTES: Final = 40 * 1024 * 1024  # of Arrow memory


@dataclass(slots=True)
class Chunk:
    """The loop: fetch, land, advance, checkpoint. `stop` ends it after what was asked for."""

    run: Run
    reader: PageReader
    landing: Landing
    journal: Journal
    tally: Tally
    stop: asyncio.Event
    failures: int
    random: Random = field(default_factory=Random)
    _state: RunState = field(default_factory=RunState)
    _committing: asyncio.Future[None] | None = None
    _committed_at: float = field(default_factory=monotonic)
    _winding_down: float | None = None  # when the end was first seen
    _noted_older: bool = False
    _ends_at: float = field(default_factory=lambda: monotonic() + CHUNK_SECONDS)

    async def read(self) -> ChunkResult:
        """Read until a bound, a wait or the end; everything read is committed before this returns.

        Raises SourceError when the API's answer is final, FencedError when another writer came.
        """
        before = self._restore()
        try:
            reason, seconds, error = await self._pages(before.rows + CHUNK_ROWS)
        except BaseException:
            # Whatever ended the chunk, what is in the buffer was read and paid for.
            await self._commit()
            await self._committed()
            raise
        await self._commit()
        await self._committed()
        cursor = self._state.cursor
        return ChunkResult(
            done=self._state.done,
            progressed=self.tally.pages > before.pages,
            counters=self.tally.freeze(),
            position=self.reader.position(cursor) if cursor else "",
            wait_reason=reason,
            wait_seconds=seconds,
            failures=self.failures,
            error=error,
        )

    def _restore(self) -> Counters:
        self._state = self.landing.state or RunState(cursor=self.reader.start())
        if self._state.stuck is not None:
            raise SourceError("pagination_stuck", self._state.stuck)
        return self._state.counters

    async def _pages(self, last_row: int) -> tuple[WaitReason | None, float, RunError | None]:
        while not await self._full(last_row):
            try:
                await self._page()
            except WaitRequiredError as wait:
                return wait.reason, wait.seconds, run_error(wait.because) if wait.because else None
            except AuthRequiredError as error:
                return "auth", AUTH_POLL, run_error(error)
            except SourceError as error:
                seconds = self._judge(error)
                if seconds > HELD_WAIT:
                    return "throttled" if error.kind == "rate_limited" else "retry", seconds, run_error(error)
                await self._sleep(seconds)
            if self._commit_due():
                await self._commit()
        return None, 0.0, None

    async def _page(self) -> None:
        cursor = self._state.cursor
        if cursor is None:
            raise RuntimeError("a finished run was read again")
        page = await self.reader.fetch(cursor, attempt=self.failures + 1)
        adding, canceled = asyncio.ensure_future(self.landing.add(page)), None
        try:
            facts = await asyncio.shield(adding)
        except asyncio.CancelledError as error:
            # Its thread goes on: rows in the buffer whose cursor stays behind would be read twice.
            facts, canceled = await adding, error
        self.failures = 0
        self.tally.landed(facts.count, len(page.body))
        if facts.older:
            self._note_older()
        self._state = self._next(cursor, page, facts)
        del page  # large ones are taken in one after another: the next begins with the next await
        if canceled is not None:
            raise canceled
        await self.journal.tick(self.tally.freeze())
        if self._state.stuck is not None:
            raise SourceError("pagination_stuck", self._state.stuck)

    def _note_older(self) -> None:
        wanted = self.run.request.incremental
        if wanted is not None and not self._noted_older:
            self._noted_older = True
            self.journal.note(
                f"Records from before {self.landing.since} came, which were not asked for: if the API does "
                f"not know the parameter {wanted.name}, every sync reads everything."
            )

    def _next(self, cursor: Cursor, page: PageResponse, facts: PageFacts) -> RunState:
        """The state after a landed page; a stuck pagination is kept too, or its page would be read twice."""
        try:
            following = self.reader.advance(cursor, page, facts)
        except SourceError as error:
            return RunState(stuck=error.detail)
        return RunState(cursor=following, done=following is None or self._limited())

    def _judge(self, error: SourceError) -> float:
        self.journal.blame(error)
        self.failures += 1
        seconds = wait_after(error, self.failures, self.random)
        spent = self.run.request.limits.max_requests
        if seconds is not None and spent is not None and self.tally.requests >= spent:
            self.journal.note("maxRequests was reached while the API failed; it was not asked again.")
            raise error
        if seconds is None:
            raise error
        self.tally.retries += 1
        return seconds

    def _limited(self) -> bool:
        limits = self.run.request.limits
        reached = [
            name
            for name, bound, value in (
                ("maxPages", limits.max_pages, self.tally.pages),
                ("maxRows", limits.max_rows, self.tally.rows),
                ("maxRequests", limits.max_requests, self.tally.requests),
            )
            if bound is not None and value >= bound
        ]
        if reached:
            self.journal.note(f"Stopped at {reached[0]}; the API had more.")
        return bool(reached)

    async def _full(self, last_row: int) -> bool:
        over = monotonic() > self._ends_at or self.tally.rows >= last_row
        return self._state.done or ((over or self.stop.is_set()) and await self._is_wound_down())

    async def _is_wound_down(self) -> bool:
        """What was asked for is taken in first, while that goes well and does not take long."""
        now, cursor = monotonic(), self._state.cursor
        self._winding_down = self._winding_down or now
        left = self._winding_down + WIND_DOWN_SECONDS - now
        if left <= 0 or self.failures > 0 or cursor is None:
            return True
        return not await self.reader.remains(cursor, left)

    def _commit_due(self) -> bool:
        return (
            self.landing.buffered_rows >= COMMIT_ROWS
            or self.landing.buffered_bytes >= COMMIT_BYTES
            or (self.landing.buffered_rows > 0 and monotonic() - self._committed_at > COMMIT_SECONDS)
        )

    async def _commit(self) -> None:
        """Begin to write what is in the buffer, once the commit before this one is through."""
        await self._committed()
        state = self._state.model_copy(update={"counters": self.tally.freeze()})
        if state != self.landing.state:
            self._committing = asyncio.ensure_future(self._write(state, self.landing.commit(state)))
        self._committed_at = monotonic()

    async def _write(self, state: RunState, landed: Awaitable[Sequence[SchemaChange]]) -> None:
        await self.journal.committed(state.counters, await landed)

    async def _committed(self) -> None:
        """Wait for the commit that is being written; raises what became of it, once."""
        committing = self._committing
        if committing is None:
            return
        try:
            await asyncio.shield(committing)
        finally:
            if committing.done():
                self._committing = None

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.stop.wait(), seconds)
        except TimeoutError:
            return
