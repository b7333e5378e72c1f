"""Authorization, exchange and client authentication, as an authorization server sees them."""

import base64
import hashlib
from collections import Counter
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from pydantic import ValidationError

from tests.auth.conftest import MovableClock
from tests.auth.token_server import TokenServer
from varlor.auth.oauth2 import OAuth2Service
from varlor.contracts.connector import Secrets
from varlor.contracts.oauth import RESERVED_PARAMS, ClientAuthMethod, OAuthConfig
from varlor.errors import TokenError
from varlor.ports import AuthorizationAnswer, Grant

REDIRECT = "https://varlor.example.com/api/v2/connectors/con_1/oauth/callback"
NOBODY = Secrets()


@pytest.fixture
def config(server: TokenServer) -> OAuthConfig:
    server.on("/token", {"access_token": "new", "refresh_token": "fresh", "expires_in": 60})
    return OAuthConfig(
        authorization_url="https://id.example.com/authorize?tenant=a&state=theirs&scope=theirs",
        token_url=server.token_url,
        client_id="varlor client",
        scopes=["read", "write"],
        audience="https://api.example.com",
        extra_params={"access_type": "offline", "prompt": "consent"},
    )


def answer(config: OAuthConfig) -> AuthorizationAnswer:
    return AuthorizationAnswer(
        code="the-code", verifier="v" * 64, redirect_uri=REDIRECT, token_url=config.token_url or ""
    )


def pem(key: RSAKey | ECKey | OKPKey) -> Secrets:
    return Secrets.model_validate({"private_key": key.as_pem(private=True).decode()})


async def test_the_authorization_url_asks_for_all_of_it_once(
    oauth: OAuth2Service, config: OAuthConfig
) -> None:
    made = await oauth.authorization(config, REDIRECT)
    url = urlsplit(made.url)
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://id.example.com/authorize"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(made.verifier.encode()).digest()).decode().rstrip("=")
    assert parse_qs(url.query) == {
        "tenant": ["a"],
        "response_type": ["code"],
        "client_id": ["varlor client"],
        "redirect_uri": [REDIRECT],
        "scope": ["read write"],
        "audience": ["https://api.example.com"],
        "state": [made.state],
        "code_challenge": [challenge],
        "code_challenge_method": ["S256"],
        "access_type": ["offline"],
        "prompt": ["consent"],
    }
    assert made.token_url == config.token_url
    assert made.verifier not in made.url
    assert made.verifier not in repr(made)


async def test_state_and_verifier_are_fresh_and_long_enough(
    oauth: OAuth2Service, config: OAuthConfig
) -> None:
    made = [await oauth.authorization(config, REDIRECT) for _ in range(50)]
    assert len({a.state for a in made}) == len({a.verifier for a in made}) == 50
    assert all(43 <= len(a.verifier) <= 128 for a in made)
    assert all(len(base64.urlsafe_b64decode(a.state + "==")) >= 32 for a in made)
    letters = Counter("".join(a.verifier for a in made))
    assert set(letters) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@pytest.mark.parametrize("name", sorted(RESERVED_PARAMS | {"STATE", "Redirect_Uri"}))
def test_extra_parameters_cannot_replace_the_protocols_own(name: str) -> None:
    with pytest.raises(ValidationError, match="may not set"):
        OAuthConfig(client_id="c", issuer="https://id.example.com", extra_params={name: "x"})


async def test_the_code_goes_with_its_verifier(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig
) -> None:
    grant = await oauth.exchange(config, NOBODY, answer(config))
    assert (grant.access_token, grant.refresh_token) == ("new", "fresh")
    assert grant.scopes == ("read", "write")
    assert server.last.method == "POST"
    assert server.last.headers["accept"] == "application/json"
    assert server.last.headers["content-type"] == "application/x-www-form-urlencoded"
    assert server.last.form == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": REDIRECT,
        "code_verifier": "v" * 64,
        "client_id": "varlor client",
    }


async def test_a_code_is_sent_only_where_its_attempt_was_bound_to(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig
) -> None:
    moved = config.model_copy(update={"token_url": f"{server.origin}/elsewhere"})
    with pytest.raises(TokenError) as caught:
        await oauth.exchange(moved, NOBODY, answer(config))
    assert caught.value.kind == "rejected"
    assert server.asked == []


@pytest.mark.parametrize(
    "url", ["http://id.example.com/token", "ftp://id.example.com/token", "id.example.com", "//id.example.com"]
)
async def test_no_secret_goes_out_without_tls(oauth: OAuth2Service, config: OAuthConfig, url: str) -> None:
    plain = config.model_copy(update={"token_url": url})
    for step in (
        oauth.authorization(plain, REDIRECT),
        oauth.exchange(plain, NOBODY, answer(plain)),
        oauth.revoke(plain.model_copy(update={"revocation_url": url}), NOBODY, "t", "access_token"),
    ):
        with pytest.raises(TokenError) as caught:
            await step
        assert caught.value.kind == "rejected"
    with pytest.raises(TokenError):
        await oauth.authorization(config.model_copy(update={"authorization_url": url}), REDIRECT)


async def test_a_lifetime_counts_from_when_the_token_was_asked_for(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, clock: MovableClock
) -> None:
    asked_at, server.meanwhile = clock.now(), lambda: clock.move(20)
    grant = await oauth.exchange(config, NOBODY, answer(config))
    assert clock.now() == asked_at + timedelta(seconds=20)
    assert (grant.issued_at, grant.expires_at) == (asked_at, asked_at + timedelta(seconds=60))


async def test_an_answer_that_is_far_too_large_is_not_read(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig
) -> None:
    server.on("/token", {"access_token": "new", "more": "x" * 1024 * 1024})
    with pytest.raises(TokenError) as caught:
        await oauth.exchange(config, NOBODY, answer(config))
    assert caught.value.kind == "passing"


async def test_basic_encodes_both_halves_as_a_form_first(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig
) -> None:
    basic = config.model_copy(update={"token_endpoint_auth_method": "client_secret_basic"})
    secrets = Secrets.model_validate({"client_secret": "p:a%s ü+/"})
    await oauth.exchange(basic, secrets, answer(config))
    scheme, _, value = server.last.headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(value).decode()) == (
        "Basic",
        "varlor+client:p%3Aa%25s+%C3%BC%2B%2F",
    )
    assert not {"client_id", "client_secret"} & server.last.form.keys()


async def test_post_puts_the_secret_into_the_form(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig
) -> None:
    post = config.model_copy(update={"token_endpoint_auth_method": "client_secret_post"})
    await oauth.exchange(post, Secrets.model_validate({"client_secret": "p&a ü"}), answer(config))
    assert server.last.form["client_secret"] == "p&a ü"
    assert server.last.form["client_id"] == "varlor client"
    assert "authorization" not in server.last.headers


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (RSAKey.generate_key(2048), "RS256"),
        (ECKey.generate_key("P-256"), "ES256"),
        (ECKey.generate_key("P-384"), "ES384"),
        (OKPKey.generate_key("Ed25519"), "EdDSA"),
    ],
    ids=["rsa", "p256", "p384", "ed25519"],
)
async def test_a_key_signs_who_we_are(
    oauth: OAuth2Service,
    server: TokenServer,
    config: OAuthConfig,
    clock: MovableClock,
    key: RSAKey | ECKey | OKPKey,
    algorithm: str,
) -> None:
    signing = config.model_copy(update={"token_endpoint_auth_method": "private_key_jwt"})
    seen: set[str] = set()
    for _ in range(2):
        await oauth.exchange(signing, pem(key), answer(config))
        form = server.last.form
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        token = jwt.decode(form["client_assertion"], key, algorithms=[algorithm])
        claims = token.claims
        assert (claims["iss"], claims["sub"]) == ("varlor client", "varlor client")
        assert claims["aud"] == config.token_url
        assert 300 < claims["exp"] - clock.now().timestamp() <= 600  # clocks may be off by 5 min
        seen.add(claims["jti"])
    assert len(seen) == 2


async def test_a_pkcs8_key_as_openssl_writes_it(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig
) -> None:
    made = rsa.generate_private_key(65537, 2048)
    text = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    signing = config.model_copy(update={"token_endpoint_auth_method": "private_key_jwt"})
    await oauth.exchange(signing, Secrets.model_validate({"private_key": text}), answer(config))
    assert server.last.form["client_assertion"].count(".") == 2


@pytest.mark.parametrize(
    ("method", "secrets"),
    [
        ("client_secret_basic", {}),
        ("client_secret_post", {}),
        ("private_key_jwt", {}),
        ("private_key_jwt", {"private_key": "canary: not a key"}),
        (
            "private_key_jwt",
            {"private_key": RSAKey.generate_key(2048).as_pem(private=False).decode() + "canary"},
        ),
    ],
)
async def test_without_a_usable_secret_nothing_is_sent(
    oauth: OAuth2Service,
    server: TokenServer,
    config: OAuthConfig,
    method: ClientAuthMethod,
    secrets: dict[str, str],
) -> None:
    needing = config.model_copy(update={"token_endpoint_auth_method": method})
    with pytest.raises(TokenError) as caught:
        await oauth.exchange(needing, Secrets.model_validate(secrets), answer(config))
    assert caught.value.kind == "invalid_client"
    assert "canary" not in str(caught.value)
    assert server.asked == []


async def test_a_machine_gets_its_token_by_its_own_secret(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig
) -> None:
    changes = {"grant": "client_credentials", "token_endpoint_auth_method": "client_secret_post"}
    machine = config.model_copy(update=changes)
    grant = await oauth.renew(machine, Secrets.model_validate({"client_secret": "s"}), None)
    assert grant.access_token == "new"
    assert server.last.form == {
        "grant_type": "client_credentials",
        "scope": "read write",
        "audience": "https://api.example.com",
        "access_type": "offline",
        "prompt": "consent",
        "client_id": "varlor client",
        "client_secret": "s",
    }


async def test_a_refresh_sends_nothing_that_was_meant_for_the_users_consent(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, clock: MovableClock
) -> None:
    held = Grant("a", "r", "Bearer", ("read",), clock.now(), clock.now())
    grant = await oauth.renew(config, NOBODY, held)
    sent = {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "varlor client"}
    assert server.last.form == sent
    assert grant.scopes == ("read",)  # what the user granted, not what was asked for then


async def test_a_given_refresh_token_is_the_first_and_then_what_was_stored(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig
) -> None:
    machine = config.model_copy(update={"grant": "refresh_token", "extra_params": {}})
    secrets = Secrets.model_validate({"refresh_token": "given"})
    grant = await oauth.renew(machine, secrets, None)
    assert server.last.form["refresh_token"] == "given"
    await oauth.renew(machine, secrets, grant)
    assert server.last.form["refresh_token"] == "fresh"


async def test_with_nothing_to_renew_with_only_the_user_can_help(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, clock: MovableClock
) -> None:
    for held in (None, Grant("a", None, "Bearer", (), clock.now(), None)):
        with pytest.raises(TokenError) as caught:
            await oauth.renew(config, Secrets.model_validate({"refresh_token": "not for this grant"}), held)
        assert caught.value.kind == "invalid_grant"
    assert server.asked == []
