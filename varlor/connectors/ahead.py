"""Asks for the next page while the last one is still being taken in, where it is plain which one that is.

Still one request at a time: it only begins before we have done with the page before. What was asked for
in vain (the chunk ended, a page was shorter than the ones before) is thrown away, so it is done only
where requests are plenty and the API's own total promises the page.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from varlor.connectors.http import OutResponse
from varlor.connectors.jsonpaths import path
from varlor.connectors.page import Page
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.state import State
from varlor.connectors.pagination.step import Scene, Style, whole
from varlor.contracts.fetch import Limits
from varlor.contracts.pagination import Offset, PageNumber
from varlor.ports import ReadJob

PLENTY: Final = 600  # requests a minute; a chunk wastes one at most


class Ahead:
    """At most one request under way."""

    def __init__(self, send: Callable[[Asked], Awaitable[OutResponse]], job: ReadJob) -> None:
        self._send = send
        self._allowed = (
            job.connector.rate_limit_config.requests_per_minute >= PLENTY and job.request.limits == Limits()
        )
        self._asked: Asked | None = None
        self._answer: asyncio.Task[OutResponse] | None = None

    def begin(self, state: State, page: Page, style: Style) -> None:
        """Ask for what follows `page`, if it will surely be wanted."""
        following = _following(state, page, style) if self._allowed else None
        if following is not None:
            self._asked = following
            self._answer = asyncio.create_task(self._ask(following))

    async def _ask(self, asked: Asked) -> OutResponse:
        return await self._send(asked)

    async def take(self, asked: Asked) -> OutResponse | None:
        """The answer to `asked`, or None if nobody asked yet; raises what sending raises."""
        if self._asked != asked:
            await self.drop()
        answer, self._answer, self._asked = self._answer, None, None
        return None if answer is None else await answer

    async def drop(self) -> None:
        answer, self._answer, self._asked = self._answer, None, None
        if answer is not None:
            answer.cancel()
            await asyncio.gather(answer, return_exceptions=True)


def _following(state: State, page: Page, style: Style) -> Asked | None:
    """The next request, supposing that this page holds as many records as the one before."""
    config, count = state.config, state.progress.last
    if not isinstance(config, Offset | PageNumber) or not config.total_path or not count or page.ended:
        return None
    where = path(config.total_path)
    total = whole(where.one(page.around(where)))
    if total is None or total <= state.progress.rows + count:
        return None
    step = style.after(Scene(state.base, state.asked, page, count, state.progress.after(count)))
    return step if isinstance(step, Asked) else None
