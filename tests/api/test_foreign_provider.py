"""node-oidc-provider: a certified authorization server that nobody here wrote, at its strictest.

It takes the exact redirect URI and PKCE with S256 alone, says `iss`, ends access tokens early, and takes
back the whole grant when a refresh token comes a second time.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey

from tests.api.foreign_kit import Foreign, consented, foreign_provider
from tests.api.oauth_kit import FAST, started, until

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log"), pytest.mark.timeout(300)]
KEY = ECKey.generate_key("P-256")
USES = "refresh token used up"


@pytest.fixture(params=[60], ids=["60s"])
def foreign(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Foreign]:
    """Its access tokens live as many seconds as the parameter says."""
    with foreign_provider(tmp_path, request.param) as provider:
        yield provider


async def connector_at(api: httpx2.AsyncClient, foreign: Foreign, method: str = "none") -> str:
    """A connector that knows the provider by its issuer alone; its client is registered for its address."""
    oauth = {
        "issuer": foreign.url,
        "clientId": "to be registered",
        "scopes": ["openid", "offline_access"],
        "extraParams": {"prompt": "consent"},  # without it this provider gives no refresh token
    }
    body = {"name": "foreign", "baseUrl": foreign.url, "authType": "oauth2", "rateLimitConfig": FAST}
    made = await api.post("/connectors", json=body | {"oauthConfig": oauth})
    assert made.status_code == 201, made.text
    how: dict[str, Any] = {"token_endpoint_auth_method": method}
    if method == "private_key_jwt":
        how["jwks"] = {"keys": [KEY.as_dict(private=False)]}
    client = await foreign.register(made.json()["oauthConfig"]["redirectUri"], **how)
    known = {"clientId": client["client_id"], "tokenEndpointAuthMethod": method}
    if method == "private_key_jwt":
        known["privateKey"] = KEY.as_pem(private=True).decode()
    elif method != "none":
        known["clientSecret"] = client["client_secret"]
    path = f"/connectors/{made.json()['id']}"
    changed = await api.patch(path, json={"oauthConfig": known})
    assert changed.status_code == 200, changed.text
    return made.json()["id"]


async def connected(api: httpx2.AsyncClient, connector: str) -> None:
    begun = await started(api, connector)
    back = await api.get(await consented(begun["authorizationUrl"]))
    assert back.headers["location"] == "/?oauth=connected", back.headers


async def read(api: httpx2.AsyncClient, connector: str) -> None:
    tested = await api.post("/connectors/test-api", json={"connectorId": connector, "path": "/me"})
    assert tested.json()["ok"], tested.text


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"])
async def test_it_connects_renews_reads_and_is_told_of_the_end(
    admin: httpx2.AsyncClient, foreign: Foreign, method: str
) -> None:
    connector = await connector_at(admin, foreign, method)
    await connected(admin, connector)
    await read(admin, connector)
    for version in range(2, 6):
        renewed = await admin.post(f"/connectors/{connector}/token/refresh")
        assert (renewed.json()["status"], renewed.json()["version"]) == ("active", version), renewed.text
        await read(admin, connector)
    counts = await foreign.counts()
    assert (counts["authorization_code"], counts["refresh_token"], counts[USES]) == (1, 4, 4)
    assert (await admin.delete(f"/connectors/{connector}")).status_code == 202
    async with asyncio.timeout(90):
        while (await admin.get(f"/connectors/{connector}")).status_code != 404:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
    assert (await foreign.counts())["grant revoked"] == 1
    lines = (await admin.get(f"/audit?connectorId={connector}&action=token.revoked")).json()["items"]
    assert [line["detail"]["provider"] for line in lines] == ["confirmed"]


async def test_many_callers_use_a_single_use_token_once(admin: httpx2.AsyncClient, foreign: Foreign) -> None:
    connector = await connector_at(admin, foreign)
    await connected(admin, connector)
    for _ in range(2):
        asked = [admin.post(f"/connectors/{connector}/token/refresh") for _ in range(20)]
        assert {answer.json()["status"] for answer in await asyncio.gather(*asked)} == {"active"}
    token = (await admin.get(f"/connectors/{connector}/token")).json()
    counts = await foreign.counts()
    assert counts["refresh_token"] == counts[USES] == token["version"] - 1
    assert "grant revoked" not in counts
    await read(admin, connector)


@pytest.mark.parametrize("foreign", [10], ids=["10s"], indirect=True)
async def test_a_timer_renews_before_the_end(admin: httpx2.AsyncClient, foreign: Foreign) -> None:
    connector = await connector_at(admin, foreign)
    await connected(admin, connector)
    token = await until(admin, f"/connectors/{connector}/token", "version", 2)
    assert token["status"] == "active"
    await read(admin, connector)
    assert (await foreign.counts())["refresh_token"] == 1


async def test_another_redirect_uri_and_a_used_code_get_nothing(
    admin: httpx2.AsyncClient, foreign: Foreign
) -> None:
    connector = await connector_at(admin, foreign)
    begun = await started(admin, connector)
    async with httpx2.AsyncClient(timeout=30) as browser:
        url = begun["authorizationUrl"].replace("%2Foauth%2Fcallback", "%2Foauth%2Fcallback%2F")
        assert url != begun["authorizationUrl"]
        assert (await browser.get(url)).status_code == 400
    callback = await consented(begun["authorizationUrl"])
    answers = await asyncio.gather(admin.get(callback), admin.get(callback))
    assert min(answer.headers["location"] for answer in answers) == "/?oauth=connected"
    counts = await foreign.counts()
    assert counts["authorization_code"] == 1
    assert "grant revoked" not in counts
    await read(admin, connector)
