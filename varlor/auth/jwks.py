"""An identity provider's public keys, fetched seldom: a flood of unknown key ids costs one fetch."""

import asyncio
from typing import Any, Final

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from varlor.auth.jwt import PublicKey
from varlor.errors import PartUnavailableError
from varlor.ports import Clock

MAX_BYTES: Final = 256 * 1024
FETCH_SECONDS: Final = 5.0
COOLDOWN: Final = 30.0  # seconds between two fetches, whatever is asked
FRESH: Final = 600.0  # seconds until a withdrawn key is noticed
_TYPES: Final = {"RS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP"}
_MODELS: Final[dict[str, type[PublicKey]]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


class JwksKeys:
    """Fulfils `KeySource`. The URL comes from the operator's settings, never from a token or a tenant."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._keys: list[PublicKey] | None = None
        self._asked_at: float | None = None
        self._lock = asyncio.Lock()

    async def key(self, key_id: str | None, algorithm: str) -> PublicKey | None:
        """Raises PartUnavailableError when no set of keys has ever arrived."""
        if self._keys is None or self._age() > FRESH:
            await self._refresh()
        found = self._find(key_id, algorithm)
        if found is None:
            await self._refresh()
            found = self._find(key_id, algorithm)
        if self._keys is None:
            raise PartUnavailableError("jwks", "The identity provider's keys cannot be fetched.")
        return found

    def _find(self, key_id: str | None, algorithm: str) -> PublicKey | None:
        fitting = [
            key
            for key in self._keys or ()
            if key.key_type == _TYPES[algorithm]
            and key.get("alg") in {None, algorithm}
            and key.get("use") in {None, "sig"}
        ]
        if key_id is None:
            return fitting[0] if len(fitting) == 1 else None
        return next((key for key in fitting if key.get("kid") == key_id), None)

    def _age(self) -> float:
        now = self._clock.now().timestamp()
        return float("inf") if self._asked_at is None else now - self._asked_at

    async def _refresh(self) -> None:
        async with self._lock:
            if self._age() < COOLDOWN:
                return
            self._asked_at = self._clock.now().timestamp()
            keys = await _fetch(self._url)
            if keys is not None:  # while the provider is away, the keys at hand go on holding
                self._keys = keys


async def _fetch(url: str) -> list[PublicKey] | None:
    """The keys behind the URL, or None; bounded in time and bytes; no redirect, no proxy."""
    body = bytearray()
    try:
        async with (
            asyncio.timeout(FETCH_SECONDS),
            httpx2.AsyncClient(trust_env=False, timeout=FETCH_SECONDS) as client,
            client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
        ):
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    return None
        return _parse(httpx2.Response(200, content=bytes(body)).json())
    except (httpx2.HTTPError, TimeoutError, ValueError, RecursionError):
        return None


def _parse(document: Any) -> list[PublicKey] | None:
    """Public keys of the kinds we verify with; a symmetric or odd one in the set is passed over."""
    found = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(found, list):
        return None
    keys: list[PublicKey] = []
    for entry in found:
        model = _MODELS.get(str(entry.get("kty"))) if isinstance(entry, dict) else None
        if model is None:
            continue
        try:
            keys.append(model.import_key(entry))
        except (JoseError, ValueError, TypeError):
            continue
    return keys
