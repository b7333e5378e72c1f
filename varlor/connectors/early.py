"""First pages of the children to come, asked for while the present one is taken in.

Most children have one page, so that asking for them one after the other would wait for the API each time.
What was asked for in vain (the chunk ended) is thrown away, so it is done only where requests are plenty.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from varlor.connectors.ahead import PLENTY
from varlor.connectors.rest import RestReader
from varlor.contracts.fetch import Limits
from varlor.contracts.for_each import ParentValue
from varlor.errors import InvalidInputError
from varlor.ports import Cursor, PageResponse, ReadJob

WIDTH: Final = 8  # requests under way


@dataclass(frozen=True, slots=True)
class Asked:
    """One child, begun: its reader, where it was asked, and the answer to come."""

    reader: RestReader
    at: Cursor
    page: "asyncio.Task[PageResponse]"


@dataclass(slots=True)
class Early:
    """`begin` says with which reader, and where, a parent's child begins."""

    allowed: bool
    begin: Callable[[ParentValue], tuple[RestReader, Cursor]]
    _asked: dict[ParentValue, Asked] = field(default_factory=dict[ParentValue, Asked])

    @staticmethod
    def allows(job: ReadJob) -> bool:
        plenty = job.connector.rate_limit_config.requests_per_minute >= PLENTY
        return plenty and job.request.limits == Limits()

    def take(self, value: ParentValue) -> Asked | None:
        return self._asked.pop(value, None)

    def ask(self, values: Iterable[ParentValue]) -> None:
        for value in values if self.allowed else ():
            if value in self._asked or len(self._asked) >= WIDTH:
                continue
            with suppress(InvalidInputError):  # the value makes no path: told when its turn comes
                reader, at = self.begin(value)
                self._asked[value] = Asked(reader, at, asyncio.create_task(_fetched(reader, at)))

    async def drop(self) -> None:
        """Throw away what nobody took."""
        left, self._asked = list(self._asked.values()), {}
        for each in left:
            each.page.cancel()
        await asyncio.gather(*(each.page for each in left), return_exceptions=True)
        for each in left:
            await each.reader.close()


async def _fetched(reader: RestReader, at: Cursor) -> PageResponse:
    return await reader.fetch(at, attempt=1)
