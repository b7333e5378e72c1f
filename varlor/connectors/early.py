"""First pages of the children to come, asked for while the present one is taken in.

Most children have one page, so that asking for them one after the other would wait for the API each time.
What was asked for in vain (the chunk ended) is thrown away, so it is done only where requests are plenty.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from varlor.connectors.ahead import PLENTY
from varlor.connectors.pace import Pace
from varlor.connectors.rest import RestReader
from varlor.contracts.fetch import Limits
from varlor.contracts.for_each import ParentValue
from varlor.errors import InvalidInputError, SourceError
from varlor.ports import Cursor, PageResponse, ReadJob


@dataclass(frozen=True, slots=True)
class Asked:
    """One child, begun: its reader, where it was asked, and the answer to come."""

    reader: RestReader
    at: Cursor
    page: "asyncio.Task[PageResponse]"

    async def answer(self) -> PageResponse:
        """Asked for again where more came than there is room for beside others."""
        try:
            return await self.page
        except SourceError as error:
            if error.kind != "too_large":
                raise
        return await self.reader.fetch(self.at, attempt=1)


@dataclass(slots=True)
class Early:
    """`begin` says with which reader, and where, a parent's child begins; all of them keep `pace`."""

    job: ReadJob
    pace: Pace
    begin: Callable[[ParentValue], tuple[RestReader, Cursor]]
    _is_ending: bool = False
    _asked: dict[ParentValue, Asked] = field(default_factory=dict[ParentValue, Asked])

    @property
    def width(self) -> int:
        """How many children may be under way; 0 where what is asked for in vain would be missed."""
        limit = self.job.connector.rate_limit_config
        scarce = limit.requests_per_minute < PLENTY or self.job.request.limits != Limits()
        return 0 if scarce or self._is_ending else self.pace.width(limit)

    async def remains(self, value: ParentValue, seconds: float) -> bool:
        """Ask for nothing more; whether this child was asked for, and is answered within so many seconds."""
        self._is_ending = True
        asked = self._asked.get(value)
        return asked is not None and bool((await asyncio.wait({asked.page}, timeout=seconds))[0])

    def take(self, value: ParentValue) -> Asked | None:
        return self._asked.pop(value, None)

    def ask(self, values: Iterable[ParentValue]) -> None:
        width = self.width
        for value in values:
            if value in self._asked or len(self._asked) >= width:
                continue
            with suppress(InvalidInputError):  # the value makes no path: told when its turn comes
                reader, at = self.begin(value)
                self._asked[value] = Asked(
                    reader, at, asyncio.create_task(_fetched(reader, at, self.pace.room))
                )

    async def drop(self) -> None:
        """Throw away what nobody took."""
        left, self._asked = list(self._asked.values()), {}
        for each in left:
            each.page.cancel()
        await asyncio.gather(*(each.page for each in left), return_exceptions=True)
        for each in left:
            await each.reader.close()


async def _fetched(reader: RestReader, at: Cursor, most: int) -> PageResponse:
    return await reader.fetch(at, attempt=1, most=most)
