"""Endpoints from an issuer's own metadata, and RFC 7009 revocation."""

from typing import Any

import pytest

from tests.auth.conftest import MovableClock
from tests.auth.token_server import TokenServer
from varlor.auth.oauth2 import OAuth2Service
from varlor.auth.oauth2.metadata import locations
from varlor.contracts.connector import Secrets
from varlor.contracts.oauth import OAuthConfig
from varlor.errors import TokenError
from varlor.ports import AuthorizationAnswer

NOBODY = Secrets()
RFC_8414 = "/.well-known/oauth-authorization-server"
OIDC = "/.well-known/openid-configuration"


def document(server: TokenServer, issuer: str, **more: object) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{server.origin}/authorize",
        "token_endpoint": server.token_url,
        "revocation_endpoint": f"{server.origin}/revoke",
        **more,
    }


async def refusal(oauth: OAuth2Service, issuer: str) -> TokenError:
    with pytest.raises(TokenError) as caught:
        await oauth.metadata(issuer)
    return caught.value


def test_where_it_is_looked_for() -> None:
    host = "https://id.example.com"
    assert locations(host) == locations(f"{host}/") == [f"{host}{RFC_8414}", f"{host}{OIDC}"]
    assert locations(f"{host}/tenant/1/") == [
        f"{host}{RFC_8414}/tenant/1",
        f"{host}{OIDC}/tenant/1",
        f"{host}/tenant/1{OIDC}",
    ]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", RFC_8414),
        ("", OIDC),
        ("/realms/a", f"{RFC_8414}/realms/a"),
        ("/realms/a", f"{OIDC}/realms/a"),
        ("/realms/a", f"/realms/a{OIDC}"),
    ],
)
async def test_it_is_found_wherever_it_may_be(
    oauth: OAuth2Service, server: TokenServer, path: str, place: str
) -> None:
    issuer = f"{server.origin}{path}"
    more = {"authorization_response_iss_parameter_supported": True, "scopes_supported": ["read", 1]}
    server.on(place, document(server, issuer, **more))
    found = await oauth.metadata(issuer)
    assert (found.issuer, found.token_url, found.iss_required) == (issuer, server.token_url, True)
    assert found.revocation_url == f"{server.origin}/revoke"
    assert found.scopes == ["read"]


async def test_it_is_read_once_an_hour(
    oauth: OAuth2Service, server: TokenServer, clock: MovableClock
) -> None:
    server.on(RFC_8414, document(server, server.origin))
    for _ in range(3):
        await oauth.metadata(server.origin)
    assert len(server.asked) == 1
    clock.move(3601)
    await oauth.metadata(server.origin)
    assert len(server.asked) == 2


@pytest.mark.parametrize("other", ["/", "/other", "x", None, 7])
async def test_another_issuers_metadata_is_refused(
    oauth: OAuth2Service, server: TokenServer, other: object
) -> None:
    name = f"{server.origin}{other}" if isinstance(other, str) else other
    server.on(RFC_8414, document(server, server.origin) | {"issuer": name})
    assert (await refusal(oauth, server.origin)).kind == "rejected"


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint", "revocation_endpoint"])
async def test_an_endpoint_without_tls_is_refused(
    oauth: OAuth2Service, server: TokenServer, endpoint: str
) -> None:
    server.on(RFC_8414, document(server, server.origin) | {endpoint: "http://id.example.com/x"})
    assert (await refusal(oauth, server.origin)).kind == "rejected"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(404, b"", "rejected"), (200, b"[]", "rejected"), (500, b"", "passing"), (429, b"", "passing")],
)
async def test_no_metadata_or_none_now(
    oauth: OAuth2Service, server: TokenServer, status: int, body: bytes, kind: str
) -> None:
    for place in (RFC_8414, OIDC):
        server.on(place, body, status=status)
    assert (await refusal(oauth, server.origin)).kind == kind
    assert (await refusal(oauth, f"{server.origin}/?q=1")).kind == "rejected"


async def test_an_issuer_alone_is_enough_and_own_addresses_come_first(
    oauth: OAuth2Service, server: TokenServer
) -> None:
    server.on(RFC_8414, document(server, server.origin, authorization_response_iss_parameter_supported=True))
    server.on("/token", {"access_token": "new"})
    config = OAuthConfig(issuer=server.origin, client_id="varlor")
    made = await oauth.authorization(config, "https://varlor.example.com/cb")
    assert made.url.startswith(f"{server.origin}/authorize?")
    assert (made.issuer, made.iss_required, made.token_url) == (server.origin, True, server.token_url)
    answer = AuthorizationAnswer(code="c", verifier="v", redirect_uri="r", token_url=made.token_url)
    assert (await oauth.exchange(config, NOBODY, answer)).access_token == "new"
    own = config.model_copy(update={"token_url": f"{server.origin}/own"})
    assert (await oauth.authorization(own, "https://x/cb")).token_url == f"{server.origin}/own"


async def test_an_issuer_without_metadata_still_names_itself(
    oauth: OAuth2Service, server: TokenServer
) -> None:
    config = OAuthConfig(
        issuer=server.origin,
        authorization_url=f"{server.origin}/authorize",
        token_url=server.token_url,
        client_id="varlor",
    )
    made = await oauth.authorization(config, "https://varlor.example.com/cb")
    assert (made.issuer, made.iss_required) == (server.origin, False)
    server.on(RFC_8414, document(server, "https://thief.example.com"))
    with pytest.raises(TokenError):
        await oauth.authorization(config, "https://varlor.example.com/cb")


@pytest.fixture
def revoking(server: TokenServer) -> OAuthConfig:
    return OAuthConfig(
        grant="client_credentials",
        token_url=server.token_url,
        revocation_url=f"{server.origin}/revoke",
        client_id="varlor",
    )


async def test_a_token_is_revoked(oauth: OAuth2Service, server: TokenServer, revoking: OAuthConfig) -> None:
    server.on("/revoke", b"")
    assert await oauth.revoke(revoking, NOBODY, "the-token", "refresh_token") == "done"
    assert server.last.form == {
        "token": "the-token",
        "token_type_hint": "refresh_token",
        "client_id": "varlor",
    }


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"error": None}, "done"),
        (204, b"", "done"),
        (400, {"error": "invalid_token"}, "done"),
        (400, {"error": "invalid_grant"}, "done"),
        (400, {"error": "unsupported_token_type"}, "unsupported"),
        (404, b"", "unsupported"),
        (405, b"", "unsupported"),
        (501, b"", "unsupported"),
    ],
)
async def test_an_unknown_token_is_success_and_no_endpoint_is_said(
    oauth: OAuth2Service,
    server: TokenServer,
    revoking: OAuthConfig,
    status: int,
    body: object,
    outcome: str,
) -> None:
    server.on("/revoke", body, status=status)
    assert await oauth.revoke(revoking, NOBODY, "t", "access_token") == outcome


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (503, b"", "passing"),
        (429, b"", "passing"),
        (500, {"error": "invalid_token"}, "passing"),
        (401, {"error": "invalid_client"}, "invalid_client"),
        (400, {"error": "invalid_request"}, "rejected"),
        (403, b"<html>", "rejected"),
    ],
)
async def test_a_revocation_that_failed_says_whether_to_try_again(
    oauth: OAuth2Service, server: TokenServer, revoking: OAuthConfig, status: int, body: object, kind: str
) -> None:
    server.on("/revoke", body, status=status, Retry_After="9")
    with pytest.raises(TokenError) as caught:
        await oauth.revoke(revoking, NOBODY, "t", "access_token")
    assert (caught.value.kind, caught.value.retry_after) == (kind, 9)


async def test_a_server_without_revocation_is_not_asked(
    oauth: OAuth2Service, server: TokenServer, revoking: OAuthConfig
) -> None:
    none = revoking.model_copy(update={"revocation_url": None})
    assert await oauth.revoke(none, NOBODY, "t", "access_token") == "unsupported"
    assert server.asked == []
