"""What Redis keeps of a sign-in: it opens nothing by itself, and all of it ends."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from tests.auth.conftest import MovableClock
from varlor.auth.sessions import SESSION_LIFE, RedisSessions
from varlor.errors import UnauthenticatedError
from varlor.ports import Identity


def ada(clock: MovableClock) -> Identity:
    return Identity("ada", "acme", frozenset({"admin"}), clock.now() + timedelta(minutes=5))


async def test_what_redis_holds_opens_no_session(redis: Redis, clock: MovableClock) -> None:
    token, _ = await RedisSessions(redis, clock).open(ada(clock))
    (key,) = [key.decode() async for key in redis.scan_iter()]
    assert token not in key
    assert token not in str(await redis.get(key))


async def test_a_session_ends_by_redis_and_by_our_clock(redis: Redis, clock: MovableClock) -> None:
    sessions = RedisSessions(redis, clock)
    token, identity = await sessions.open(ada(clock))
    assert identity.expires_at == clock.now() + SESSION_LIFE
    (key,) = [key async for key in redis.scan_iter()]
    assert 0 < await redis.ttl(key) <= SESSION_LIFE.total_seconds()
    clock.move(SESSION_LIFE.total_seconds() - 1)
    assert (await sessions.resolve(token)).subject == "ada"
    clock.move(1)
    with pytest.raises(UnauthenticatedError):
        await sessions.resolve(token)


async def test_a_sign_in_link_is_good_for_as_long_as_was_asked(redis: Redis, clock: MovableClock) -> None:
    await RedisSessions(redis, clock).invite(ada(clock))
    (key,) = [key async for key in redis.scan_iter()]
    assert 290 < await redis.ttl(key) <= 300
