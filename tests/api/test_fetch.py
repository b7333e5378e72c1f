"""The main job over HTTP, with a real worker against the sample API: test, discover, fetch, read, export."""

import asyncio
import csv
import io
import json
from typing import Any

import httpx2
import pyarrow.parquet as pq
import pytest

from tests.api.conftest import Door
from tests.ports import free_port

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]
FAST = {"requestsPerMinute": 100_000, "burstLimit": 10_000}


async def connected(client: httpx2.AsyncClient, sample_url: str, **changed: Any) -> str:
    body = {"name": "Shop", "baseUrl": sample_url, "rateLimitConfig": FAST} | changed
    answer = await client.post("/connectors", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def ended(client: httpx2.AsyncClient, run_id: str, *statuses: str) -> dict[str, Any]:
    """The run once it has one of these statuses (a final one when none is named)."""
    wanted = statuses or ("succeeded", "failed", "canceled")
    async with asyncio.timeout(60):
        while True:
            run = (await client.get(f"/runs/{run_id}")).json()
            if run["status"] in wanted:
                return run
            assert run["status"] not in {"succeeded", "failed", "canceled"}, run
            await asyncio.sleep(0.1)


async def test_from_an_address_to_a_dataset(
    editor: httpx2.AsyncClient, viewer: httpx2.AsyncClient, sample_url: str
) -> None:
    connector = await connected(
        editor, f"{sample_url}/bearer", authType="bearer", bearerToken="sample-bearer-token"
    )
    draft = {"connectorId": connector, "path": "/v1/users"}
    tested = (await editor.post("/connectors/test-api", json=draft)).json()
    assert tested["ok"], tested
    assert tested["statusCode"] == 200
    assert 0 < len(tested["sample"]["rows"]) <= 20
    assert tested["workflowId"].startswith("check/")
    assert (await viewer.get(f"/connectors/{connector}")).json()["status"] == "connected"
    last = (await viewer.get(f"/connectors/{connector}/health")).json()["lastCheck"]
    assert last["result"]["ok"]
    assert last["result"]["sample"] is None

    found = (await viewer.get(f"/connectors/{connector}/endpoints")).json()
    assert (found["source"], found["cached"]) == ("openapi", False)
    assert (await viewer.get(f"/connectors/{connector}/endpoints")).json()["cached"] is True

    order = {"path": "/v1/users", "dataset": {"name": "users"}}
    accepted = await editor.post(f"/connectors/{connector}/fetch", json=order)
    assert accepted.status_code == 202, accepted.text
    run_id, dataset_id = accepted.json()["runId"], accepted.json()["datasetId"]
    assert accepted.headers["location"] == f"/api/v2/runs/{run_id}"
    run = await ended(viewer, run_id)
    assert run["status"] == "succeeded", run
    dataset = (await viewer.get(f"/datasets/{dataset_id}")).json()
    assert dataset["rowCount"] == run["rows"] > 20
    await reads_and_exports(viewer, dataset)
    log = (await viewer.get(f"/runs/{run_id}/requests?limit=200")).json()["items"]
    assert len(log) == run["requests"]
    assert "sample-bearer-token" not in json.dumps(log)


async def reads_and_exports(viewer: httpx2.AsyncClient, dataset: dict[str, Any]) -> None:
    place, count = f"/datasets/{dataset['id']}", dataset["rowCount"]
    rows = (await viewer.get(f"{place}/rows", params={"limit": 10, "offset": count - 3})).json()
    assert (len(rows["rows"]), rows["rowCount"]) == (3, count)
    as_csv = await viewer.get(f"{place}/export?format=csv")
    assert len(list(csv.DictReader(io.StringIO(as_csv.text)))) == count
    assert as_csv.headers["content-disposition"].startswith('attachment; filename="users.csv"')
    as_lines = await viewer.get(f"{place}/export?format=jsonl")
    assert len([json.loads(line) for line in as_lines.text.splitlines()]) == count
    as_parquet = await viewer.get(f"{place}/export")
    assert pq.read_table(io.BytesIO(as_parquet.content)).num_rows == count


async def test_an_api_that_cannot_be_asked_is_no_api_without_a_description(
    editor: httpx2.AsyncClient,
) -> None:
    connector = await connected(editor, f"http://127.0.0.1:{free_port()}")
    answer = await editor.get(f"/connectors/{connector}/endpoints", timeout=60)
    assert answer.status_code == 502, answer.text
    assert answer.json()["type"] == "urn:varlor:problem:source"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "expected"), [("/v1/users", "invalid_credential"), ("/nothing-here", "not_found")]
)
async def test_a_failed_test_is_an_answer(
    editor: httpx2.AsyncClient, sample_url: str, path: str, expected: str
) -> None:
    base = f"{sample_url}/bearer" if expected == "invalid_credential" else sample_url
    draft: dict[str, Any] = {"name": "x", "baseUrl": base}
    if expected == "invalid_credential":
        draft |= {"authType": "bearer", "bearerToken": "canary-wrong-token"}
    answer = await editor.post("/connectors/test-api", json={"connector": draft, "path": path})
    assert answer.status_code == 200
    assert answer.json()["ok"] is False
    assert answer.json()["error"]["type"] == expected
    assert "canary" not in answer.text


async def test_a_test_or_discovery_that_cannot_be_made_says_why(
    editor: httpx2.AsyncClient, sample_url: str
) -> None:
    connector = await connected(editor, sample_url, authType="bearer")
    tested = await editor.post("/connectors/test-api", json={"connectorId": connector})
    asked = await editor.get(f"/connectors/{connector}/endpoints")
    for answer in (tested, asked):
        assert answer.status_code == 422, answer.text
        assert "no bearer token" in answer.json()["detail"]


async def test_the_same_key_starts_one_run_and_one_test(editor: httpx2.AsyncClient, sample_url: str) -> None:
    connector = await connected(editor, sample_url)
    order = {"path": "/v1/users", "dataset": {"name": "once"}, "limits": {"maxPages": 1}}
    key = {"Idempotency-Key": "order-1"}
    first = await editor.post(f"/connectors/{connector}/fetch", json=order, headers=key)
    again = await editor.post(f"/connectors/{connector}/fetch", json=order, headers=key)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert len((await editor.get("/runs")).json()["items"]) == 1
    other = await editor.post(
        f"/connectors/{connector}/fetch", json=order | {"path": "/v1/orders"}, headers=key
    )
    assert other.status_code == 422
    assert other.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"
    key = {"Idempotency-Key": "test-1"}
    draft = {"connectorId": connector, "path": "/v1/users"}
    tests = [await editor.post("/connectors/test-api", json=draft, headers=key) for _ in range(2)]
    assert tests[0].json() == tests[1].json()
    assert tests[0].json()["ok"]
    assert (await ended(editor, first.json()["runId"]))["status"] == "succeeded"


async def test_a_run_is_paused_slowed_resumed_and_canceled(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient, sample_url: str
) -> None:
    connector = await connected(
        editor, sample_url, rateLimitConfig={"requestsPerMinute": 60, "burstLimit": 1}
    )
    order = {"path": "/v1/events", "params": {"limit": 5}, "dataset": {"name": "slow"}}
    run_id = (await editor.post(f"/connectors/{connector}/fetch", json=order)).json()["runId"]
    await ended(editor, run_id, "running")
    assert (await editor.post(f"/runs/{run_id}/pause")).json()["status"] == "paused"
    slowed = await editor.patch(f"/runs/{run_id}", json={"requestsPerMinute": 30})
    assert slowed.json()["requestsPerMinute"] == 30
    assert (await editor.patch(f"/runs/{run_id}", json={"requestsPerMinute": 0})).status_code == 422
    dataset_id = (await editor.get(f"/runs/{run_id}")).json()["datasetId"]
    assert (await admin.delete(f"/datasets/{dataset_id}")).status_code == 409
    assert (await editor.post(f"/runs/{run_id}/resume")).json()["status"] == "running"
    assert (await editor.post(f"/runs/{run_id}/cancel")).status_code == 200
    assert (await ended(editor, run_id))["status"] == "canceled"
    for act in ("pause", "resume", "cancel"):
        assert (await editor.post(f"/runs/{run_id}/{act}")).status_code == 409
    assert (await admin.delete(f"/datasets/{dataset_id}")).status_code == 204
    assert (await admin.get(f"/datasets/{dataset_id}")).status_code == 404
    actions = {line["action"] for line in (await admin.get("/audit")).json()["items"]}
    assert {"fetch.started", "run.paused", "run.resumed", "run.canceled", "dataset.deleted"} <= actions


async def test_deleting_a_connector_stops_its_syncs_and_keeps_its_datasets(
    door: Door, editor: httpx2.AsyncClient, sample_url: str
) -> None:
    connector = await connected(
        editor, sample_url, rateLimitConfig={"requestsPerMinute": 60, "burstLimit": 1}
    )
    order = {"path": "/v1/events", "params": {"limit": 5}, "dataset": {"name": "kept"}}
    started = (await editor.post(f"/connectors/{connector}/fetch", json=order)).json()
    await ended(editor, started["runId"], "running")
    async with door.as_role("admin") as admin:
        assert (await admin.delete(f"/connectors/{connector}")).status_code == 202
    async with asyncio.timeout(60):
        while True:
            if (await editor.get(f"/connectors/{connector}")).status_code == 404:
                break
            await asyncio.sleep(0.1)
    assert (await ended(editor, started["runId"]))["status"] == "canceled"
    assert (await editor.get(f"/datasets/{started['datasetId']}")).status_code == 200


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"path": None}, ""),
        ({"endpointId": "GET /v1/users"}, ""),
        ({"headers": {"Authorization": "canary"}}, "/headers/Authorization"),
        ({"dataset": {}}, "/dataset"),
        ({"dataset": {"name": "x", "writeMode": "merge"}}, "/dataset"),
        ({"dataset": {"name": "a\nb"}}, "/dataset/name"),
        ({"limits": {"maxPages": 0}}, "/limits/maxPages"),
        ({"method": "DELETE"}, "/method"),
        ({"params": {"a\x00": 1}}, "/params/a\x00"),
        ({"pagination": {"type": "keyset"}}, "/pagination/field"),
        ({"tenantId": "rival"}, "/tenantId"),
    ],
    ids=str,
)
async def test_a_bad_order_is_refused_by_pointer(
    editor: httpx2.AsyncClient, sample_url: str, change: dict[str, Any], pointer: str
) -> None:
    connector = await connected(editor, sample_url)
    order = {"path": "/v1/users", "dataset": {"name": "never"}} | change
    answer = await editor.post(f"/connectors/{connector}/fetch", json=order)
    assert answer.status_code == 422, answer.text
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    assert "canary" not in answer.text
    assert (await editor.get("/datasets")).json()["items"] == []


async def test_without_its_credential_a_connector_fetches_nothing(
    editor: httpx2.AsyncClient, sample_url: str
) -> None:
    connector = await connected(editor, sample_url, authType="bearer")
    order = {"path": "/v1/users", "dataset": {"name": "never"}}
    assert (await editor.post(f"/connectors/{connector}/fetch", json=order)).status_code == 409
