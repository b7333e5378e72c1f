"""What the tests of the rate window share: a database that answers as told, and a clock one can move."""

from datetime import UTC, datetime

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.typing import ScriptTextT

from varlor.cache import RedisRateWindow

SECOND = 1_000_000
MINUTE = 60 * SECOND
_NOW_KEY = "test:now"
_TIME = "redis.call('TIME')"


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Database:
    """Answers `active` to every question and remembers what was asked."""

    def __init__(self, *, active: bool = False) -> None:
        self.active = active
        self.questions: list[tuple[str, str, datetime, datetime]] = []

    async def active_since(self, tenant: str, connector: str, since: datetime, before: datetime) -> bool:
        self.questions.append((tenant, connector, since, before))
        return self.active


def window_on(redis: Redis, database: Database | None = None) -> RedisRateWindow:
    return RedisRateWindow(redis, (database or Database()).active_since, SystemClock())


class MovableTime(Redis):
    """A client whose scripts read the time, in microseconds, from a key that the test sets."""

    def register_script(self, script: ScriptTextT) -> AsyncScript:
        text = str(script)
        assert text.count(_TIME) == 1
        moved = f"redis.call('GET', '{_NOW_KEY}')"
        return super().register_script(text.replace(_TIME, f"{{0, {moved}}}"))

    async def set_time(self, micros: int) -> None:
        await self.set(_NOW_KEY, micros, ex=600)


def assert_within(stamps: list[int], limit: int, period: int) -> None:
    """No interval of `period` microseconds holds more than `limit` of the sorted stamps."""
    for early, late in zip(stamps, stamps[limit:], strict=False):
        assert late - early > period, f"{limit + 1} requests within {late - early} µs"
