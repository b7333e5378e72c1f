"""Signs the tokens that the embedded stack's API accepts (`varlor token` and the CLI's own calls)."""

import secrets
import time

from joserfc import jwt
from joserfc.jwk import OKPKey

KEY_ID = "embedded"
ALGORITHM = "Ed25519"  # RFC 9864's name for EdDSA on this curve


def sign(
    private_pem: str,
    *,
    tenant: str,
    role: str,
    subject: str,
    ttl: float,
    issuer: str = "varlor",
    audience: str = "varlor",
) -> str:
    """A JWT for one role of one tenant, good for `ttl` seconds from now."""
    now = int(time.time())
    claims = {
        "sub": subject,
        "tenant_id": tenant,
        "roles": [role],
        "aud": audience,
        "iss": issuer,
        "iat": now,
        "exp": now + int(ttl),
        "jti": secrets.token_urlsafe(16),
    }
    key = OKPKey.import_key(private_pem)
    return jwt.encode({"alg": ALGORITHM, "kid": KEY_ID}, claims, key, algorithms=[ALGORITHM])
