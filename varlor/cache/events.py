"""A tenant's live events as a Redis stream, and the live numbers of running syncs."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, cast

import orjson
from pydantic import ValidationError
from redis.asyncio import Redis

from varlor import names
from varlor.cache.client import patiently, read, redis_failures
from varlor.cache.news import News
from varlor.contracts.run import Counters, Event, ProgressPoint
from varlor.errors import FieldProblem, InvalidInputError

KEPT_EVENTS: Final = 10_000
KEPT_FOR: Final = timedelta(days=1)
KEPT_POINTS: Final = 10_000  # a run's, added at most twice a second
_DRAWN: Final = ("rows", "requests", "retries")
_BATCH: Final = 100
_ID: Final = re.compile(r"([0-9]{1,20})-([0-9]{1,20})", re.ASCII)
_U64: Final = 2**64

StreamId = tuple[int, int]


class RedisEvents:
    """ports.Events. What Redis loses is only what somebody might have watched."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._news = News(redis)

    async def publish(self, tenant: str, type_: str, data: Mapping[str, object]) -> None:
        key = names.events_key(tenant)
        fields: dict[Any, Any] = {"type": type_, "data": orjson.dumps(dict(data))}
        with redis_failures():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.xadd(key, fields, maxlen=KEPT_EVENTS, approximate=True)
                pipe.expire(key, KEPT_FOR)
                await pipe.execute()

    def subscribe(self, tenant: str, last_event_id: str | None) -> AsyncIterator[Event]:
        """Yield what follows `last_event_id`, or what is new from the first step on when it is None.

        Outlives a restart of Redis; ends when it is closed or canceled. Raises InvalidInputError at once
        for an id that no event can have.
        """
        return self._follow(names.events_key(tenant), _parse(last_event_id))

    async def set_progress(self, tenant: str, run: str, counters: Counters) -> None:
        key = names.series_key(tenant, run)
        fields: dict[Any, Any] = {name: getattr(counters, name) for name in _DRAWN}
        with redis_failures():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.set(names.progress_key(tenant, run), counters.model_dump_json(), ex=KEPT_FOR)
                pipe.xadd(key, fields, maxlen=KEPT_POINTS, approximate=True)
                pipe.expire(key, KEPT_FOR)
                await pipe.execute()

    async def series(self, tenant: str, run: str) -> Sequence[ProgressPoint]:
        """Read all points; the stream's own ids say when each was added."""
        with redis_failures():
            entries: Any = await self._redis.xrange(names.series_key(tenant, run))
        return [
            ProgressPoint(
                time=datetime.fromtimestamp(int(id_.partition(b"-")[0]) / 1000, UTC),
                **{name: int(fields[name.encode()]) for name in _DRAWN},
            )
            for id_, fields in entries
        ]

    async def progress(self, tenant: str, run: str) -> Counters | None:
        found = await read(self._redis, names.progress_key(tenant, run))
        with suppress(ValidationError):
            return Counters.model_validate_json(found) if found is not None else None
        return None

    async def _follow(self, key: str, after: StreamId | None) -> AsyncIterator[Event]:
        position = await patiently(partial(self._start, key, after))
        with self._news.watch(key, position) as grown:
            while True:
                grown.clear()
                entries = await patiently(partial(self._read, key, position))
                for id_, fields in entries:
                    position = id_.decode()
                    yield Event(
                        id=position, type=fields[b"type"].decode(), data=orjson.loads(fields[b"data"])
                    )
                if not entries:
                    await grown.wait()

    async def _start(self, key: str, after: StreamId | None) -> str:
        """The end of the stream, or `after` when that is not beyond it (a stream may have been lost)."""
        newest: Any = await self._redis.xrevrange(key, count=1)
        end = _parse(newest[0][0].decode()) if newest else None
        start = min(after or end or (0, 0), end or (0, 0))
        return f"{start[0]}-{start[1]}"

    async def _read(self, key: str, after: str) -> list[tuple[bytes, dict[bytes, bytes]]]:
        answer: Any = await self._redis.xread({key: after}, count=_BATCH)
        return cast("list[tuple[bytes, dict[bytes, bytes]]]", answer[0][1]) if answer else []


def _parse(text: str | None) -> StreamId | None:
    if text is None:
        return None
    match = _ID.fullmatch(text)
    parts = (int(match[1]), int(match[2])) if match else (_U64, _U64)
    if max(parts) >= _U64:
        problem = FieldProblem("/Last-Event-ID", "Send back an id that an event had, or none.")
        raise InvalidInputError("The last event id is not one of ours.", problem)
    return parts
