"""Which id tokens open a session: one that was signed for us, now, for this attempt, and no other."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.auth.conftest import MovableClock
from tests.auth.token_server import TokenServer
from varlor.auth.oidc import OidcClient, OidcSignIn
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.errors import PartUnavailableError, TokenError, UnauthenticatedError
from varlor.ports import SignInBegun

KEY, OTHER = RSAKey.generate_key(2048, {"kid": "one"}), RSAKey.generate_key(2048, {"kid": "one"})
CLIENT = "varlor-ui"


@pytest.fixture
async def sign_in(server: TokenServer, clock: MovableClock) -> Any:
    server.on(
        "/.well-known/openid-configuration",
        {
            "issuer": server.origin,
            "authorization_endpoint": f"{server.origin}/authorize",
            "token_endpoint": f"{server.origin}/token",
            "jwks_uri": f"{server.origin}/jwks",
        },
    )
    server.on("/jwks", {"keys": [KEY.as_dict(private=False)]})
    client = GuardedClient(EgressPolicy(["127.0.0.1"]))
    registered = OidcClient(server.origin, CLIENT, None, "https://varlor.example.com/callback")
    yield OidcSignIn(registered, client, clock)
    await client.aclose()


def sent(begun: SignInBegun) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(begun.url).query).items()}


def answered(
    server: TokenServer, clock: MovableClock, begun: SignInBegun, *, key: RSAKey = KEY, **changed: Any
) -> None:
    """The token endpoint's answer to an attempt, with claims changed (... leaves one out)."""
    now = int(clock.now().timestamp())
    claims = {
        "iss": server.origin,
        "sub": "ada",
        "aud": CLIENT,
        "iat": now,
        "exp": now + 300,
        "nonce": sent(begun)["nonce"],
        "tenant_id": "acme",
        "roles": ["admin"],
    } | changed
    signed = jwt.encode(
        {"alg": "RS256", "kid": "one"},
        {name: value for name, value in claims.items() if value is not ...},
        key,
    )
    server.on("/token", {"access_token": "opaque", "token_type": "Bearer", "id_token": signed})


async def test_a_token_of_this_attempt_says_who_it_is(
    sign_in: OidcSignIn, server: TokenServer, clock: MovableClock
) -> None:
    begun = await sign_in.begin()
    asked = sent(begun)
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["state"] == begun.state == sign_in.state_of(begun.secret)
    assert begun.secret not in begun.url
    answered(server, clock, begun)
    who = await sign_in.finish(begun.secret, "the-code", None)
    assert (who.subject, who.tenant_id, who.roles) == ("ada", "acme", {"admin"})
    form = server.asked[[each.path for each in server.asked].index("/token")].form
    assert (form["code"], form["redirect_uri"]) == ("the-code", "https://varlor.example.com/callback")
    assert len(form["code_verifier"]) >= 43


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"nonce": ...},
        {"aud": "another"},
        {"aud": ["another", CLIENT]},  # more than one audience needs azp
        {"azp": "another"},
        {"iss": "https://another.example.com"},
        {"exp": 1_000},
        {"iat": 4_000_000_000},
        {"sub": ...},
        {"at_hash": "bm90IHRoaXMgb25l"},
    ],
    ids=str,
)
async def test_a_token_for_anything_else_opens_nothing(
    sign_in: OidcSignIn, server: TokenServer, clock: MovableClock, changed: dict[str, Any]
) -> None:
    begun = await sign_in.begin()
    answered(server, clock, begun, **changed)
    with pytest.raises(UnauthenticatedError):
        await sign_in.finish(begun.secret, "the-code", None)


async def test_a_token_of_another_attempt_or_another_key_opens_nothing(
    sign_in: OidcSignIn, server: TokenServer, clock: MovableClock
) -> None:
    begun, other = await sign_in.begin(), await sign_in.begin()
    answered(server, clock, other)
    with pytest.raises(UnauthenticatedError):
        await sign_in.finish(begun.secret, "the-code", None)
    answered(server, clock, begun, key=OTHER)
    with pytest.raises(UnauthenticatedError):
        await sign_in.finish(begun.secret, "the-code", None)


async def test_what_the_provider_leaves_out_is_an_error_of_its_own(
    sign_in: OidcSignIn, server: TokenServer, clock: MovableClock
) -> None:
    begun = await sign_in.begin()
    server.on("/token", {"access_token": "opaque", "token_type": "Bearer"})
    with pytest.raises(TokenError, match="id_token"):
        await sign_in.finish(begun.secret, "the-code", None)
    answered(server, clock, begun)
    server.on("/jwks", "down", status=503)
    with pytest.raises(PartUnavailableError):
        await sign_in.finish(begun.secret, "the-code", None)
