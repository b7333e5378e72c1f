"""Access tokens, sealed, for as long as they live; and token answers on their way to the database."""

import json
from datetime import datetime
from importlib.resources import files
from typing import Any, Final

from redis.asyncio import Redis

from varlor import names
from varlor.cache.client import read, redis_failures
from varlor.cache.drafts import Sealer
from varlor.errors import SealError
from varlor.ports import CachedToken, Clock, Grant, StashedGrant

UNKNOWN_LIFE_SECONDS: Final = 300
STASH_SECONDS: Final = 3600
TOMBSTONE_SECONDS: Final = 600
_CACHED: Final = "cached-token"
_FIRST: Final = 1


class RedisTokenCache:
    """ports.TokenCache: `<version>:<sealed>`, so that a late writer cannot put an older token back."""

    def __init__(self, redis: Redis, sealer: Sealer, clock: Clock) -> None:
        self._redis = redis
        self._sealer = sealer
        self._clock = clock
        self._put = redis.register_script(files("varlor.cache").joinpath("tokens.lua").read_text())

    async def put(self, tenant: str, connector: str, token: CachedToken) -> None:
        seconds = self._seconds(token)
        if seconds < 1:
            return
        plain = {
            "access_token": token.access_token,
            "token_type": token.token_type,
            "expires_at": _text(token.expires_at),
        }
        sealed = self._sealer.seal(
            json.dumps(plain).encode(),
            tenant=tenant,
            connector=connector,
            field=_CACHED,
            version=token.version,
        )
        await self._set(tenant, connector, token.version, sealed, seconds)

    async def get(self, tenant: str, connector: str) -> CachedToken | None:
        found = await read(self._redis, names.token_key(tenant, connector))
        version, _, sealed = (found or b"").decode().partition(":")
        if not sealed:
            return None
        try:
            plain = self._sealer.open(
                sealed, tenant=tenant, connector=connector, field=_CACHED, version=int(version)
            )
        except SealError:  # under a master key that is gone, or tampered with: the database knows better
            return None
        values = json.loads(plain)
        return CachedToken(
            values["access_token"], values["token_type"], int(version), _moment(values["expires_at"])
        )

    async def drop(self, tenant: str, connector: str, *, version: int) -> None:
        await self._set(tenant, connector, version, "", TOMBSTONE_SECONDS)

    async def _set(self, tenant: str, connector: str, version: int, sealed: str, seconds: int) -> None:
        with redis_failures():
            await self._put(keys=[names.token_key(tenant, connector)], args=[version, sealed, seconds])

    def _seconds(self, token: CachedToken) -> int:
        if token.expires_at is None:
            return UNKNOWN_LIFE_SECONDS
        return int((token.expires_at - self._clock.now()).total_seconds())


class RedisTokenStash:
    """ports.TokenStash."""

    def __init__(self, redis: Redis, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer

    async def put(self, tenant: str, connector: str, purpose: str, stashed: StashedGrant) -> None:
        plain = _plain(stashed.grant) | {
            "expected_version": stashed.expected_version,
            "audience": stashed.audience,
        }
        sealed = self._sealer.seal(
            json.dumps(plain).encode(),
            tenant=tenant,
            connector=connector,
            field=_place(purpose),
            version=_FIRST,
        )
        with redis_failures():
            await self._redis.set(names.token_stash_key(tenant, connector, purpose), sealed, ex=STASH_SECONDS)

    async def get(self, tenant: str, connector: str, purpose: str) -> StashedGrant | None:
        """None also for an answer that does not open any more: it is lost, and no retry brings it back."""
        sealed = await read(self._redis, names.token_stash_key(tenant, connector, purpose))
        if sealed is None:
            return None
        try:
            plain = self._sealer.open(
                sealed.decode(), tenant=tenant, connector=connector, field=_place(purpose), version=_FIRST
            )
        except SealError:
            return None
        values = json.loads(plain)
        return StashedGrant(_grant(values), values["expected_version"], values.get("audience"))

    async def drop(self, tenant: str, connector: str, purpose: str) -> None:
        with redis_failures():
            await self._redis.delete(names.token_stash_key(tenant, connector, purpose))


def _place(purpose: str) -> str:
    return f"token-stash/{purpose}"


def _plain(grant: Grant) -> dict[str, Any]:
    return {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "token_type": grant.token_type,
        "scopes": list(grant.scopes),
        "issued_at": grant.issued_at.isoformat(),
        "expires_at": _text(grant.expires_at),
    }


def _grant(values: dict[str, Any]) -> Grant:
    return Grant(
        access_token=values["access_token"],
        refresh_token=values["refresh_token"],
        token_type=values["token_type"],
        scopes=tuple(values["scopes"]),
        issued_at=datetime.fromisoformat(values["issued_at"]),
        expires_at=_moment(values["expires_at"]),
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
