"""Connectors over HTTP: what is accepted, what is refused with a pointer, and what is never said again."""

from typing import Any

import httpx2
import pytest

from tests.api.conftest import Door

REST = {"name": "Shop", "baseUrl": "https://api.example.com/v1"}
BEARER = REST | {"authType": "bearer", "bearerToken": "canary-token"}
OAUTH = {"authType": "oauth2"}
MACHINE = {"grant": "client_credentials", "clientId": "c", "tokenUrl": "https://id.example.com/t"}
KEY = REST | {"authType": "apikey", "apiKey": "canary-key", "apiKeyConfig": {"keyName": "X-Key"}}


async def created(client: httpx2.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/connectors", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v2/connectors/{answer.json()['id']}"
    return answer.json()


def pointers(answer: httpx2.Response) -> set[str]:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {error["pointer"] for error in answer.json().get("errors", [])}


async def test_a_connector_is_created_read_listed_and_never_tells_its_secret(
    editor: httpx2.AsyncClient, viewer: httpx2.AsyncClient
) -> None:
    made = await created(editor, BEARER)
    assert made["status"] == "draft"
    assert made["hasCredential"] is True
    assert made["rateLimitConfig"] == {"requestsPerMinute": 60, "burstLimit": 10}
    read = await viewer.get(f"/connectors/{made['id']}")
    listed = await viewer.get("/connectors")
    assert read.json() == made
    assert listed.json() == {"items": [made], "nextCursor": None}
    assert "canary" not in read.text + listed.text


async def test_without_its_credential_a_connector_needs_one(editor: httpx2.AsyncClient) -> None:
    made = await created(editor, REST | {"authType": "bearer"})
    assert (made["status"], made["hasCredential"]) == ("needs_auth", False)
    answer = await editor.patch(f"/connectors/{made['id']}", json={"bearerToken": "first"})
    assert (answer.json()["status"], answer.json()["hasCredential"]) == ("draft", True)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"name": None}, "/name"),
        ({"baseUrl": "ftp://example.com"}, "/baseUrl"),
        ({"baseUrl": "http://10.0.0.1/"}, "/baseUrl"),
        ({"baseUrl": "http://169.254.169.254/latest"}, "/baseUrl"),
        ({"baseUrl": "http://2130706433/"}, "/baseUrl"),
        ({"baseUrl": "https://user:canary@example.com/"}, "/baseUrl"),
        ({"baseUrl": "not an address"}, "/baseUrl"),
        ({"headers": {"X\r\nY": "a"}}, "/headers/X\r\nY"),
        ({"headers": {"X": "a\r\nB: c"}}, "/headers/X"),
        ({"headers": {"Authorization": "Bearer canary"}}, "/headers/Authorization"),
        ({"headers": {"Cookie": "canary"}}, "/headers/Cookie"),
        ({"headers": {"hOsT": "elsewhere"}}, "/headers/hOsT"),
        ({"headers": {"Content-Length": "5"}}, "/headers/Content-Length"),
        ({"headers": {"Transfer-Encoding": "chunked"}}, "/headers/Transfer-Encoding"),
        ({"authType": "magic"}, "/authType"),
        ({"apiType": "webhook"}, "/baseUrl"),  # it calls nobody
        ({"authType": "apikey"}, "/apiKeyConfig"),
        ({"authType": "oauth2"}, "/oauthConfig"),
        (OAUTH | {"oauthConfig": {"clientId": "c"}}, "/oauthConfig"),
        ({"oauthConfig": {"clientId": "c", "tokenUrl": "javascript:x"}}, "/oauthConfig"),
        (OAUTH | {"oauthConfig": MACHINE | {"tokenUrl": "http://10.0.0.1/t"}}, "/oauthConfig/tokenUrl"),
        (OAUTH | {"oauthConfig": MACHINE | {"clientSecret": "canary"}}, "/oauthConfig/clientSecret"),
        (OAUTH | {"oauthConfig": MACHINE | {"extraParams": {"state": "x"}}}, "/oauthConfig"),
        (OAUTH | {"oauthConfig": MACHINE | {"scopes": ["a b"]}}, "/oauthConfig/scopes/0"),
        ({"bearerToken": "canary"}, "/bearerToken"),
        ({"authType": "bearer", "apiKey": "canary"}, "/apiKey"),
        ({"authType": "bearer", "bearerToken": ""}, "/bearerToken"),
        ({"authType": "bearer", "bearerToken": 5}, "/bearerToken"),
        ({"rateLimitConfig": {"requestsPerMinute": 0}}, "/rateLimitConfig/requestsPerMinute"),
        ({"rateLimitConfig": {"burstLimit": 10**9}}, "/rateLimitConfig/burstLimit"),
        ({"pagination": {"type": "canary"}}, "/pagination"),
        ({"pagination": {"type": "cursor", "cursorPath": "$.n"}}, "/pagination/cursorParam"),
        ({"pagination": {"type": "offset", "limit": 0}}, "/pagination/limit"),
        ({"tenantId": "rival"}, "/tenantId"),
        ({"status": "connected"}, "/status"),
        ({"id": "con_mine"}, "/id"),
        ({"createdBy": "root"}, "/createdBy"),
        ({"hasCredential": True}, "/hasCredential"),
    ],
    ids=str,
)
async def test_bad_fields_are_refused_by_pointer_and_not_repeated(
    editor: httpx2.AsyncClient, change: dict[str, Any], pointer: str
) -> None:
    answer = await editor.post("/connectors", json=REST | change)
    assert pointer in pointers(answer)
    assert "canary" not in answer.text
    assert (await editor.get("/connectors")).json()["items"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"connectorType": "database"}, "/connectorType"),
        ({"connectorType": "storage"}, "/connectorType"),
    ],
)
async def test_reserved_words_get_a_plain_answer(
    editor: httpx2.AsyncClient, change: dict[str, str], pointer: str
) -> None:
    answer = await editor.post("/connectors", json=REST | change)
    assert pointers(answer) == {pointer}
    assert answer.json()["type"] == "urn:varlor:problem:unsupported"


async def test_a_patch_merges_and_null_removes(editor: httpx2.AsyncClient) -> None:
    made = await created(
        editor,
        REST | {"headers": {"A": "1", "B": "2"}, "pagination": {"type": "offset", "limit": 5}},
    )
    change = {
        "headers": {"A": None, "C": "3"},
        "rateLimitConfig": {"burstLimit": 2},
        "pagination": {"type": "link_header"},
    }
    patched = (await editor.patch(f"/connectors/{made['id']}", json=change)).json()
    assert patched["headers"] == {"B": "2", "C": "3"}
    assert patched["rateLimitConfig"] == {"requestsPerMinute": 60, "burstLimit": 2}
    assert patched["pagination"] == {"type": "link_header"}
    assert patched["name"] == "Shop"
    bare = (await editor.patch(f"/connectors/{made['id']}", json={"pagination": None})).json()
    assert bare["pagination"] is None
    assert "/name" in pointers(await editor.patch(f"/connectors/{made['id']}", json={"name": None}))
    refused = await editor.patch(f"/connectors/{made['id']}", json={"headers": {"Host": "x"}})
    assert pointers(refused) == {"/headers/Host"}


async def test_a_stored_credential_never_follows_to_another_host(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    place = f"/connectors/{(await created(editor, BEARER))['id']}"
    for url in ("https://evil.example.net/v1", "http://api.example.com/v1", "https://api.example.com:444/"):
        assert pointers(await admin.patch(place, json={"baseUrl": url})) == {"/baseUrl"}
    moved = await editor.patch(place, json={"baseUrl": "https://API.example.com:443/v2"})
    assert (moved.status_code, moved.json()["hasCredential"]) == (200, True)
    again = {"baseUrl": "https://evil.example.net/", "bearerToken": "their-own"}
    assert (await editor.patch(place, json=again)).status_code == 403
    assert (await admin.patch(place, json=again)).status_code == 200


async def test_replacing_or_dropping_a_credential_needs_an_admin(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    place = f"/connectors/{(await created(editor, KEY))['id']}"
    for change in ({"apiKey": "other"}, {"apiKey": None}, {"authType": "none"}, {"authType": "bearer"}):
        assert (await editor.patch(place, json=change)).status_code == 403
    dropped = (await admin.patch(place, json={"authType": "bearer"})).json()
    assert (dropped["status"], dropped["hasCredential"]) == ("needs_auth", False)
    actions = [line["action"] for line in (await admin.get("/audit")).json()["items"]]
    assert actions[:2] == ["credential.replaced", "connector.updated"]


async def test_an_oauth_connector_says_what_to_register_and_keeps_its_secret(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    secret = MACHINE | {"tokenEndpointAuthMethod": "client_secret_post", "clientSecret": "canary-secret"}
    made = await created(editor, REST | OAUTH | {"oauthConfig": secret | {"redirectUri": "https://evil.net"}})
    place = f"/connectors/{made['id']}"
    own = f"http://varlor.test/api/v2{place}/oauth/callback"
    assert made["oauthConfig"]["redirectUri"] == own
    assert made["hasCredential"] is True
    shared = await editor.patch(place, json={"oauthConfig": {"redirect": "shared"}})
    assert (
        shared.json()["oauthConfig"]["redirectUri"] == "http://varlor.test/api/v2/connectors/oauth/callback"
    )
    assert (await editor.patch(place, json={"oauthConfig": {"clientSecret": "x"}})).status_code == 403
    elsewhere = {"oauthConfig": {"tokenUrl": "https://evil.example.net/t"}}
    assert (await editor.patch(place, json=elsewhere)).status_code == 403
    assert (await editor.patch(place, json={"baseUrl": "https://evil.example.net"})).status_code == 403
    moved = (await admin.patch(place, json=elsewhere)).json()
    assert moved["hasCredential"] is False
    answers = [made, shared.json(), moved, (await editor.get("/connectors")).json()]
    assert "canary" not in str(answers)


async def test_lists_come_in_slices(editor: httpx2.AsyncClient) -> None:
    names = [f"c{number}" for number in range(5)]
    for name in names:
        await created(editor, REST | {"name": name})
    seen: list[str] = []
    cursor: str | None = None
    while True:
        parameters = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        slice_ = (await editor.get("/connectors", params=parameters)).json()
        assert len(slice_["items"]) <= 2
        seen += [item["name"] for item in slice_["items"]]
        cursor = slice_["nextCursor"]
        if cursor is None:
            break
    assert seen == names[::-1]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=nonsense", f"cursor={'x' * 600}"]
)
async def test_a_bad_list_query_is_refused(viewer: httpx2.AsyncClient, query: str) -> None:
    assert (await viewer.get(f"/connectors?{query}")).status_code == 422


async def test_health_of_a_fresh_connector(editor: httpx2.AsyncClient, viewer: httpx2.AsyncClient) -> None:
    made = await created(editor, KEY)
    health = (await viewer.get(f"/connectors/{made['id']}/health")).json()
    assert health["lastCheck"] is None
    assert (health["token"]["status"], health["token"]["expiresAt"]) == ("active", None)
    assert health["rateLimit"]["requestsPerMinute"] == 60
    assert health["recent"] == {"runs": 0, "failed": 0}


async def test_deleting_is_accepted_again_and_again(door: Door, editor: httpx2.AsyncClient) -> None:
    made = await created(editor, BEARER)
    async with door.as_role("admin") as admin:
        first = await admin.delete(f"/connectors/{made['id']}")
        second = await admin.delete(f"/connectors/{made['id']}")
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert first.json()["workflowId"] == f"retire/{door.tenant}/{made['id']}"
    assert (await editor.get(f"/connectors/{made['id']}")).json()["status"] == "deleting"
    assert (await editor.patch(f"/connectors/{made['id']}", json={"name": "x"})).status_code == 409
