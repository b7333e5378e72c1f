"""Who may come in: the part of the API's composition root that knows tokens and the sign-in."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from api.sign_in_binding import callback_uri
from varlor.auth.jwks import JwksKeys
from varlor.auth.jwt import EmbeddedKey, JwtVerifier
from varlor.auth.oidc import OidcClient, OidcSignIn
from varlor.auth.remembered import RememberedTokens
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.errors import InvalidInputError
from varlor.ports import Clock, SignIn, TokenVerifier
from varlor.settings import Settings


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
