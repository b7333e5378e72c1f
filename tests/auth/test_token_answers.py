"""Every odd answer of a token endpoint, from a real server through the real client."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.auth.conftest import MovableClock
from tests.auth.token_server import TokenServer
from varlor.auth.oauth2 import OAuth2Service
from varlor.contracts.connector import Secrets
from varlor.contracts.oauth import OAuthConfig
from varlor.errors import TokenError
from varlor.ports import Grant

NOBODY = Secrets()
GOOD = {"access_token": "new-access", "token_type": "bearer", "expires_in": 3600}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def config(server: TokenServer) -> OAuthConfig:
    return OAuthConfig(
        authorization_url=f"{server.origin}/authorize",
        token_url=server.token_url,
        client_id="varlor",
        scopes=["read", "write"],
    )


@pytest.fixture
def held(clock: MovableClock) -> Grant:
    return Grant("old-access", "old-refresh", "Bearer", ("read", "write"), clock.now(), clock.now())


async def failure(oauth: OAuth2Service, config: OAuthConfig, held: Grant) -> TokenError:
    with pytest.raises(TokenError) as caught:
        await oauth.renew(config, NOBODY, held)
    return caught.value


async def test_a_plain_answer(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, held: Grant, clock: MovableClock
) -> None:
    server.on("/token", GOOD | {"refresh_token": "new-refresh", "scope": "read"})
    grant = await oauth.renew(config, NOBODY, held)
    assert (grant.access_token, grant.refresh_token) == ("new-access", "new-refresh")
    assert grant.scopes == ("read",)  # narrowed
    assert grant.token_type == "Bearer"
    assert (grant.issued_at, grant.expires_at) == (clock.now(), clock.now() + timedelta(hours=1))
    assert server.last.form == {
        "grant_type": "refresh_token",
        "refresh_token": "old-refresh",
        "client_id": "varlor",
    }
    assert "new-access" not in repr(grant)


@pytest.mark.parametrize("fresh", [{}, {"refresh_token": None}, {"refresh_token": ""}, {"refresh_token": 7}])
async def test_without_a_new_refresh_token_the_old_one_is_kept(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, held: Grant, fresh: dict[str, Any]
) -> None:
    server.on("/token", GOOD | fresh)
    grant = await oauth.renew(config, NOBODY, held)
    assert grant.refresh_token == "old-refresh"
    assert grant.scopes == ("read", "write")


@pytest.mark.parametrize("fresh", ["r" * 100_000, "with\ttab", "ünï"], ids=["100 kB", "tab", "unicode"])
async def test_a_new_refresh_token_of_any_shape_replaces_the_spent_one(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, held: Grant, fresh: str
) -> None:
    server.on("/token", GOOD | {"refresh_token": fresh})
    grant = await oauth.renew(config, NOBODY, held)
    assert grant.refresh_token == fresh
    await oauth.renew(config, NOBODY, grant)
    assert server.last.form["refresh_token"] == fresh


@pytest.mark.parametrize(
    "content_type", ["text/plain", "text/html; charset=utf-8", "application/octet-stream"]
)
async def test_json_under_another_name(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, held: Grant, content_type: str
) -> None:
    server.on("/token", GOOD, content_type=content_type)
    assert (await oauth.renew(config, NOBODY, held)).access_token == "new-access"


async def test_a_form(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, held: Grant, clock: MovableClock
) -> None:
    body = b"access_token=new%2Daccess&expires_in=60&scope=read%2Cwrite&token_type=bearer"
    server.on("/token", body, content_type=FORM)
    grant = await oauth.renew(config, NOBODY, held)
    assert grant.access_token == "new-access"
    assert grant.scopes == ("read", "write")
    assert grant.expires_at == clock.now() + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("3600", 3600),
        ("3600.5", 3600),
        (3600.5, 3600),
        (1e18, 3650 * 86_400),
        (10**30, 3650 * 86_400),
        (0, None),
        (-1, None),
        (None, None),
        ("abc", None),
        ("", None),
        (True, None),
        ("1e999", None),
        ([3600], None),
        ({}, None),
    ],
)
async def test_a_lifetime_however_it_is_written(
    oauth: OAuth2Service,
    server: TokenServer,
    config: OAuthConfig,
    held: Grant,
    clock: MovableClock,
    given: object,
    seconds: float | None,
) -> None:
    server.on("/token", {"access_token": "new-access", "expires_in": given})
    grant = await oauth.renew(config, NOBODY, held)
    expected = None if seconds is None else clock.now() + timedelta(seconds=seconds)
    assert grant.expires_at == expected


@pytest.mark.parametrize(
    "given",
    [
        "2026-11-23T13:00:00Z",
        "2026-11-23T13:00:00+00:00",
        "2026-11-23T14:00:00+01:00",
        "2026-11-23 13:00:00",
        1795438800,
        "1795438800",
        1795438800000,
        1795438800.0,
    ],
)
async def test_an_end_however_it_is_written(
    oauth: OAuth2Service,
    server: TokenServer,
    config: OAuthConfig,
    held: Grant,
    clock: MovableClock,
    given: object,
) -> None:
    server.on("/token", {"access_token": "new-access", "expires_at": given})
    grant = await oauth.renew(config, NOBODY, held)
    assert grant.expires_at == clock.now() + timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_grant", "invalid_grant"),
        (200, "invalid_grant", "invalid_grant"),
        (200, "bad_refresh_token", "invalid_grant"),
        (401, "invalid_client", "invalid_client"),
        (400, "unauthorized_client", "invalid_client"),
        (400, "invalid_scope", "rejected"),
        (400, "invalid_request", "rejected"),
        (400, "temporarily_unavailable", "passing"),
        (429, "invalid_grant", "passing"),
        (500, "invalid_grant", "passing"),  # a 5xx never becomes needs_reauth
        (503, "invalid_client", "passing"),
    ],
)
async def test_an_error_by_its_code(
    oauth: OAuth2Service,
    server: TokenServer,
    config: OAuthConfig,
    held: Grant,
    status: int,
    code: str,
    kind: str,
) -> None:
    description = {"error_description": "canary old-refresh"}
    server.on("/token", {"error": code} | description, status=status)
    error = await failure(oauth, config, held)
    assert (error.kind, error.code, error.status) == (kind, code, status)
    assert "canary" not in str(error)


async def test_an_error_in_a_form_with_status_200(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, held: Grant
) -> None:
    body = b"error=bad_verification_code&error_description=The+code+is+incorrect"
    server.on("/token", body, content_type=FORM)
    assert (await failure(oauth, config, held)).kind == "invalid_grant"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, "passing"),
        (400, "rejected"),
        (401, "invalid_client"),
        (403, "rejected"),
        (404, "rejected"),
        (408, "passing"),
        (429, "passing"),
        (500, "passing"),
        (502, "passing"),
        (504, "passing"),
    ],
)
async def test_an_error_page_by_its_status(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, held: Grant, status: int, kind: str
) -> None:
    page = b"<html>old-refresh</html>"
    server.on("/token", page, status=status, content_type="text/html", Location=f"{server.origin}/elsewhere")
    error = await failure(oauth, config, held)
    assert (error.kind, error.code) == (kind, None)
    assert [asked.path for asked in server.asked] == ["/token"]  # no redirect is followed


async def test_an_unknown_error_code_is_not_repeated(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, held: Grant
) -> None:
    server.on("/token", {"error": "<script>canary"})
    error = await failure(oauth, config, held)
    assert (error.kind, error.code) == ("rejected", None)
    assert "canary" not in str(error)


async def test_the_wait_that_was_asked_for(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, held: Grant
) -> None:
    server.on("/token", b"", status=503, Retry_After="17")
    assert (await failure(oauth, config, held)).retry_after == 17
    server.on("/token", b"", status=429, Retry_After="999999999")
    assert (await failure(oauth, config, held)).retry_after == 3600


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"token"',
        b"{",
        b"\xff\xfe",
        b"<html>maintenance</html>",
        b"{}",
        b'{"access_token": null}',
        b'{"access_token": ""}',
        b'{"access_token": 12}',
        b'{"access_token": {"a": 1}}',
        b'{"access_token": "two\\r\\nX-Evil: lines"}',
        b'{"access_token": "\\u00e9"}',
        b'{"access_token": "' + b"x" * 20_000 + b'"}',
        b'{"token_type": "bearer", "expires_in": 3600}',
        b'{"access_token": NaN}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"access_token=one&access_token=two",
        b"a" * (1024 * 1024 + 1),
    ],
    ids=lambda body: body[:24].decode("latin-1") + str(len(body)),
)
async def test_an_odd_success_is_passing_and_loses_nothing(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, held: Grant, body: bytes
) -> None:
    server.on("/token", body)
    assert (await failure(oauth, config, held)).kind == "passing"


async def test_a_cut_answer_and_a_dead_server_are_passing(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, held: Grant
) -> None:
    server.on("/token", json.dumps(GOOD).encode(), cut=True)
    assert (await failure(oauth, config, held)).kind == "passing"
    dead = config.model_copy(update={"token_url": "http://127.0.0.1:9/token"})
    assert (await failure(oauth, dead, held)).kind == "passing"


@pytest.mark.parametrize("kind", [None, "", "BEARER", "bot", 7, ["Bearer"], "Bearer\r\nX-Evil: 1"])
async def test_whatever_a_plain_token_calls_itself_it_goes_as_bearer(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, held: Grant, kind: object
) -> None:
    server.on("/token", GOOD | {"token_type": kind})
    assert (await oauth.renew(config, NOBODY, held)).token_type == "Bearer"


async def test_a_token_that_needs_a_proof_is_refused(
    oauth: OAuth2Service, server: TokenServer, config: OAuthConfig, held: Grant
) -> None:
    server.on("/token", GOOD | {"token_type": "DPoP"})
    assert (await failure(oauth, config, held)).kind == "rejected"
