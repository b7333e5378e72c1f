"""Tells the engine that events have come, seldom enough for a burst; the worker makes up for a lost word."""

import asyncio
from contextlib import suppress
from typing import Final

from varlor.errors import PartUnavailableError
from varlor.ports import Drains

PAUSE_SECONDS: Final = 2.0  # between two words for one inbox


class Wakes:
    """One task per inbox that has news; after the last event it speaks once more."""

    def __init__(self, drains: Drains) -> None:
        self._drains = drains
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._news: set[tuple[str, str]] = set()

    def note(self, tenant: str, connector: str) -> None:
        """An event of this inbox is durable."""
        key = (tenant, connector)
        self._news.add(key)
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._speak(key))

    async def _speak(self, key: tuple[str, str]) -> None:
        try:
            while key in self._news:
                self._news.discard(key)
                with suppress(PartUnavailableError):
                    await self._drains.wake(*key)
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            del self._tasks[key]
