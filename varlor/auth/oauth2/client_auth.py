"""Who we are to an authorization server: the client authentication methods of its token endpoint."""

import base64
import secrets as random
import warnings
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote_plus

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from pydantic import SecretStr

from varlor.contracts.connector import Secrets
from varlor.contracts.oauth import OAuthConfig
from varlor.errors import TokenError

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS: Final = 600  # outlasts a clock that is off by 5 minutes
_CURVES: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


@dataclass(frozen=True, slots=True, repr=False)
class ClientProof:
    """What a request to the token or revocation endpoint carries to prove the client."""

    headers: dict[str, str] = field(default_factory=dict[str, str])
    params: dict[str, str] = field(default_factory=dict[str, str])


def prove(config: OAuthConfig, secrets: Secrets, audience: str, now: datetime) -> ClientProof:
    """By the configured method; TokenError(invalid_client) when its secret is missing or unusable."""
    own = {"client_id": config.client_id}
    match config.token_endpoint_auth_method:
        case "none":
            return ClientProof(params=own)
        case "client_secret_basic":
            return ClientProof(headers={"authorization": _basic(config.client_id, _client_secret(secrets))})
        case "client_secret_post":
            return ClientProof(params=own | {"client_secret": _client_secret(secrets)})
        case "private_key_jwt":
            signed = _assertion(config.client_id, secrets, audience, now)
            return ClientProof(
                params=own | {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
            )


def _client_secret(secrets: Secrets) -> str:
    return _given(secrets.client_secret, "client secret")


def _given(secret: SecretStr | None, noun: str) -> str:
    if secret is None:
        raise TokenError("invalid_client", f"The connector has no {noun}; save one first.")
    return secret.get_secret_value()


def _basic(client_id: str, secret: str) -> str:
    """RFC 6749, section 2.3.1: both form-encoded before they are joined."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _assertion(client_id: str, secrets: Secrets, audience: str, now: datetime) -> str:
    """RFC 7523, section 3. Without `iat`, which a server whose clock is behind would refuse."""
    pem = _given(secrets.private_key, "private key")
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": random.token_urlsafe(16),
        "exp": int(now.timestamp()) + ASSERTION_SECONDS,
    }
    key, algorithm = _key(pem)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # RFC 9864 renames EdDSA; servers still ask for the old name
        return jwt.encode({"alg": algorithm, "typ": "JWT"}, claims, key, algorithms=[algorithm])


def _key(pem: str) -> tuple[RSAKey | ECKey | OKPKey, str]:
    for model in (RSAKey, ECKey, OKPKey):
        try:
            key = model.import_key(pem)
        except (JoseError, ValueError, TypeError):
            continue
        algorithm = _algorithm(key)
        if key.is_private and algorithm is not None:
            return key, algorithm
    raise TokenError("invalid_client", "The private key is not a PEM of an RSA, EC or Ed25519 private key.")


def _algorithm(key: RSAKey | ECKey | OKPKey) -> str | None:
    if isinstance(key, RSAKey):
        return "RS256"
    if isinstance(key, ECKey):
        return _CURVES.get(key.curve_name)
    return "EdDSA" if key.curve_name == "Ed25519" else None
