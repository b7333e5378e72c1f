"""Redis: rate windows, live events, drafts, discovery answers. What may be lost."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from varlor.contracts.check import Discovery
from varlor.contracts.connector import (
    RateLimitConfig,
)
from varlor.contracts.run import (
    Counters,
    Event,
    ProgressPoint,
)


@dataclass(frozen=True, slots=True)
class RateUsage:
    """How much of the window is used: requests in the last 60 s and in the last second."""

    last_minute: int
    last_second: int
    limit: RateLimitConfig
    blocked_for: float


class RateWindow(Protocol):
    """The connector's sliding window, shared by all workers; PartUnavailableError when Redis is away."""

    async def acquire(
        self, tenant: str, connector: str, limit: RateLimitConfig, *, run: str | None = None
    ) -> float:
        """Take one request: 0.0 when granted, else the seconds until asking again can help.

        `run` also obeys that run's own lower rate, set with `set_run_rate` and read afresh each time.
        """
        ...

    async def acquire_now(
        self, tenant: str, connector: str, limit: RateLimitConfig, most: int, *, run: str | None = None
    ) -> int:
        """Take up to `most` requests, as many as may leave at once; 0 when none may. Never waits."""
        ...

    async def block(self, tenant: str, connector: str, seconds: float) -> None:
        """The API asked for silence: nobody sends for that long (clamped to an hour)."""
        ...

    async def set_run_rate(self, tenant: str, run: str, requests_per_minute: int | None) -> None: ...
    async def usage(self, tenant: str, connector: str, limit: RateLimitConfig) -> RateUsage: ...


class Events(Protocol):
    """The tenant's live events, and the live numbers of running syncs. Losing them loses nothing."""

    async def publish(self, tenant: str, type_: str, data: Mapping[str, object]) -> None: ...
    def subscribe(self, tenant: str, last_event_id: str | None) -> AsyncIterator[Event]: ...
    async def set_progress(self, tenant: str, run: str, counters: Counters) -> None: ...
    async def progress(self, tenant: str, run: str) -> Counters | None: ...
    async def series(self, tenant: str, run: str) -> Sequence[ProgressPoint]:
        """The progress over time, oldest first, as far back as it is kept."""
        ...


class Drafts(Protocol):
    """Sealed, short-lived values: a test's unsaved connector and its sample (≤ 60 s)."""

    async def put(self, tenant: str, nonce: str, part: str, value: bytes) -> None: ...
    async def get(self, tenant: str, nonce: str, part: str) -> bytes | None: ...


class DiscoveryCache(Protocol):
    """Discovery answers for 1 h."""

    async def put(self, tenant: str, connector: str, discovery: Discovery) -> None: ...
    async def get(self, tenant: str, connector: str) -> Discovery | None: ...
    async def drop(self, tenant: str, connector: str) -> None: ...


class RouteLimit(Protocol):
    """How often a route may be called, over all API processes."""

    async def take(self, bucket: str, caller: str, *, most: int, seconds: int) -> float:
        """Count one call: 0.0 when at most `most` came in this window, else the seconds until the next."""
        ...
