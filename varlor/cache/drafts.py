"""The unsaved half of a connection test and its sample: sealed, and gone after a minute."""

from typing import Final, Protocol

from redis.asyncio import Redis

from varlor import names
from varlor.cache.client import read, redis_failures

DRAFT_SECONDS: Final = 60
_VERSION: Final = 1


class Sealer(Protocol):
    """Seals bytes to the one place they belong; `open` raises SealError anywhere else."""

    def seal(self, plaintext: bytes, *, tenant: str, connector: str, field: str, version: int) -> str: ...
    def open(self, token: str, *, tenant: str, connector: str, field: str, version: int) -> bytes: ...


class RedisDrafts:
    """ports.Drafts: a value opens only for its tenant, under its nonce, as its part."""

    def __init__(self, redis: Redis, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer

    async def put(self, tenant: str, nonce: str, part: str, value: bytes) -> None:
        sealed = self._sealer.seal(
            value, tenant=tenant, connector=_place(nonce), field=part, version=_VERSION
        )
        with redis_failures():
            await self._redis.set(names.draft_part_key(tenant, nonce, part), sealed, ex=DRAFT_SECONDS)

    async def get(self, tenant: str, nonce: str, part: str) -> bytes | None:
        """The value, or None when it expired or never was; SealError when it was tampered with."""
        sealed = await read(self._redis, names.draft_part_key(tenant, nonce, part))
        if sealed is None:
            return None
        return self._sealer.open(
            sealed.decode(), tenant=tenant, connector=_place(nonce), field=part, version=_VERSION
        )


def _place(nonce: str) -> str:
    """A draft has no connector yet; the prefix keeps its ciphertext from ever passing for a stored one."""
    return f"draft/{nonce}"
