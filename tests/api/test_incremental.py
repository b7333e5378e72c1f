"""Incremental syncs over HTTP, with a real worker against the sample API: only what is new, and a reset."""

import asyncio
from typing import Any

import httpx2
import pytest

from tests.api.test_fetch import connected, ended

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]
ORDER: dict[str, Any] = {
    "path": "/v1/orders",
    "dataset": {"name": "orders", "writeMode": "merge", "primaryKey": ["id"]},
    "incremental": {"cursorField": "updated_at", "param": "updated_since", "lookback": 60},
}


async def synced(client: httpx2.AsyncClient, connector: str, order: dict[str, Any]) -> dict[str, Any]:
    accepted = await client.post(f"/connectors/{connector}/fetch", json=order)
    assert accepted.status_code == 202, accepted.text
    run = await ended(client, accepted.json()["runId"])
    assert run["status"] == "succeeded", run
    return run


async def first_of(client: httpx2.AsyncClient, schedule_id: str) -> dict[str, Any]:
    """The first run that the schedule has started."""
    async with asyncio.timeout(60):
        while True:
            runs = (await client.get(f"/runs?scheduleId={schedule_id}")).json()["items"]
            if runs:
                return runs[0]
            await asyncio.sleep(0.1)


async def asked(client: httpx2.AsyncClient, run: dict[str, Any]) -> str:
    """The URL of the run's first request."""
    return (await client.get(f"/runs/{run['id']}/requests")).json()["items"][-1]["url"]


async def test_the_second_sync_asks_for_what_is_new_until_a_reset(
    editor: httpx2.AsyncClient, sample_url: str
) -> None:
    connector = await connected(editor, sample_url)
    first = await synced(editor, connector, ORDER)
    dataset = (await editor.get(f"/datasets/{first['datasetId']}")).json()
    place, (position,) = f"/datasets/{dataset['id']}", dataset["incremental"]
    assert dataset["rowCount"] == first["rows"] > 100
    assert position["cursorField"] == "updated_at"
    assert position["source"] == "GET /v1/orders"
    assert position["runId"] == first["id"]
    newest = max(row["updated_at"] for row in (await editor.get(f"{place}/rows?limit=200")).json()["rows"])
    assert position["value"] == newest
    second = await synced(editor, connector, ORDER)
    assert 1 <= second["rows"] < 10
    assert "updated_since=" in await asked(editor, second)
    assert any("incremental" in note for note in second["notes"])
    assert (await editor.get(place)).json()["rowCount"] == dataset["rowCount"]

    answer = await editor.post(f"{place}/reset", json={})
    assert answer.status_code == 200, answer.text
    assert answer.json()["incremental"] == []
    assert answer.json()["reset"] == {"from": None}
    assert answer.json()["rowCount"] == dataset["rowCount"]
    third = await synced(editor, connector, ORDER)
    assert third["rows"] == first["rows"]
    assert "updated_since" not in await asked(editor, third)
    after = (await editor.get(place)).json()
    assert (after["rowCount"], after["reset"]) == (dataset["rowCount"], None)

    assert (await editor.post(f"{place}/reset", json={"from": newest})).json()["reset"] == {"from": newest}
    assert (await synced(editor, connector, ORDER))["rows"] >= 1
    assert (await editor.get(place)).json()["rowCount"] == dataset["rowCount"]


async def test_a_parameter_that_the_api_does_not_know_is_told_of(
    editor: httpx2.AsyncClient, sample_url: str
) -> None:
    connector = await connected(editor, sample_url)
    order = {**ORDER, "dataset": {**ORDER["dataset"], "name": "unfiltered"}}
    order["incremental"] = {"cursorField": "updated_at", "param": "modified_after"}
    first = await synced(editor, connector, order)
    assert not any("not asked for" in note for note in first["notes"])
    second = await synced(editor, connector, order)
    assert second["rows"] == first["rows"]
    assert any("modified_after" in note and "not asked for" in note for note in second["notes"])
    third = await synced(editor, connector, {**ORDER, "dataset": order["dataset"]})
    assert not any("not asked for" in note for note in third["notes"])


async def test_a_schedule_goes_on_from_the_last_position(editor: httpx2.AsyncClient, sample_url: str) -> None:
    connector = await connected(editor, sample_url)
    order = {**ORDER, "dataset": {"name": "kept up", "writeMode": "append", "primaryKey": ["id"]}}
    first = await synced(editor, connector, order)
    schedule = {"name": "s", "connectorId": connector, "fetch": order, "every": "7d"}
    created = (await editor.post("/schedules", json=schedule)).json()
    assert (await editor.post(f"/schedules/{created['id']}/trigger")).status_code < 300
    run = await ended(editor, (await first_of(editor, created["id"]))["id"])
    assert run["status"] == "succeeded", run
    assert 1 <= run["rows"] < 10
    rows = (await editor.get(f"/datasets/{first['datasetId']}")).json()["rowCount"]
    assert rows == first["rows"]


async def test_a_dataset_that_is_being_written_is_not_reset(
    editor: httpx2.AsyncClient, sample_url: str
) -> None:
    connector = await connected(
        editor, sample_url, rateLimitConfig={"requestsPerMinute": 60, "burstLimit": 1}
    )
    order = {"path": "/v1/events", "params": {"limit": 5}, "dataset": {"name": "busy"}}
    started = (await editor.post(f"/connectors/{connector}/fetch", json=order)).json()
    await ended(editor, started["runId"], "running")
    refused = await editor.post(f"/datasets/{started['datasetId']}/reset")
    assert refused.status_code == 409
    assert started["runId"] in refused.json()["detail"]
    await editor.post(f"/runs/{started['runId']}/cancel")
    await ended(editor, started["runId"])
    assert (await editor.post(f"/datasets/{started['datasetId']}/reset")).status_code == 200


@pytest.mark.parametrize(
    ("dataset", "incremental", "pointer"),
    [
        ({"name": "x"}, {}, "/incremental"),
        ({"name": "x", "writeMode": "replace"}, {}, "/incremental"),
        ({"name": "x", "primaryKey": ["id"]}, {"cursorField": "a.b"}, "/incremental"),
        (ORDER["dataset"], {"param": "filter=updated"}, "/incremental/param"),
        (ORDER["dataset"], {"lookback": -1}, "/incremental/lookback"),
    ],
)
async def test_what_would_double_rows_is_refused(
    editor: httpx2.AsyncClient, sample_url: str, dataset: Any, incremental: Any, pointer: str
) -> None:
    connector = await connected(editor, sample_url)
    wanted = {"cursorField": "updated_at", "param": "updated_since", **incremental}
    order = {"path": "/v1/orders", "dataset": dataset, "incremental": wanted}
    answer = await editor.post(f"/connectors/{connector}/fetch", json=order)
    assert answer.status_code == 422, answer.text
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
