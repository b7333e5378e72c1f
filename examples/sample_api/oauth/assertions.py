"""Signed words: what clients show (RFC 7523), and access tokens in the form of RFC 9068."""

import secrets
import time
from typing import Any

from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

_KEEP_JTI_SECONDS = 3600


class ClientAssertion(JWTBearerClientAssertion):
    """`private_key_jwt` for this issuer or its token endpoint; each `jti` is good once."""

    CLIENT_AUTH_METHOD = "private_key_jwt"  # pyright: ignore[reportGeneralTypeIssues] - not final at run time

    def __init__(self, issuer: str, seen: dict[str, float]) -> None:
        super().__init__(token_url=None)  # pyright: ignore[reportArgumentType] - get_audiences stands in for it
        self._issuer, self._seen = issuer, seen

    def get_audiences(self) -> list[str]:
        return [self._issuer, f"{self._issuer}/oauth/token"]

    def validate_jti(self, claims: dict[str, Any], jti: str) -> bool:
        now, key = time.time(), f"{claims['sub']} {jti}"
        while self._seen and next(iter(self._seen.values())) < now:
            del self._seen[next(iter(self._seen))]
        if key in self._seen:
            return False
        self._seen[key] = now + _KEEP_JTI_SECONDS
        return True

    def resolve_client_public_key(self, client: Any, headers: Any = None) -> KeySet:  # noqa: ARG002 - Authlib may pass them
        return KeySet.import_key_set(client.jwks or {"keys": []})  # pyright: ignore[reportArgumentType] - registered JSON


class Signer:
    """One ES256 key for the life of the server."""

    def __init__(self) -> None:
        self._key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(8), "use": "sig", "alg": "ES256"})

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self._key.as_dict(private=False)]}

    def access_token(self, issuer: str, client_id: str, subject: str, scope: str, seconds: int) -> str:
        now = int(time.time())
        claims = {
            "iss": issuer,
            "aud": issuer,
            "sub": subject,
            "client_id": client_id,
            "scope": scope,
            "iat": now,
            "exp": now + seconds,
            "jti": secrets.token_hex(16),
        }
        return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": self._key.kid}, claims, self._key)
