"""The connector's sliding window, shared by every worker and exact on Redis' own clock."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Final, cast

from redis.asyncio import Redis

from varlor import names
from varlor.cache.client import redis_failures
from varlor.contracts.connector import RateLimitConfig
from varlor.errors import PartUnavailableError
from varlor.ports import Clock, RateUsage

ActiveSince = Callable[[str, str, datetime, datetime], Awaitable[bool]]
"""Asks the database: may (tenant, connector) have sent requests since the first time, by runs begun before
the second?"""

MAX_BLOCK_SECONDS: Final = 3600.0
MEMORY_TTL: Final = timedelta(days=30)
_PERIOD: Final = timedelta(seconds=60)
_UNKNOWN: Final = 2
_MICROS: Final = 1_000_000


class RedisRateWindow:
    """ports.RateWindow: at most n requests in any 60 s and m in any one second, one round trip each.

    When Redis has lost its memory, `active_since` is asked once per connector, and where requests may
    have been sent that Redis does not know of, the window counts as full until they are a minute old.
    """

    def __init__(self, redis: Redis, active_since: ActiveSince, clock: Clock) -> None:
        self._redis = redis
        self._active_since = active_since
        self._clock = clock
        scripts = files("varlor.cache")
        self._acquire = redis.register_script(scripts.joinpath("acquire.lua").read_text())
        self._block = redis.register_script(scripts.joinpath("block.lua").read_text())
        self._usage = redis.register_script(scripts.joinpath("usage.lua").read_text())

    async def begin(self) -> None:
        """Tell a Redis without memory that it knows of every request from now on.

        Called when a process starts, before a run can: on a new Redis, a run begun later need not wait
        a minute for requests that nobody sent. With Redis away nothing happens, and that run waits.
        """
        with suppress(PartUnavailableError), redis_failures():
            seconds, micros = await self._redis.time()
            now = seconds * _MICROS + micros
            await self._redis.set(names.RATE_EPOCH_KEY, now, ex=MEMORY_TTL, nx=True)

    async def acquire(
        self, tenant: str, connector: str, limit: RateLimitConfig, *, run: str | None = None
    ) -> float:
        """Take one request: 0.0 when granted, else the seconds until asking again can help."""
        state, micros, _ = await self._ask(tenant, connector, limit, run, vouched=False)
        if state == _UNKNOWN:
            since = self._clock.now() - _PERIOD
            known_from = since + timedelta(microseconds=micros)
            if await self._active_since(tenant, connector, since, known_from):
                await self.block(tenant, connector, micros / _MICROS)
            else:
                _, micros, _ = await self._ask(tenant, connector, limit, run, vouched=True)
        return micros / _MICROS

    async def acquire_now(
        self, tenant: str, connector: str, limit: RateLimitConfig, most: int, *, run: str | None = None
    ) -> int:
        _, _, granted = await self._ask(tenant, connector, limit, run, vouched=False, most=most)
        return granted

    async def block(self, tenant: str, connector: str, seconds: float) -> None:
        """Nobody sends for that long, at most an hour; a longer silence that already holds is kept."""
        micros = int(min(seconds, MAX_BLOCK_SECONDS) * _MICROS)
        if micros > 0:
            with redis_failures():
                await self._block(keys=[names.rate_block_key(tenant, connector)], args=[micros])

    async def set_run_rate(self, tenant: str, run: str, requests_per_minute: int | None) -> None:
        key = names.run_rate_key(tenant, run)
        with redis_failures():
            if requests_per_minute is None:
                await self._redis.delete(key)
            else:
                await self._redis.set(key, requests_per_minute, ex=MEMORY_TTL)

    async def usage(self, tenant: str, connector: str, limit: RateLimitConfig) -> RateUsage:
        keys = [names.rate_key(tenant, connector), names.rate_block_key(tenant, connector)]
        with redis_failures():
            minute, second, silent = cast("list[int]", await self._usage(keys=keys))
        return RateUsage(minute, second, limit, silent / _MICROS)

    async def _ask(
        self,
        tenant: str,
        connector: str,
        limit: RateLimitConfig,
        run: str | None,
        *,
        vouched: bool,
        most: int = 1,
    ) -> tuple[int, int, int]:
        """Answer the script's verdict, its microseconds, and how many requests it granted."""
        keys = [
            names.rate_key(tenant, connector),
            names.rate_block_key(tenant, connector),
            names.RATE_EPOCH_KEY,
            names.run_rate_key(tenant, run or ""),
            names.run_window_key(tenant, run or ""),
        ]
        args = [limit.requests_per_minute, limit.burst_limit, int(vouched), int(run is not None), most]
        with redis_failures():
            state, micros, granted = cast("list[int]", await self._acquire(keys=keys, args=args))
        return state, micros, granted
