import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from varlor import names
from varlor.cache import RedisOAuthAttempts, RedisTokenCache, RedisTokenStash, connect
from varlor.cache.client import read
from varlor.crypto import EncryptionService, Keyring, new_master_key
from varlor.errors import PartUnavailableError, SealError
from varlor.ports import AuthorizationAnswer, CachedToken, Grant, OAuthAttempt, StashedGrant

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ATTEMPT = OAuthAttempt(
    tenant_id="acme",
    connector_id="con",
    subject="ann",
    nonce="n",
    onboard_run="run",
    browser_hash="0" * 64,
    verifier="canary-verifier",
    redirect_uri="https://varlor.example.com/callback",
    token_url="https://id.example.com/token",
    return_to="/connectors/con",
    created_at=NOW,
)
ANSWER = AuthorizationAnswer(
    code="canary-code",
    verifier="canary-verifier",
    redirect_uri="https://varlor.example.com/callback",
    token_url="https://id.example.com/token",
)


class Noon:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def sealing() -> EncryptionService:
    return EncryptionService(Keyring.parse(new_master_key()))


@pytest.fixture
def tokens(redis: Redis, sealing: EncryptionService) -> RedisTokenCache:
    return RedisTokenCache(redis, sealing, Noon())


@pytest.fixture
def stash(redis: Redis, sealing: EncryptionService) -> RedisTokenStash:
    return RedisTokenStash(redis, sealing)


@pytest.fixture
def attempts(redis: Redis, sealing: EncryptionService) -> RedisOAuthAttempts:
    return RedisOAuthAttempts(redis, sealing)


def token(version: int, *, life: timedelta | None = HOUR) -> CachedToken:
    return CachedToken(f"canary-{version}", "Bearer", version, NOW + life if life is not None else None)


async def everything(redis: Redis) -> str:
    return str([(key, await redis.get(key)) async for key in redis.scan_iter()])


async def test_a_token_is_kept_as_long_as_it_lives(redis: Redis, tokens: RedisTokenCache) -> None:
    assert await tokens.get("acme", "con") is None
    await tokens.put("acme", "con", token(1))
    assert await tokens.get("acme", "con") == token(1)
    assert await redis.ttl(names.token_key("acme", "con")) in {3599, 3600}
    await tokens.put("acme", "endless", token(1, life=None))
    assert 0 < await redis.ttl(names.token_key("acme", "endless")) <= 300
    await tokens.put("acme", "over", token(1, life=-HOUR))
    assert await tokens.get("acme", "over") is None


async def test_a_late_writer_cannot_put_an_older_token_back(tokens: RedisTokenCache) -> None:
    await tokens.put("acme", "con", token(9))
    await tokens.put("acme", "con", token(8))
    assert await tokens.get("acme", "con") == token(9)
    await tokens.put("acme", "con", token(10))
    assert await tokens.get("acme", "con") == token(10)


async def test_a_dropped_token_stays_away_until_there_is_a_newer_one(tokens: RedisTokenCache) -> None:
    await tokens.put("acme", "con", token(3))
    await tokens.drop("acme", "con", version=2)  # meant for an older one
    assert await tokens.get("acme", "con") == token(3)
    await tokens.drop("acme", "con", version=3)
    assert await tokens.get("acme", "con") is None
    for straggler in (token(2), token(3)):
        await tokens.put("acme", "con", straggler)
        assert await tokens.get("acme", "con") is None
    await tokens.put("acme", "con", token(4))
    assert await tokens.get("acme", "con") == token(4)


async def test_what_does_not_open_here_is_as_good_as_none(redis: Redis, tokens: RedisTokenCache) -> None:
    await tokens.put("acme", "con", token(1))
    stolen = await read(redis, names.token_key("acme", "con")) or b""
    for place in (("other", "con"), ("acme", "other")):
        await redis.set(names.token_key(*place), stolen, ex=60)
        assert await tokens.get(*place) is None
    await redis.set(names.token_key("acme", "con"), stolen.replace(b"1:", b"2:", 1), ex=60)
    assert await tokens.get("acme", "con") is None
    other = RedisTokenCache(redis, EncryptionService(Keyring.parse(new_master_key("v2"))), Noon())
    await tokens.put("acme", "fresh", token(1))
    assert await other.get("acme", "fresh") is None


async def test_a_token_answer_waits_for_its_write(redis: Redis, stash: RedisTokenStash) -> None:
    grant = Grant("canary-a", "canary-r", "Bearer", ("read", "write"), NOW, None)
    assert await stash.get("acme", "con", "refresh") is None
    await stash.put("acme", "con", "refresh", StashedGrant(grant, 7))
    assert await stash.get("acme", "con", "refresh") == StashedGrant(grant, 7)
    assert await stash.get("acme", "con", "nonce") is None
    await stash.put("acme", "con", "nonce", StashedGrant(grant, 8, "whom"))
    assert await stash.get("acme", "con", "nonce") == StashedGrant(grant, 8, "whom")
    assert 0 < await redis.ttl(names.token_stash_key("acme", "con", "refresh")) <= 3600
    await stash.drop("acme", "con", "refresh")
    assert await stash.get("acme", "con", "refresh") is None
    moved = [names.token_stash_key("acme", "con", purpose) for purpose in ("nonce", "refresh")]
    await redis.rename(*moved)
    assert await stash.get("acme", "con", "refresh") is None


async def test_a_state_is_good_once(redis: Redis, attempts: RedisOAuthAttempts) -> None:
    await attempts.save("the-state", ATTEMPT)
    keys = [key async for key in redis.scan_iter()]
    assert [0 < await redis.ttl(key) <= 600 for key in keys] == [True]
    assert "the-state" not in str(keys)
    taken = await asyncio.gather(*(attempts.take("the-state") for _ in range(20)))
    assert [attempt for attempt in taken if attempt is not None] == [ATTEMPT]
    for state in ("the-state", "unknown", "", "\udc80"):
        assert await attempts.take(state) is None


async def test_an_attempt_moved_to_another_state_or_tenant_does_not_open(
    redis: Redis, attempts: RedisOAuthAttempts
) -> None:
    await attempts.save("mine", ATTEMPT)
    await attempts.save("theirs", ATTEMPT.model_copy(update={"tenant_id": "other"}))
    mine, theirs = [key async for key in redis.scan_iter()]
    values = [await read(redis, key) or b"" for key in (mine, theirs)]
    await redis.set(mine, values[1], ex=60)
    await redis.set(theirs, values[0].replace(b'"acme"', b'"evil"'), ex=60)
    assert await attempts.take("mine") is None
    assert await attempts.take("theirs") is None


async def test_a_code_is_there_as_often_as_a_retry_needs_it(
    redis: Redis, attempts: RedisOAuthAttempts
) -> None:
    assert await attempts.code("acme", "n") is None
    await attempts.put_code("acme", "n", ANSWER)
    assert [await attempts.code("acme", "n") for _ in range(2)] == [ANSWER, ANSWER]
    await redis.rename(names.oauth_code_key("acme", "n"), names.oauth_code_key("acme", "other"))
    with pytest.raises(SealError):
        await attempts.code("acme", "other")
    await attempts.drop_code("acme", "other")
    assert await attempts.code("acme", "other") is None


async def test_nothing_of_it_can_be_read_in_redis(
    redis: Redis, tokens: RedisTokenCache, stash: RedisTokenStash, attempts: RedisOAuthAttempts
) -> None:
    await tokens.put("acme", "con", token(1))
    await stash.put("acme", "con", "r", StashedGrant(Grant("canary-a", "canary-r", "", (), NOW, NOW), 1))
    await attempts.save("canary-state", ATTEMPT)
    await attempts.put_code("acme", "n", ANSWER)
    assert "canary" not in await everything(redis)
    assert "canary" not in repr(
        [token(1), ATTEMPT, ANSWER, StashedGrant(Grant("canary", None, "", (), NOW, None), 1)]
    )


async def test_redis_away_is_said(sealing: EncryptionService) -> None:
    away = connect("redis://127.0.0.1:1")
    for step in (
        RedisTokenCache(away, sealing, Noon()).get("t", "c"),
        RedisTokenCache(away, sealing, Noon()).put("t", "c", token(1)),
        RedisTokenStash(away, sealing).get("t", "c", "p"),
        RedisOAuthAttempts(away, sealing).take("s"),
    ):
        with pytest.raises(PartUnavailableError):
            await step
    await away.aclose()
