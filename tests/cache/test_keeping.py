"""Drafts open only in their own place and only for a minute; discovery answers come back as they were."""

from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from varlor import names
from varlor.cache import RedisDiscoveryCache, RedisDrafts
from varlor.contracts.check import Discovery, Endpoint
from varlor.crypto import EncryptionService, Keyring, new_master_key
from varlor.errors import SealError

CANARY = b"canary-secret-7f3a"


@pytest.fixture
def drafts(redis: Redis) -> RedisDrafts:
    return RedisDrafts(redis, EncryptionService(Keyring.parse(new_master_key())))


async def test_a_draft_comes_back_and_is_sealed_meanwhile(redis: Redis, drafts: RedisDrafts) -> None:
    await drafts.put("t", "n", "request", CANARY)
    await drafts.put("t", "n", "result", b"\x00rows")
    assert await drafts.get("t", "n", "request") == CANARY
    assert await drafts.get("t", "n", "result") == b"\x00rows"
    keys = [key async for key in redis.scan_iter()]
    assert len(keys) == 2
    for key in keys:
        assert CANARY not in (await redis.dump(key) or b"")
        assert 0 < await redis.ttl(key) <= 60


async def test_a_draft_is_nobody_elses(drafts: RedisDrafts) -> None:
    await drafts.put("t", "n", "request", CANARY)
    for place in (("u", "n", "request"), ("t", "m", "request"), ("t", "n", "result")):
        assert await drafts.get(*place) is None


@pytest.mark.parametrize("place", [("u", "n", "request"), ("t", "m", "request"), ("t", "n", "result")])
async def test_a_draft_moved_to_another_place_does_not_open(
    redis: Redis, drafts: RedisDrafts, place: tuple[str, str, str]
) -> None:
    await drafts.put("t", "n", "request", CANARY)
    await redis.rename(names.draft_part_key("t", "n", "request"), names.draft_part_key(*place))
    with pytest.raises(SealError):
        await drafts.get(*place)


def discovery(endpoints: int) -> Discovery:
    now = datetime.now(UTC)
    return Discovery(
        source="openapi",
        document_url="https://api.example/openapi.json",
        fetched_at=now,
        expires_at=now + timedelta(hours=1),
        endpoints=[
            Endpoint(id=f"GET /things/{n}", method="GET", path=f"/things/{n}", summary="Dinge ✓")
            for n in range(endpoints)
        ],
    )


async def test_a_discovery_comes_back_small_and_for_an_hour(redis: Redis) -> None:
    cache, found = RedisDiscoveryCache(redis), discovery(2000)
    await cache.put("t", "c", found)
    assert await cache.get("t", "c") == found
    assert await cache.get("u", "c") is None
    key = names.discovery_key("t", "c")
    assert await redis.strlen(key) < len(found.model_dump_json()) / 5
    assert 3590 < await redis.ttl(key) <= 3600
    await cache.drop("t", "c")
    assert await cache.get("t", "c") is None


@pytest.mark.parametrize("stored", [b"", b"not compressed", b"x\x9c\x03\x00\x00\x00\x00\x01"])
async def test_what_another_version_stored_is_a_miss(redis: Redis, stored: bytes) -> None:
    await redis.set(names.discovery_key("t", "c"), stored, ex=60)
    assert await RedisDiscoveryCache(redis).get("t", "c") is None
