"""Both bounds hold in every interval whatever the pace, and the wait that is told is exact: on moved time."""

import random
from collections.abc import AsyncIterator
from typing import cast

import pytest
from redis.asyncio import Redis

from tests.cache.window_kit import MINUTE, SECOND, MovableTime, assert_within, window_on
from varlor import names
from varlor.cache import RedisRateWindow
from varlor.contracts.connector import RateLimitConfig

START = 1_800_000_000 * SECOND


@pytest.fixture
async def moved(redis: Redis, redis_url: str) -> AsyncIterator[MovableTime]:
    client = cast("MovableTime", MovableTime.from_url(redis_url))
    await client.set_time(START)
    yield client
    await client.aclose()


@pytest.fixture
def window(moved: MovableTime) -> RedisRateWindow:
    return window_on(moved)


@pytest.mark.parametrize("seed", range(6))
async def test_no_interval_ever_holds_more_than_its_limit(
    seed: int, moved: MovableTime, window: RedisRateWindow
) -> None:
    dice = random.Random(seed)
    now, stamps = START, list[int]()
    per_minute, burst = dice.choice([(1, 1), (5, 2), (30, 40), (120, 5), (200, 50)])
    limit = RateLimitConfig(requests_per_minute=per_minute, burst_limit=burst)
    for _ in range(1200):
        await moved.set_time(now)
        wait = await window.acquire("t", "c", limit)
        if wait == 0.0:
            stamps.append(now)
        pauses = [0, 1, 999_999, 1_000_000, 59_999_999, int(wait * SECOND), dice.randrange(3 * SECOND)]
        now += dice.choices(pauses, weights=[8, 4, 1, 1, 0.05, 3, 1])[0]
    assert len(stamps) > per_minute
    assert_within(stamps, per_minute, MINUTE)
    assert_within(stamps, burst, SECOND)


@pytest.mark.parametrize(("per_minute", "burst"), [(1, 1), (7, 3), (3, 10), (60, 10)])
async def test_the_wait_is_enough_and_not_a_microsecond_longer(
    per_minute: int, burst: int, moved: MovableTime, window: RedisRateWindow
) -> None:
    limit = RateLimitConfig(requests_per_minute=per_minute, burst_limit=burst)
    now, granted = START, 0
    while granted < 3 * per_minute:
        await moved.set_time(now)
        wait = round(await window.acquire("t", "c", limit) * SECOND)
        if wait == 0:
            granted += 1
            continue
        await moved.set_time(now + wait - 1)
        assert await window.acquire("t", "c", limit) > 0.0
        now += wait
    assert now - START < 3 * MINUTE


async def test_a_changed_limit_counts_what_was_sent_under_the_old_one(
    moved: MovableTime, window: RedisRateWindow
) -> None:
    wide = RateLimitConfig(requests_per_minute=20, burst_limit=20)
    for _ in range(20):
        assert await window.acquire("t", "c", wide) == 0.0
    narrow = RateLimitConfig(requests_per_minute=5, burst_limit=5)
    assert await window.acquire("t", "c", narrow) == pytest.approx(60, abs=0.001)
    wider = RateLimitConfig(requests_per_minute=21, burst_limit=100)
    assert await window.acquire("t", "c", wider) == 0.0
    assert await window.acquire("t", "c", wider) == pytest.approx(60, abs=0.001)


async def test_a_clock_that_steps_back_a_little_stands_still(
    moved: MovableTime, window: RedisRateWindow
) -> None:
    limit = RateLimitConfig(requests_per_minute=60, burst_limit=2)
    assert await window.acquire("t", "c", limit) == 0.0
    await moved.set_time(START - SECOND // 2)
    assert await window.acquire("t", "c", limit) == 0.0
    assert await window.acquire("t", "c", limit) == pytest.approx(1.0, abs=0.001)


async def test_a_clock_that_steps_far_back_counts_as_a_full_minute(
    moved: MovableTime, window: RedisRateWindow
) -> None:
    limit = RateLimitConfig(requests_per_minute=60, burst_limit=10)
    assert await window.acquire("t", "c", limit) == 0.0
    await moved.set_time(START - 7200 * SECOND)
    assert await window.acquire("t", "c", limit) == pytest.approx(60, abs=0.001)
    await moved.set_time(START - 7140 * SECOND)
    assert await window.acquire("t", "c", limit) == 0.0


async def test_a_clock_that_steps_back_ends_no_silence_and_makes_none_of_hours(
    moved: MovableTime, window: RedisRateWindow
) -> None:
    limit = RateLimitConfig(requests_per_minute=60, burst_limit=10)
    assert await window.acquire("t", "c", limit) == 0.0
    await window.block("t", "c", 1800)
    await moved.set_time(START - 60 * SECOND)
    assert await window.acquire("t", "c", limit) == pytest.approx(1860, abs=0.001)
    await moved.set_time(START - 7200 * SECOND)
    assert await window.acquire("t", "c", limit) == 3600


async def test_usage_counts_the_last_minute_and_the_last_second(
    moved: MovableTime, window: RedisRateWindow
) -> None:
    limit = RateLimitConfig(requests_per_minute=100, burst_limit=100)
    for age in (61, 60, 59, 30, 1, 0):
        await moved.set_time(START - age * SECOND)
        assert await window.acquire("t", "c", limit) == 0.0
    await moved.set_time(START)
    usage = await window.usage("t", "c", limit)
    assert (usage.last_minute, usage.last_second, usage.blocked_for) == (5, 2, 0.0)
    assert usage.limit == limit


async def test_a_window_of_the_largest_limit_stays_small(redis: Redis, moved: MovableTime) -> None:
    limit = RateLimitConfig(requests_per_minute=100_000, burst_limit=10_000)
    key = names.rate_key("t", "c")
    stamps = [START - MINUTE // 2 + i for i in range(99_999)]
    await redis.rpush(key, *stamps)
    await redis.expire(key, 61)
    window = window_on(moved)
    assert await window.acquire("t", "c", limit) == 0.0
    assert await window.acquire("t", "c", limit) == pytest.approx(30, abs=0.001)
    assert (await redis.memory_usage(key) or 0) < 1_500_000
