"""A client on the session's server, emptied before each test, and a look at every key's time to live."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from varlor.cache import connect


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(redis_url)
    await client.flushall()
    yield client
    forever = [key async for key in client.scan_iter() if await client.ttl(key) == -1]
    await client.aclose()
    assert forever == [], "every key must expire"
