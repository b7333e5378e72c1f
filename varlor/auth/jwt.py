"""Whose bearer token is this: signature, issuer, audience, time and types, by a pinned list of algorithms."""

import base64
import binascii
import json
import warnings
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Protocol, get_args

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from varlor.contracts.model import Id
from varlor.errors import InvalidInputError, UnauthenticatedError
from varlor.ports import Clock, Identity, Role

PublicKey = RSAKey | ECKey | OKPKey
ALGORITHMS: Final = ("RS256", "ES256", "EdDSA", "Ed25519")  # RFC 7518, 8037, 9864; never none, never HS*
LEEWAY: Final = 30  # seconds
MAX_TOKEN: Final = 8 * 1024  # bytes
_REFUSED_HEADERS: Final = frozenset({"crit", "jwk", "jku", "x5u", "x5c"})
_LAST_SECOND: Final = 253_402_300_799  # of the year 9999
_ROLES: Final[frozenset[str]] = frozenset(get_args(Role))
_NO_KEY: Final = "VARLOR_JWT_PUBLIC_KEY is not an Ed25519 public key in PEM."
_REFUSED: Final = "The token is not valid."

Seconds = Annotated[float, Field(strict=True, ge=0, le=_LAST_SECOND, allow_inf_nan=False)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class KeySource(Protocol):
    """Where public keys come from."""

    async def key(self, key_id: str | None, algorithm: str) -> PublicKey | None: ...


class EmbeddedKey:
    """The one key of the embedded stack: Ed25519, so nothing but EdDSA."""

    def __init__(self, public_pem: str) -> None:
        """Raises InvalidInputError for anything but an Ed25519 key."""
        try:
            self._key = OKPKey.import_key(public_pem)
        except (JoseError, ValueError, TypeError, AttributeError):
            raise InvalidInputError(_NO_KEY) from None
        if self._key.curve_name != "Ed25519":
            raise InvalidInputError(_NO_KEY)

    async def key(self, key_id: str | None, algorithm: str) -> PublicKey | None:  # noqa: ARG002 - it is the only one
        return self._key if algorithm in {"EdDSA", "Ed25519"} else None


class _Claims(BaseModel):
    """The claims that count, strictly typed (RFC 7519, section 4.1)."""

    model_config = ConfigDict(strict=True, extra="ignore")

    sub: Text
    iss: Text
    aud: Text | list[Text]
    exp: Seconds
    nbf: Seconds = 0
    iat: Seconds = 0
    tenant_id: Id | None = None
    roles: Annotated[list[Text], Field(max_length=32)]


class JwtVerifier:
    """Fulfils `TokenVerifier`. Refusals say nothing of their reason."""

    def __init__(self, keys: KeySource, clock: Clock, *, issuer: str, audience: str) -> None:
        self._keys = keys
        self._clock = clock
        self._issuer = issuer
        self._audience = audience

    async def verify(self, token: str) -> Identity:
        """Raises UnauthenticatedError; PartUnavailableError when no key could be fetched yet."""
        return self.identity(await self.claims(token))

    async def claims(self, token: str) -> dict[str, Any]:
        """What a token says whose signature holds; raises as `verify`."""
        header = header_of(token)
        algorithm, key_id = header["alg"], header.get("kid")
        key = await self._keys.key(key_id, algorithm)
        if key is None:
            raise UnauthenticatedError(_REFUSED)
        return _verified(token, key, algorithm)

    def identity(self, claims: dict[str, Any]) -> Identity:
        """Whose claims these are, if they are meant for us and hold now; else UnauthenticatedError."""
        try:
            found = _Claims.model_validate(claims)
        except ValidationError:
            raise UnauthenticatedError(_REFUSED) from None
        audiences = [found.aud] if isinstance(found.aud, str) else found.aud
        now = self._clock.now().timestamp()
        roles = frozenset[Role](role for role in found.roles if role in _ROLES)  # pyright: ignore[reportArgumentType] - narrowed by membership
        holds = (
            found.iss == self._issuer
            and self._audience in audiences
            and now < found.exp + LEEWAY
            and max(found.nbf, found.iat) <= now + LEEWAY
            and (found.tenant_id is not None or roles == frozenset[Role]({"operator"}))
        )
        if not holds:
            raise UnauthenticatedError(_REFUSED)
        return Identity(found.sub, found.tenant_id, roles, datetime.fromtimestamp(found.exp, UTC))


def header_of(token: str) -> dict[str, Any]:
    """The header, before anything else trusts it: no key is ever taken from the token itself."""
    if len(token) > MAX_TOKEN or not token.isascii():
        raise UnauthenticatedError(_REFUSED)
    first = token.split(".", 1)[0]
    try:
        header = json.loads(base64.b64decode(first + "=" * (-len(first) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise UnauthenticatedError(_REFUSED) from None
    key_id = header.get("kid") if isinstance(header, dict) else None
    sound = (
        isinstance(header, dict)
        and header.get("alg") in ALGORITHMS
        and not _REFUSED_HEADERS & header.keys()
        and (key_id is None or (isinstance(key_id, str) and len(key_id) <= 256))  # noqa: PLR2004 - a name's length
    )
    if not sound:
        raise UnauthenticatedError(_REFUSED)
    return header


def _verified(token: str, key: PublicKey, algorithm: str) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # RFC 9864 renames EdDSA; providers still send the old name
            return jwt.decode(token, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise UnauthenticatedError(_REFUSED) from None
