"""The browser's sign-in, kept in Redis: a code is spent by one atomic take, a session is an opaque token."""

import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from varlor import names
from varlor.errors import PartUnavailableError, UnauthenticatedError
from varlor.ports import Clock, Identity

SESSION_LIFE: Final = timedelta(hours=12)
_ENDED: Final = "The session has ended. Sign in again."


class RedisSessions:
    """Fulfils `Sessions`. Redis holds the token's hash, so reading Redis opens no session."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock

    async def invite(self, identity: Identity) -> str:
        code = secrets.token_urlsafe(32)
        life = identity.expires_at - self._clock.now()
        seconds = max(int(life.total_seconds()), 1)
        await self._ask("SET", names.login_key(code), json.dumps(_value(identity)), "EX", seconds)
        return code

    async def redeem(self, code: str) -> tuple[str, Identity]:
        raw = await self._ask("GETDEL", names.login_key(code))
        if raw is None:
            raise UnauthenticatedError("The sign-in link is spent or has expired. Open a new one.")
        return await self._open(json.loads(raw))

    async def open(self, identity: Identity) -> tuple[str, Identity]:
        return await self._open(_value(identity))

    async def _open(self, value: dict[str, Any]) -> tuple[str, Identity]:
        expires_at = self._clock.now() + SESSION_LIFE
        value["exp"] = int(expires_at.timestamp())
        token = secrets.token_urlsafe(32)
        life = int(SESSION_LIFE.total_seconds())
        await self._ask("SET", _key(token), json.dumps(value), "EX", life)
        return token, _identity(value)

    async def resolve(self, token: str) -> Identity:
        raw = await self._ask("GET", _key(token))
        if raw is None:
            raise UnauthenticatedError(_ENDED)
        identity = _identity(json.loads(raw))
        if identity.expires_at <= self._clock.now():
            raise UnauthenticatedError(_ENDED)
        return identity

    async def close(self, token: str) -> None:
        await self._ask("DEL", _key(token))

    async def _ask(self, *command: str | int) -> Any:
        try:
            return await self._redis.execute_command(*command)
        except (RedisError, OSError) as error:
            raise PartUnavailableError("redis", "Sessions cannot be reached now.") from error


def _key(token: str) -> str:
    return names.session_key(hashlib.sha256(token.encode()).hexdigest())


def _value(identity: Identity) -> dict[str, Any]:
    return {"tenant": identity.tenant_id, "sub": identity.subject, "roles": sorted(identity.roles)}


def _identity(value: dict[str, Any]) -> Identity:
    return Identity(
        value["sub"], value["tenant"], frozenset(value["roles"]), datetime.fromtimestamp(value["exp"], UTC)
    )
