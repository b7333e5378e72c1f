"""Asks for the pages that follow while earlier ones are on their way or being taken in.

Answers come in any order and are handed out in the order of their pages, so the cursor moves as if one
page followed the other. What was asked for in vain (a page was shorter than the ones before, the chunk
ended) is thrown away; how much that may be is bounded by what the API has promised or shown so far.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final

from varlor.connectors.http import OutResponse
from varlor.connectors.pace import MOST, Pace
from varlor.connectors.page import Page
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.counted import OffsetStyle, PageNumberStyle
from varlor.connectors.pagination.state import State
from varlor.connectors.pagination.step import Scene, Style
from varlor.connectors.retry_after import remaining
from varlor.connectors.sending import MOST_BYTES, Errand, Sender
from varlor.contracts.run import RequestLogEntry
from varlor.errors import InvalidInputError, PartUnavailableError, SourceError
from varlor.ports import ReadJob

PLENTY: Final = 600  # requests a minute; below it nothing is asked for that the API has not promised
_BLIND: Final = 8  # pages read for each one that is asked for without a promise
_CROWDED: Final = frozenset({"rate_limited", "timeout", "server_error", "unreachable"})


@dataclass(slots=True)
class _UnderWay:
    """One request that left early; its log waits with it, so that the run's log is in the order of pages."""

    asked: Asked
    answer: asyncio.Task[OutResponse]
    log: list[RequestLogEntry]
    sent: float


class Ahead:
    """Every page's request of one reader, some of them sent early."""

    def __init__(self, sender: Sender, errand: Errand, job: ReadJob, pace: Pace) -> None:
        self._sender = sender
        self._errand = errand
        self._limit = job.connector.rate_limit_config
        self._limits = job.request.limits
        self._pace = pace
        self._under_way: list[_UnderWay] = []
        self._filling: asyncio.Task[None] | None = None
        self._is_ending = False
        self._current: Asked | None = None
        self._failed = 0.0  # when a failure was last told
        self._steady = _Steady()
        self._expect = job.expect
        self._place: str | None = None  # of the records, where answers are taken as they come

    async def answer(self, asked: Asked, attempt: int, most: int = MOST_BYTES) -> OutResponse:
        """The answer to `asked`, perhaps asked for long ago, of `most` bytes; raises what sending raises."""
        if not self._under_way:
            await self._filled()
        if self._under_way and asked not in (self._under_way[0].asked, self._current):
            self._steady.missed()
            await self.drop()
        self._current = asked
        try:
            response = await self._early(asked)
            if response is None:
                return await self._timed(asked, attempt, most)
        except SourceError:
            self._failed = monotonic()
            raise
        await self._sender.take_turn(self._errand.run, response)
        return response

    async def _early(self, asked: Asked) -> OutResponse | None:
        """None where nobody asked early, where it had no room beside others, or failed with a whole crowd."""
        if not self._under_way or self._under_way[0].asked != asked:
            return None
        first = self._under_way.pop(0)
        try:
            return await first.answer
        except SourceError as error:
            if error.kind == "too_large" or (error.retryable and first.sent < self._failed):
                return None
            raise
        finally:
            self._tell(first)

    async def _timed(
        self, asked: Asked, attempt: int, most: int, early: list[RequestLogEntry] | None = None
    ) -> OutResponse:
        started = monotonic()
        try:
            response = await self._sender.send(self._errand, asked, attempt=attempt, most=most, early=early)
        except SourceError as error:
            if error.kind in _CROWDED:
                self._pace.crowded()
            raise
        seconds = response.elapsed_ms / 1000 if early is None else monotonic() - started
        self._pace.answered(seconds, remaining(response.headers))
        if early is not None and self._expect is not None and self._place is not None:
            self._expect(response.body, self._place)
        return response

    async def remains(self, asked: Asked, seconds: float) -> bool:
        """Ask for nothing early from now on; whether `asked` was, and is answered within so many seconds."""
        self._is_ending = True
        if not self._under_way or self._under_way[0].asked != asked:
            return False
        return bool((await asyncio.wait({self._under_way[0].answer}, timeout=seconds))[0])

    def begin(self, state: State, page: Page, style: Style) -> None:
        """Ask for what follows `page`, as far as that is worth it; `page` has not been taken in yet."""
        idle = self._is_ending or self._is_filling() or self._limits.max_requests is not None
        if idle or page.ended is not None:
            return
        self._place = page.record_path if page.record_path == page.place.path else None
        width = self._pace.width(self._limit)
        if width <= 0:
            return
        wanted = list(self._following(state, page, style, width))
        if wanted and len(wanted) >= width // 4:  # one visit to the rate window for several
            self._filling = asyncio.create_task(self._fill(wanted))

    def _following(self, state: State, page: Page, style: Style, width: int) -> Iterator[Asked]:
        """The requests after those that are under way."""
        count = state.progress.last
        scene = Scene(
            state.base, state.asked, page, count, state.progress.after(count), promise=state.promise
        )
        if not isinstance(style, OffsetStyle | PageNumberStyle):
            if self._within_limits(scene) > 0 and not self._under_way:
                yield from _linked(style, scene)
            return
        if not count or (isinstance(style, OffsetStyle) and not self._steady.holds(count)):
            return
        left = style.left(scene)
        if left is None:
            left = scene.progress.pages // _BLIND if self._limit.requests_per_minute >= PLENTY else 0
        for steps in range(len(self._under_way) + 1, min(width, left, self._within_limits(scene)) + 1):
            yield style.ahead(scene, steps)

    def _within_limits(self, scene: Scene) -> int:
        """Pages that the run's own limits let through after this one."""
        pages, rows = self._limits.max_pages, self._limits.max_rows
        by_pages = MOST if pages is None else pages - scene.progress.pages
        if rows is None:
            return by_pages
        left = rows - scene.progress.rows
        return min(by_pages, -(-left // scene.count) if scene.count else 0)

    async def _fill(self, wanted: list[Asked]) -> None:
        with suppress(PartUnavailableError):  # the page that is waited for will say so
            permits = await self._sender.permits(self._errand, len(wanted))
            for asked in () if self._is_ending else wanted[:permits]:
                log: list[RequestLogEntry] = []
                task = asyncio.create_task(self._timed(asked, 1, self._pace.room, log))
                self._under_way.append(_UnderWay(asked, task, log, monotonic()))

    def _is_filling(self) -> bool:
        return self._filling is not None and not self._filling.done()

    async def _filled(self) -> None:
        filling, self._filling = self._filling, None
        if filling is not None:
            await filling

    def _tell(self, sent: _UnderWay) -> None:
        for entry in sent.log:
            self._errand.tell(entry)

    async def drop(self) -> None:
        """Throw away what is under way; it was sent, and so it is in the log."""
        await self._filled()
        dropped, self._under_way = self._under_way, []
        for sent in dropped:
            sent.answer.cancel()
        await asyncio.gather(*(sent.answer for sent in dropped), return_exceptions=True)
        for sent in dropped:
            self._tell(sent)


class _Steady:
    """Whether the next offset can be told in advance: pages hold as many records as the ones before."""

    def __init__(self) -> None:
        self._count = 0
        self._alike = 0
        self._enough = 1

    def holds(self, count: int) -> bool:
        self._alike = self._alike + 1 if count == self._count else 1
        self._count = count
        return self._alike >= self._enough

    def missed(self) -> None:
        """It was told wrong: next time twice as many pages have to agree."""
        self._enough *= 2


def _linked(style: Style, scene: Scene) -> Iterator[Asked]:
    """The one request that the page itself names."""
    try:
        step = style.after(scene)
    except (InvalidInputError, SourceError):
        return
    if isinstance(step, Asked) and step.digest() != scene.sent.digest():
        yield step
