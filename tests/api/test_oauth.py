"""Connecting over HTTP with a real authorization server, worker, Temporal, Valkey and database."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from api.services import Services
from tests.api.conftest import Door
from tests.api.oauth_kit import Provider, connect, consented, created, new_provider, started, until
from varlor.ports import Identity, Role

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]


@pytest.fixture
def provider(sample_url: str) -> Provider:
    return new_provider(sample_url)


async def test_a_user_connects_once_and_fetches(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient, provider: Provider
) -> None:
    connector = await created(editor, provider)
    assert (connector["status"], connector["hasCredential"]) == ("needs_auth", False)
    begun = await started(editor, connector["id"], returnTo="/connectors?tab=1")
    asked = parse_qs(urlsplit(begun["authorizationUrl"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"] == [begun["state"]]
    assert begun["workflowId"].startswith("onboard/")
    back = await editor.get(await consented(begun["authorizationUrl"]))
    assert (back.status_code, back.headers["location"]) == (303, "/connectors?tab=1&oauth=connected")
    await until(editor, f"/connectors/{connector['id']}", "status", "connected", "error")
    token = (await editor.get(f"/connectors/{connector['id']}/token")).json()
    assert (token["status"], token["version"]) == ("active", 1)
    assert token["nextRefreshAt"] < token["expiresAt"]
    order = {"path": "/v1/users", "dataset": {"name": "users"}}
    run = (await editor.post(f"/connectors/{connector['id']}/fetch", json=order)).json()
    ended = await until(editor, f"/runs/{run['runId']}", "status", "succeeded", "failed")
    assert ended["status"] == "succeeded", ended
    lines = (await admin.get(f"/audit?connectorId={connector['id']}&limit=100")).json()["items"]
    actions = {line["action"] for line in lines}
    assert {"authorization.started", "authorization.completed", "token.exchanged", "token.used"} <= actions
    assert [line["detail"] for line in lines if line["action"] == "token.used"] == [{"openedUnder": "v1"}]


async def test_the_forged_and_the_replayed_are_refused_without_a_token_request(
    door: Door, editor: httpx2.AsyncClient, provider: Provider
) -> None:
    connector, other = await created(editor, provider), await created(editor, provider)
    await provider.register(connector["oauthConfig"]["redirectUri"])

    async def fresh() -> str:
        return await consented((await started(editor, connector["id"]))["authorizationUrl"])

    json_wanted = {"Accept": "application/json"}

    async def reason(client: httpx2.AsyncClient, path: str) -> str:
        answer = await client.get(path, headers=json_wanted)
        assert answer.status_code == 400, answer.text
        return answer.json()["reason"]

    callback = await fresh()
    assert await reason(editor, callback.replace("state=", "state=x")) == "invalid_state"
    async with door.client() as stranger:
        assert await reason(stranger, callback) == "wrong_browser"
    assert await reason(editor, callback) == "invalid_state"  # spent
    wrong = (await fresh()).replace(connector["id"], other["id"])
    assert await reason(editor, wrong) == "wrong_connector"
    assert await reason(editor, f"/connectors/oauth/callback?{(await fresh()).partition('?')[2]}") == (
        "wrong_connector"
    )
    stale = await fresh()
    callback = await fresh()
    assert await reason(editor, stale) in {"superseded", "wrong_browser"}
    assert await provider.requests("authorization_code") == 0
    last = await editor.get(callback, headers=json_wanted)
    assert last.json()["oauth"] == "connected", last.text
    assert await provider.requests("authorization_code") == 1


@pytest.mark.parametrize("whose", ["another user", "another tenant"])
async def test_a_callback_in_somebody_elses_session_is_refused(
    door: Door, services: Services, editor: httpx2.AsyncClient, provider: Provider, whose: str
) -> None:
    connector = (await created(editor, provider))["id"]
    callback = await consented((await started(editor, connector))["authorizationUrl"])
    subject = "eve" if whose == "another user" else f"editor@{door.tenant}"
    tenant = door.tenant if whose == "another user" else f"{door.tenant}-other"
    until_then = datetime.now(UTC) + timedelta(minutes=5)
    guest = Identity(subject, tenant, frozenset[Role]({"admin"}), until_then)
    session, _ = await services.sessions.redeem(await services.sessions.invite(guest))
    editor.cookies.set("varlor_session", session)  # in the very browser that the attempt is bound to
    refused = await editor.get(callback)
    assert refused.headers["location"] == "/?oauth=error&reason=wrong_user"
    assert await provider.requests("authorization_code") == 0


@pytest.mark.parametrize(
    "query",
    [
        "code=a&code=b&state=s",
        "code=a&state=s&state=t",
        "code=a",
        "state=s",
        "code=a&state=s&error=access_denied",
        f"code=a&state={'s' * 600}",
        "code=a&state=s&iss=a&iss=b",
    ],
)
async def test_a_callback_no_provider_sends_is_400(nobody: httpx2.AsyncClient, query: str) -> None:
    for path in ("/connectors/oauth/callback", "/connectors/con_x/oauth/callback"):
        answer = await nobody.get(f"{path}?{query}")
        assert answer.status_code == 400, answer.text
        assert answer.json()["type"] == "urn:varlor:problem:malformed-callback"


async def test_two_callbacks_at_once_make_one_token_request(
    editor: httpx2.AsyncClient, provider: Provider
) -> None:
    connector = await created(editor, provider)
    callback = await consented((await started(editor, connector["id"]))["authorizationUrl"])
    answers = await asyncio.gather(*(editor.get(callback) for _ in range(8)))
    told = sorted(answer.headers["location"] for answer in answers)
    assert told.count("/?oauth=connected") == 1
    assert set(told[1:]) == {"/?oauth=error&reason=invalid_state"}
    assert await provider.requests("authorization_code") == 1


async def test_a_user_who_says_no_is_told_so(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient, provider: Provider
) -> None:
    connector = await created(editor, provider)
    begun = await started(editor, connector["id"])
    back = await editor.get(await consented(begun["authorizationUrl"], "deny"))
    assert back.headers["location"] == "/?oauth=error&reason=access_denied"
    lines = (await admin.get(f"/audit?connectorId={connector['id']}")).json()["items"]
    assert "authorization.denied" in {line["action"] for line in lines}
    begun = await started(editor, connector["id"])
    odd = f"/connectors/{connector['id']}/oauth/callback?state={begun['state']}&error=<script>alert(1)"
    assert (await editor.get(odd)).headers["location"] == "/?oauth=error&reason=provider_error"


@pytest.mark.parametrize(
    "target",
    [
        *("https://evil.example", "//evil.example", "/\\evil.example", "\\/evil.example", "/\t/evil.example"),
        *("/a//evil.example", "javascript:alert(1)", "evil.example", "", "/%5cevil.example", "/ok#//evil"),
        *("/%2f/evil.example", "/\u2028x", "/ evil", "/%0d%0aLocation:x", "///evil.example"),
    ],
)
async def test_a_return_to_elsewhere_is_refused(editor: httpx2.AsyncClient, target: str) -> None:
    body = {"connectorId": "con_x", "returnTo": target}
    answer = await editor.post("/connectors/oauth/start", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == "/returnTo"
    assert "evil" not in answer.text


async def test_the_issuer_must_be_the_one_that_was_asked(
    editor: httpx2.AsyncClient, provider: Provider
) -> None:
    connector = await created(editor, provider, issuer=provider.url, authorizationUrl=None, tokenUrl=None)
    callback = await consented((await started(editor, connector["id"]))["authorizationUrl"])
    parts = urlsplit(callback)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert query["iss"] == provider.url
    changed = httpx2.QueryParams(query | {"iss": "https://evil.example"})
    assert (await editor.get(f"{parts.path}?{changed}")).headers["location"].endswith("wrong_issuer")
    callback = await consented((await started(editor, connector["id"]))["authorizationUrl"])
    query = {name: values[0] for name, values in parse_qs(urlsplit(callback).query).items()}
    del query["iss"]
    absent = await editor.get(f"{parts.path}?{httpx2.QueryParams(query)}")
    assert absent.headers["location"].endswith("wrong_issuer")
    assert await provider.requests("authorization_code") == 0
    assert (await connect(editor, connector["id"])).headers["location"] == "/?oauth=connected"


async def test_a_revoked_token_stops_at_once_and_a_deletion_revokes_too(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient, provider: Provider
) -> None:
    connector = (await created(editor, provider))["id"]
    await connect(editor, connector)
    assert (await editor.post(f"/connectors/{connector}/token/revoke")).status_code == 403
    revoked = await admin.post(f"/connectors/{connector}/token/revoke")
    assert revoked.json()["status"] == "revoked", revoked.text
    assert (await editor.get(f"/connectors/{connector}")).json()["status"] == "revoked"
    assert (await editor.post(f"/connectors/{connector}/token/refresh")).status_code == 409
    await connect(editor, connector)
    assert (await editor.get(f"/connectors/{connector}/token")).json()["status"] == "active"
    assert (await admin.delete(f"/connectors/{connector}")).status_code == 202
    async with asyncio.timeout(60):
        while (await editor.get(f"/connectors/{connector}")).status_code != 404:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.1)
    grants = [g for g in await provider.steer("/grants", method="GET") if g["clientId"] == provider.client_id]
    assert [grant["ended"] for grant in grants] == ["revoked", "revoked"], grants
    lines = (await admin.get(f"/audit?connectorId={connector}&action=token.revoked")).json()["items"]
    assert [line["detail"]["provider"] for line in lines] == ["confirmed", "confirmed"]
    assert all(line["detail"]["openedUnder"] for line in lines)


async def test_a_machine_connects_by_itself(editor: httpx2.AsyncClient, provider: Provider) -> None:
    body: dict[str, Any] = {
        "name": "machine",
        "baseUrl": f"{provider.url}/oauth2",
        "authType": "oauth2",
        "oauthConfig": {
            "grant": "client_credentials",
            "tokenUrl": f"{provider.url}/oauth/token",
            "clientId": provider.client_id,
            "tokenEndpointAuthMethod": "client_secret_basic",
        },
    }
    method = {"token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"]}
    await provider.register("https://unused.example/", **method)
    made = await editor.post(
        "/connectors", json=body | {"oauthConfig": body["oauthConfig"] | {"clientSecret": provider.secret}}
    )
    connector = made.json()["id"]
    assert provider.secret not in json.dumps(made.json())
    assert made.json()["hasCredential"] is True
    assert (await editor.post("/connectors/oauth/start", json={"connectorId": connector})).status_code == 409
    await provider.fault("server_error", times=1)
    wanted = {"connectorId": connector, "path": "/v1/users"}
    down = (await editor.post("/connectors/test-api", json=wanted)).json()
    assert (down["error"]["type"], down["error"]["title"]) == ("unreachable", "No token"), "no rate limit"
    assert "authorization server" in down["error"]["detail"]
    await editor.post(f"/connectors/{connector}/token/refresh")
    tested = await editor.post("/connectors/test-api", json=wanted)
    assert tested.json()["ok"], tested.text
    token = (await editor.post(f"/connectors/{connector}/token/refresh")).json()
    assert (token["status"], token["version"]) == ("active", 2)


async def test_an_unsaved_machine_is_really_tested_and_its_token_is_kept_nowhere(
    editor: httpx2.AsyncClient, provider: Provider
) -> None:
    method = {"token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"]}
    await provider.register("https://unused.example/", **method)
    oauth = {"grant": "client_credentials", "tokenUrl": f"{provider.url}/oauth/token"}
    oauth |= {"clientId": provider.client_id, "tokenEndpointAuthMethod": "client_secret_basic"}
    machine = {"name": "unsaved", "baseUrl": f"{provider.url}/oauth2", "authType": "oauth2"}

    async def tested(**more: Any) -> httpx2.Response:
        body = {"connector": machine | {"oauthConfig": oauth | more}, "path": "/v1/users"}
        return await editor.post("/connectors/test-api", json=body)

    good = await tested(clientSecret=provider.secret)
    assert good.json()["ok"], good.text
    wrong = (await tested(clientSecret="wrong")).json()
    assert (wrong["ok"], wrong["error"]["type"]) == (False, "invalid_credential")
    assert "invalid_client" in wrong["error"]["detail"]
    for grant, remedy in (("authorization_code", "/connectors/oauth/start"), ("refresh_token", "single use")):
        refused = await tested(grant=grant, authorizationUrl=f"{provider.url}/oauth/authorize")
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/connector/authType"
        assert remedy in refused.json()["errors"][0]["detail"]


async def test_a_connector_that_is_pointed_elsewhere_is_revoked_where_it_was(
    admin: httpx2.AsyncClient, provider: Provider
) -> None:
    connector = (await created(admin, provider))["id"]
    await connect(admin, connector)
    moved = {"oauthConfig": {"tokenUrl": f"{provider.url}/elsewhere/token"}}
    answer = await admin.patch(f"/connectors/{connector}", json=moved)
    assert (answer.status_code, answer.json()["status"]) == (200, "needs_auth"), answer.text
    grants = [g for g in await provider.steer("/grants", method="GET") if g["clientId"] == provider.client_id]
    assert [grant["ended"] for grant in grants] == ["revoked"]
    lines = (await admin.get(f"/audit?connectorId={connector}&action=token.revoked")).json()["items"]
    assert [line["detail"]["provider"] for line in lines] == ["confirmed"]


async def test_what_one_tenant_asks_too_often_is_not_refused_to_another_behind_its_address(
    door: Door, editor: httpx2.AsyncClient
) -> None:
    body = {"connectorId": "con_missing"}
    for _ in range(250):  # a window may end in between
        if (await editor.post("/connectors/oauth/start", json=body)).status_code == 429:
            break
    else:
        pytest.fail("never refused")
    async with door.as_role("editor", f"{door.tenant}-other") as other:
        assert (await other.post("/connectors/oauth/start", json=body)).status_code == 404


async def test_the_oauth_routes_are_limited_per_tenant(
    door: Door,
    editor: httpx2.AsyncClient,
    nobody: httpx2.AsyncClient,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connector = (await created(editor, provider))["id"]
    monkeypatch.setattr("api.route_limits.PER_TENANT", 3)
    body = {"connectorId": "con_missing"}
    statuses = [(await editor.post("/connectors/oauth/start", json=body)).status_code for _ in range(8)]
    assert set(statuses) == {404, 429}
    assert statuses[-1] == 429
    refused = await editor.post("/connectors/oauth/start", json=body)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["type"] == "urn:varlor:problem:too-many-requests"
    async with door.as_role("editor", f"{door.tenant}-other") as other:
        assert (await other.post("/connectors/oauth/start", json=body)).status_code == 404
    for method, path in (("GET", "token"), ("POST", "token/refresh")):
        asked = [(await editor.request(method, f"/connectors/{connector}/{path}")) for _ in range(5)]
        assert [answer.status_code for answer in asked][-1] == 429, path
    async with door.as_role("admin", door.tenant) as admin:
        asked = [(await admin.post(f"/connectors/{connector}/token/revoke")) for _ in range(5)]
        assert [answer.status_code for answer in asked][-1] == 429
    monkeypatch.setattr("api.route_limits.PER_ADDRESS_SIGNED_IN", 2)
    async with door.as_role("editor", f"{door.tenant}-third") as third:
        asked = [(await third.post("/connectors/oauth/start", json=body)) for _ in range(3)]
        assert [answer.status_code for answer in asked][-1] == 429
    monkeypatch.setattr("api.route_limits.PER_ADDRESS", 1)
    path = "/connectors/oauth/callback?state=x&code=y"
    assert 429 in [(await nobody.get(path)).status_code for _ in range(3)]
