"""From the signed request to the row, on a real worker: exactly once, bad events aside and back by replay."""

import asyncio
from typing import Any

import httpx2
import pytest

from api.services import Services
from examples.sample_api.webhooks import events
from tests.api.conftest import Door
from tests.api.test_hooks import connector, headers_for, path

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]


async def send(nobody: httpx2.AsyncClient, made: dict[str, Any], event_id: str, body: bytes) -> None:
    headers = headers_for(made, body, event_id=event_id)
    assert (await nobody.post(path(made), content=body, headers=headers)).status_code == 202


async def empty(viewer: httpx2.AsyncClient, made: dict[str, Any]) -> dict[str, Any]:
    """How the inbox stands once nothing waits."""
    async with asyncio.timeout(90):
        while True:
            inbox = (await viewer.get(f"/connectors/{made['id']}/health")).json()["inbox"]
            if not inbox["waiting"]:
                return inbox
            await asyncio.sleep(0.2)


async def rows_of(services: Services, door: Door, dataset_id: str) -> list[dict[str, Any]]:
    location = services.datasets.location(door.tenant, dataset_id)
    return (await services.datasets.rows(location, limit=1000, offset=0)).rows


async def dataset_named(viewer: httpx2.AsyncClient, name: str) -> str:
    found = (await viewer.get("/datasets")).json()["items"]
    return next(dataset["id"] for dataset in found if dataset["name"] == name)


async def test_events_become_rows_once_each_and_in_their_order(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient, services: Services, door: Door
) -> None:
    made = await connector(editor, "github", dataset="pushes")
    sent = list(events("github", 60))
    for event_id, body in sent:
        await send(nobody, made, event_id, body)
    await empty(editor, made)
    for event_id, body in sent[:10]:
        await send(nobody, made, event_id, body)  # again, after they were drained
    await send(nobody, made, "the-last", b'{"type":"order.closed","note":{"by":"ann"}}')
    await empty(editor, made)
    rows = await rows_of(services, door, await dataset_named(editor, "pushes"))
    assert [row["_event_id"] for row in rows] == [*(event_id for event_id, _ in sent), "the-last"]
    assert [row["order"] for row in rows[:60]] == list(range(60))
    assert rows[-1]["note"] == {"by": "ann"}
    assert {row["_event_type"] for row in rows} == {"order"}
    assert rows == sorted(rows, key=lambda row: row["_event_sequence"])
    runs = (await editor.get(f"/runs?connectorId={made['id']}")).json()["items"]
    assert {run["origin"] for run in runs} == {"webhook"}
    assert (await editor.get(f"/connectors/{made['id']}")).json()["status"] == "connected"


async def test_bad_events_are_kept_with_their_reason_and_can_be_replayed(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient, services: Services, door: Door
) -> None:
    made = await connector(editor, dataset="mixed")
    wide = b"{%s}" % b",".join(b'"f%d":1' % number for number in range(1001))
    bad = {"text": b"plain text", "list": b'[{"a":1}]', "cut": b'{"a":', "empty": b"", "wide": wide}
    for event_id, body in {"first": b'{"n":1}', **bad, "last": b'{"n":2,"_event_id":"spoofed"}'}.items():
        await send(nobody, made, event_id, body)
    inbox = await empty(editor, made)
    assert inbox["setAside"] == len(bad)
    place = f"/connectors/{made['id']}/inbox"
    aside = (await editor.get(f"{place}?status=set_aside")).json()["items"]
    assert {event["eventId"] for event in aside} == set(bad)
    assert all(event["reason"] for event in aside), aside
    assert "1000 fields" in next(event["reason"] for event in aside if event["eventId"] == "wide")
    rows = await rows_of(services, door, await dataset_named(editor, "mixed"))
    assert [(row["_event_id"], row["n"]) for row in rows] == [("first", 1), ("last", 2)]

    one = next(event["id"] for event in aside if event["eventId"] == "list")
    assert (await editor.post(f"{place}/{one}/replay")).status_code == 202
    assert (await empty(editor, made))["setAside"] == len(bad)  # it is still no row


async def test_a_deleted_connector_takes_no_event_and_its_dataset_stays(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient, nobody: httpx2.AsyncClient
) -> None:
    made = await connector(editor, dataset="kept")
    await send(nobody, made, "one", b'{"n":1}')
    await empty(editor, made)
    assert (await admin.delete(f"/connectors/{made['id']}")).status_code == 202
    async with asyncio.timeout(60):
        while True:
            if (await admin.get(f"/connectors/{made['id']}")).status_code == 404:
                break
            await asyncio.sleep(0.2)
    body = b'{"n":2}'
    late = headers_for(made, body, event_id="two")
    assert (await nobody.post(path(made), content=body, headers=late)).status_code == 401
    runs = (await admin.get(f"/runs?connectorId={made['id']}")).json()["items"]
    assert {run["status"] for run in runs} <= {"succeeded", "canceled"}
    dataset = await dataset_named(admin, "kept")
    assert (await admin.get(f"/datasets/{dataset}/rows")).json()["rowCount"] == 1
