"""Authorizations under way: a state is spent by one atomic take, and what it guards waits sealed."""

import hashlib
import json
from typing import Final

from redis.asyncio import Redis

from varlor import names
from varlor.cache.client import read, redis_failures
from varlor.cache.drafts import Sealer
from varlor.errors import SealError
from varlor.ports import AuthorizationAnswer, OAuthAttempt

ATTEMPT_SECONDS: Final = 600
_VERSION: Final = 1


class RedisOAuthAttempts:
    """ports.OAuthAttempts. Redis holds the state's hash, so reading Redis completes no authorization."""

    def __init__(self, redis: Redis, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer

    async def save(self, state: str, attempt: OAuthAttempt) -> None:
        hashed = _hash(state)
        sealed = self._sealer.seal(
            attempt.model_dump_json().encode(),
            tenant=attempt.tenant_id,
            connector=f"oauth-state/{hashed}",
            field="attempt",
            version=_VERSION,
        )
        value = json.dumps([attempt.tenant_id, sealed])  # whose key opens it is not known at the callback
        with redis_failures():
            await self._redis.set(names.oauth_state_key(hashed), value, ex=ATTEMPT_SECONDS)

    async def take(self, state: str) -> OAuthAttempt | None:
        """An attempt that does not open is as good as none."""
        hashed = _hash(state)
        with redis_failures():
            found = await self._redis.getdel(names.oauth_state_key(hashed))
        if found is None:
            return None
        tenant, sealed = json.loads(found)
        try:
            plain = self._sealer.open(
                sealed, tenant=tenant, connector=f"oauth-state/{hashed}", field="attempt", version=_VERSION
            )
        except SealError:
            return None
        return OAuthAttempt.model_validate_json(plain)

    async def put_code(self, tenant: str, nonce: str, answer: AuthorizationAnswer) -> None:
        sealed = self._sealer.seal(
            answer.model_dump_json().encode(),
            tenant=tenant,
            connector=f"oauth-code/{nonce}",
            field="answer",
            version=_VERSION,
        )
        with redis_failures():
            await self._redis.set(names.oauth_code_key(tenant, nonce), sealed, ex=ATTEMPT_SECONDS)

    async def code(self, tenant: str, nonce: str) -> AuthorizationAnswer | None:
        """None when it expired or was dropped; SealError when it was tampered with."""
        sealed = await read(self._redis, names.oauth_code_key(tenant, nonce))
        if sealed is None:
            return None
        plain = self._sealer.open(
            sealed.decode(),
            tenant=tenant,
            connector=f"oauth-code/{nonce}",
            field="answer",
            version=_VERSION,
        )
        return AuthorizationAnswer.model_validate_json(plain)

    async def drop_code(self, tenant: str, nonce: str) -> None:
        with redis_failures():
            await self._redis.delete(names.oauth_code_key(tenant, nonce))


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()
