"""Who may come in, and with which keys: the parts of the composition root that refuse an unsafe start."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from pydantic import SecretStr

from api.sign_in_binding import callback_uri
from varlor.auth.jwks import JwksKeys
from varlor.auth.jwt import EmbeddedKey, JwtVerifier
from varlor.auth.oidc import OidcClient, OidcSignIn
from varlor.auth.remembered import RememberedTokens
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.crypto import EncryptionService, key_provider
from varlor.errors import InvalidInputError
from varlor.ports import Clock, SignIn, TokenVerifier
from varlor.settings import Settings


def build_encryption(settings: Settings) -> EncryptionService:
    """The sealing of secrets at rest; InvalidInputError says which key is missing or weak."""
    keyring = key_provider(settings).keyring()
    if settings.mode != "embedded" and any(version.startswith("embedded-") for version in keyring.versions):
        raise InvalidInputError("The master keys hold one of the embedded stack: make a new one.")
    return EncryptionService(keyring)


def refuse_unsafe(settings: Settings) -> None:
    """Production starts with keys of its own alone; InvalidInputError names the one that is not."""
    if settings.mode == "embedded":
        return
    for name in ("master_keys", "codec_keys"):
        ring: SecretStr | None = getattr(settings, name)
        if ring is not None and "embedded-" in ring.get_secret_value():
            raise InvalidInputError(
                f"VARLOR_{name.upper()} holds a key of the embedded stack: make a new one."
            )
    if settings.jwt_private_key is not None or settings.codec_path is not None:
        raise InvalidInputError(
            "VARLOR_JWT_PRIVATE_KEY and VARLOR_CODEC_PATH are for the embedded stack alone."
        )


def build_tokens(settings: Settings, clock: Clock) -> TokenVerifier:
    """Verifies bearer tokens by the provider's JWKS, or by the embedded key."""
    if settings.jwt_jwks_url:
        keys = JwksKeys(settings.jwt_jwks_url, clock)
    elif settings.jwt_public_key:
        keys = EmbeddedKey(settings.jwt_public_key)
    else:
        raise InvalidInputError("Neither VARLOR_JWT_JWKS_URL nor VARLOR_JWT_PUBLIC_KEY is set.")
    verifier = JwtVerifier(keys, clock, issuer=settings.jwt_issuer, audience=settings.jwt_audience)
    return RememberedTokens(verifier, clock)


@asynccontextmanager
async def build_sign_in(settings: Settings, clock: Clock) -> AsyncGenerator[SignIn | None]:
    """The identity provider's sign-in; None where VARLOR_OIDC_ISSUER is not set.

    The operator named the provider, so it may be inside the network.
    """
    issuer, client_id = settings.oidc_issuer, settings.oidc_client_id
    if not issuer:
        yield None
        return
    if not client_id:
        raise InvalidInputError("VARLOR_OIDC_ISSUER is set, and VARLOR_OIDC_CLIENT_ID is not.")
    client = GuardedClient(EgressPolicy([*settings.egress_allow, urlsplit(issuer).netloc]))
    registered = OidcClient(
        issuer, client_id, settings.oidc_client_secret or None, callback_uri(settings.public_url)
    )
    try:
        yield OidcSignIn(registered, client, clock)
    finally:
        await client.aclose()
