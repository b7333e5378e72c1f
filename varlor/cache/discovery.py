"""What an API says about itself, kept for an hour so that asking is cheap for both sides."""

import asyncio
import zlib
from typing import Final

from pydantic import ValidationError
from redis.asyncio import Redis

from varlor import names
from varlor.cache.client import read, redis_failures
from varlor.contracts.check import Discovery

DISCOVERY_SECONDS: Final = 3600


class RedisDiscoveryCache:
    """ports.DiscoveryCache: compressed JSON. Large documents have megabytes, so threads do the packing."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, tenant: str, connector: str, discovery: Discovery) -> None:
        packed = await asyncio.to_thread(_pack, discovery)
        with redis_failures():
            await self._redis.set(names.discovery_key(tenant, connector), packed, ex=DISCOVERY_SECONDS)

    async def get(self, tenant: str, connector: str) -> Discovery | None:
        """The discovery as it was put; None when it expired or another version of this program wrote it."""
        packed = await read(self._redis, names.discovery_key(tenant, connector))
        if packed is None:
            return None
        return await asyncio.to_thread(_unpack, packed)

    async def drop(self, tenant: str, connector: str) -> None:
        with redis_failures():
            await self._redis.delete(names.discovery_key(tenant, connector))


def _pack(discovery: Discovery) -> bytes:
    return zlib.compress(discovery.model_dump_json().encode())


def _unpack(packed: bytes) -> Discovery | None:
    try:
        return Discovery.model_validate_json(zlib.decompress(packed))
    except (zlib.error, ValidationError):
        return None
