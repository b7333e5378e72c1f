"""What could not be read is refused at every way in, with a pointer, before anything is stored or started."""

from typing import Any

import httpx2
import pytest

from tests.api.test_connectors import REST, created, pointers

BAD = "$.["
EXPORT = {
    "start": {"path": "/exports"},
    "status": {"path": "/exports/{job}"},
    "download": {"path": "/f/{job}"},
}
PARENT = {"path": "/v1/users", "field": "id", "as": "user"}
ORDER = {"path": "/v1/orders", "dataset": {"name": "never"}}
OF_EXPORT = {"dataset": {"name": "never"}}
OF_WINDOWS = ORDER | {"params": {"from": "{from}", "to": "{to}"}}
OF_PARENT = {"path": "/v1/users/{user}/orders", "dataset": {"name": "never"}}
OF_BOTH: list[tuple[dict[str, Any], str]] = [
    ({"pagination": {"type": "next_url", "nextPath": BAD}}, "/pagination/nextPath"),
    ({"pagination": {"type": "cursor", "cursorParam": "c", "cursorPath": "n"}}, "/pagination/cursorPath"),
    ({"pagination": {"type": "offset", "totalPath": "$..a..b"}}, "/pagination/totalPath"),
    ({"pagination": {"type": "page_number", "totalPagesPath": BAD}}, "/pagination/totalPagesPath"),
    ({"pagination": {"type": "relay"}}, "/pagination"),
    (
        {"errorRules": [{"status": 500, "action": "retry"}, {"path": BAD, "action": "fail"}]},
        "/errorRules/1/path",
    ),
]
OF_FETCH: list[tuple[dict[str, Any], str]] = [
    (ORDER | {"path": "https://ada:canary@api.example.com/v1/orders"}, "/path"),
    (ORDER | {"path": "https://elsewhere.example.com/v1/orders"}, "/path"),
    (ORDER | {"path": "//elsewhere.example.com/v1/orders"}, "/path"),
    (ORDER | {"path": "/v1/../admin"}, "/path"),
    (ORDER | {"dataset": {"name": "a\nb"}}, "/dataset/name"),
    (
        OF_WINDOWS | {"dateWindows": {"from": "2020-01-01", "to": "9999-12-31", "days": 3660}},
        "/dateWindows/to",
    ),
    (OF_PARENT | {"forEach": PARENT | {"path": "/../users"}}, "/forEach/path"),
    *(
        (
            OF_EXPORT | {"asyncExport": EXPORT | {part: {"path": "/../{job}"}}},
            f"/asyncExport/{part}/path",
        )
        for part in EXPORT
    ),
    *((ORDER | change, pointer) for change, pointer in OF_BOTH),
    (ORDER | {"recordPath": BAD}, "/recordPath"),
    (OF_PARENT | {"forEach": PARENT | {"recordPath": BAD}}, "/forEach/recordPath"),
    (OF_PARENT | {"forEach": PARENT | {"pagination": {"type": "relay"}}}, "/forEach/pagination"),
    (
        OF_EXPORT | {"asyncExport": EXPORT | {"start": {"path": "/exports", "jobIdPath": BAD}}},
        "/asyncExport/start/jobIdPath",
    ),
    (
        OF_EXPORT | {"asyncExport": EXPORT | {"status": {"path": "/e/{job}", "statusPath": BAD}}},
        "/asyncExport/status/statusPath",
    ),
    (OF_EXPORT | {"asyncExport": EXPORT | {"download": {"urlPath": BAD}}}, "/asyncExport/download/urlPath"),
]


@pytest.mark.parametrize(("change", "pointer"), OF_BOTH, ids=str)
async def test_a_connector_that_could_not_be_read_is_neither_made_nor_changed_nor_tested(
    editor: httpx2.AsyncClient, change: dict[str, Any], pointer: str
) -> None:
    assert pointers(await editor.post("/connectors", json=REST | change)) == {pointer}
    made = await created(editor, REST)
    assert pointers(await editor.patch(f"/connectors/{made['id']}", json=change)) == {pointer}
    tested = await editor.post("/connectors/test-api", json={"connector": REST | change})
    assert pointers(tested) == {f"/connector{pointer}"}
    assert (await editor.get("/connectors")).json()["items"] == [made]


@pytest.mark.parametrize(("order", "pointer"), OF_FETCH, ids=str)
async def test_a_fetch_that_could_not_be_read_is_neither_started_nor_scheduled(
    editor: httpx2.AsyncClient, order: dict[str, Any], pointer: str
) -> None:
    connector = (await created(editor, REST))["id"]
    assert pointers(await editor.post(f"/connectors/{connector}/fetch", json=order)) == {pointer}
    schedule = {"name": "s", "connectorId": connector, "fetch": order, "every": "1h"}
    assert pointers(await editor.post("/schedules", json=schedule)) == {f"/fetch{pointer}"}
    assert (await editor.get("/runs")).json()["items"] == []
    assert (await editor.get("/schedules")).json()["items"] == []


async def test_a_schedule_keeps_what_it_fetches_where_the_change_could_not_be_read(
    editor: httpx2.AsyncClient,
) -> None:
    connector = (await created(editor, REST))["id"]
    schedule = {"name": "s", "connectorId": connector, "fetch": ORDER, "every": "1h", "paused": True}
    made = (await editor.post("/schedules", json=schedule)).json()
    place = f"/schedules/{made['id']}"
    refused = await editor.patch(place, json={"fetch": ORDER | {"recordPath": BAD}})
    assert pointers(refused) == {"/fetch/recordPath"}
    assert (await editor.get(place)).json()["fetch"] == made["fetch"]


async def test_a_graphql_connector_may_page_by_relay_and_needs_paths_that_are_some(
    editor: httpx2.AsyncClient,
) -> None:
    graphql = REST | {"apiType": "graphql"}
    await created(editor, graphql | {"pagination": {"type": "relay", "connectionPath": "$.data.users"}})
    bad = {"pagination": {"type": "relay", "connectionPath": BAD}}
    assert pointers(await editor.post("/connectors", json=graphql | bad)) == {"/pagination/connectionPath"}


@pytest.mark.parametrize("wrong", [{"type": "canary"}, "canary", {}, 7], ids=str)
async def test_a_pagination_that_is_none_is_answered_with_those_that_are(
    editor: httpx2.AsyncClient, wrong: Any
) -> None:
    connector = (await created(editor, REST))["id"]
    answer = await editor.post(f"/connectors/{connector}/fetch", json=ORDER | {"pagination": wrong})
    (problem,) = answer.json()["errors"]
    assert problem["pointer"] == "/pagination", answer.text
    if wrong != {}:
        assert all(word in problem["detail"] for word in ("next_url", "page_number", "relay"))
    assert "canary" not in answer.text


async def test_a_pagination_is_judged_as_what_it_says_it_is(editor: httpx2.AsyncClient) -> None:
    connector = (await created(editor, REST))["id"]
    cursor = {"pagination": {"type": "cursor", "cursorPath": "$.next"}}
    refused = await editor.post(f"/connectors/{connector}/fetch", json=ORDER | cursor)
    assert pointers(refused) == {"/pagination/cursorParam"}


async def test_names_hold_no_control_characters(editor: httpx2.AsyncClient) -> None:
    made = await created(editor, REST)
    for name in ("\u0000", "a\nb", "\u001b[31m"):
        assert pointers(await editor.post("/connectors", json=REST | {"name": name})) == {"/name"}
        assert pointers(await editor.patch(f"/connectors/{made['id']}", json={"name": name})) == {"/name"}
        schedule = {"name": name, "connectorId": made["id"], "fetch": ORDER, "every": "1h"}
        assert pointers(await editor.post("/schedules", json=schedule)) == {"/name"}


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer"),
    [
        ("PATCH", "/runs/any", {"requestsPerMinute": True}, "/requestsPerMinute"),
        ("POST", "/datasets/any/reset", {"from": True}, "/from"),
        (
            "POST",
            "/connectors",
            REST | {"rateLimitConfig": {"burstLimit": True}},
            "/rateLimitConfig/burstLimit",
        ),
        (
            "PATCH",
            "/connectors/any",
            {"rateLimitConfig": {"burstLimit": True}},
            "/rateLimitConfig/burstLimit",
        ),
        ("POST", "/connectors/any/fetch", ORDER | {"limits": {"maxPages": True}}, "/limits/maxPages"),
        (
            "POST",
            "/connectors/any/fetch",
            ORDER | {"pagination": {"type": "offset", "limit": True}},
            "/pagination/limit",
        ),
    ],
    ids=str,
)
async def test_true_is_no_number(
    editor: httpx2.AsyncClient, method: str, path: str, body: dict[str, Any], pointer: str
) -> None:
    assert pointers(await editor.request(method, path, json=body)) == {pointer}


@pytest.mark.parametrize("path", ["http://127.0.0.1:31739/", "//elsewhere/", "/../x", "/v1/%2e%2e/x"])
async def test_a_test_stays_below_the_base_url(editor: httpx2.AsyncClient, path: str) -> None:
    """Nothing is started: no worker runs here."""
    made = await created(editor, REST)
    for whose in ({"connectorId": made["id"]}, {"connector": REST}):
        answer = await editor.post("/connectors/test-api", json={**whose, "path": path})
        assert pointers(answer) == {"/path"}
        assert answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(("auth_type", "field"), [("bearer", "bearerToken"), ("apikey", "apiKey")])
async def test_a_secret_that_cannot_be_sent_is_refused(
    editor: httpx2.AsyncClient, auth_type: str, field: str
) -> None:
    config = {"apiKeyConfig": {"location": "query", "keyName": "key"}} if auth_type == "apikey" else {}
    fitting = REST | config | {"authType": auth_type}
    refused = await editor.post("/connectors", json=fitting | {field: "canary\n"})
    assert pointers(refused) == {f"/{field}"}
    assert "canary" not in refused.text
    made = await created(editor, fitting | {field: "good"})
    refused = await editor.patch(f"/connectors/{made['id']}", json={field: "canary\r\nX: 1"})
    assert pointers(refused) == {f"/{field}"}


@pytest.mark.parametrize("field", ["bearerToken", "apiKey"])
async def test_a_secret_that_no_header_can_carry_is_refused(editor: httpx2.AsyncClient, field: str) -> None:
    by_key = {"authType": "apikey", "apiKeyConfig": {"keyName": "X-Key"}}
    way = by_key if field == "apiKey" else {"authType": "bearer"}
    refused = await editor.post("/connectors", json=REST | way | {field: "canary€"})
    assert pointers(refused) == {f"/{field}"}
    assert "canary" not in refused.text


async def test_spaces_around_a_header_s_value_are_left_out(editor: httpx2.AsyncClient) -> None:
    made = await created(editor, REST | {"headers": {"X-Shop": " one two "}})
    assert made["headers"] == {"X-Shop": "one two"}


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
async def test_a_body_that_does_not_say_it_is_json_is_told_what_to_say(
    editor: httpx2.AsyncClient, kind: str | None
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = await editor.post("/connectors", content=b'{"name": "Shop"}', headers=headers)
    assert pointers(answer) == {""}
    assert "Content-Type: application/json" in answer.text


@pytest.mark.parametrize(
    ("path", "wrong", "takes"),
    [
        ("/runs?stauts=failed", "/query/stauts", "connectorId, datasetId, scheduleId, status"),
        ("/connectors?limit=5&offset=5", "/query/offset", "limit, cursor"),
        ("/audit?a~/b", "/query/a~0~1b", "connectorId"),
    ],
)
async def test_a_misspelt_filter_does_not_list_everything(
    admin: httpx2.AsyncClient, path: str, wrong: str, takes: str
) -> None:
    refused = await admin.get(path)
    assert refused.status_code == 422
    (problem,) = refused.json()["errors"]
    assert problem["pointer"] == wrong
    assert takes in problem["detail"]
