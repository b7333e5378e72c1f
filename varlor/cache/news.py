"""One blocking read per process for all watched streams: a thousand watchers cost one connection."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from redis.asyncio import Redis

from varlor.cache.client import patiently

_BLOCK_MS: Final = 250  # how long a newly watched stream may wait to be listened to
_BATCH: Final = 1000


class News:
    """Wakes those who wait for a stream to grow; they read it themselves."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._seen: dict[str, str] = {}
        self._listener: asyncio.Task[None] | None = None

    @contextmanager
    def watch(self, key: str, position: str) -> Generator[asyncio.Event]:
        """An event that is set whenever the stream of `key` has grown beyond `position` or what it was."""
        wake = asyncio.Event()
        self._waiting.setdefault(key, set()).add(wake)
        self._seen.setdefault(key, position)
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        try:
            yield wake
        finally:
            self._leave(key, wake)

    def _leave(self, key: str, wake: asyncio.Event) -> None:
        self._waiting[key].discard(wake)
        if not self._waiting[key]:
            del self._waiting[key], self._seen[key]

    async def _listen(self) -> None:
        while self._waiting:
            for key, entries in await patiently(self._grown):
                if key in self._waiting:
                    self._seen[key] = entries[-1][0].decode()
                    for wake in self._waiting[key]:
                        wake.set()

    async def _grown(self) -> list[tuple[str, Any]]:
        streams: dict[Any, Any] = dict(self._seen)
        if not streams:
            return []
        answer: Any = await self._redis.xread(streams, count=_BATCH, block=_BLOCK_MS)
        return [(key.decode(), entries) for key, entries in answer or ()]
