"""A client on a server of these tests, emptied before each test, and a look at every key's time to live."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from varlor.cache import connect


@pytest.fixture(scope="session")
def redis_url(flushed_redis_url: str) -> str:
    return flushed_redis_url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(redis_url)
    await client.flushall()
    yield client
    forever = [key async for key in client.scan_iter() if await client.ttl(key) == -1]
    await client.aclose()
    assert forever == [], "every key must expire"
