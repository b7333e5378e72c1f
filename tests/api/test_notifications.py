"""Outgoing notifications over HTTP: a run's end reaches a receiver, signed, whatever it answers first."""

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from standardwebhooks.webhooks import Webhook
from temporalio.client import Client

from api.services import Services
from tests.api.test_fetch import connected, ended
from tests.receiver import Receiver, receiving
from varlor.settings import Settings

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]
CANARY = base64.b64encode(b"canary-secret-of-thirty-two-byte").decode()
SECRET = f"whsec_{CANARY}"
ALL = ["dataset.updated", "run.failed", "run.recovered"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


async def arrived(receiver: Receiver, count: int) -> list[Any]:
    """The messages, verified, once there are so many."""
    async with asyncio.timeout(60):
        while True:
            if len(receiver.seen) >= count:
                break
            await asyncio.sleep(0.1)
    return [Webhook(SECRET).verify(body, headers) for headers, body in receiver.seen]


async def shown(admin: httpx2.AsyncClient, status: str) -> dict[str, Any]:
    """The settings, once they say so."""
    async with asyncio.timeout(30):
        while True:
            said = (await admin.get("/notifications")).json()
            if said["status"] == status:
                return said
            await asyncio.sleep(0.05)


async def turned_on(admin: httpx2.AsyncClient, receiver: Receiver, events: list[str] = ALL) -> None:
    body = {"url": receiver.url, "events": events, "secret": SECRET}
    answer = await admin.put("/notifications", json=body)
    assert answer.status_code == 200, answer.text


async def test_a_failed_run_a_recovery_and_an_update_arrive_signed_and_in_order(
    admin: httpx2.AsyncClient, sample_url: str, receiver: Receiver, services: Services, tenant: str
) -> None:
    await turned_on(admin, receiver)
    connector = await connected(admin, sample_url)
    runs: list[str] = []
    for path in ("/v1/nowhere", "/v1/users", "/v1/users"):
        order = {"path": path, "dataset": {"name": "users", "writeMode": "replace"}}
        run = (await admin.post(f"/connectors/{connector}/fetch", json=order)).json()
        await ended(admin, run["runId"])
        runs.append(run["runId"])
    told = await arrived(receiver, 4)
    assert [each["type"] for each in told] == [
        "run.failed",
        "dataset.updated",
        "run.recovered",
        "dataset.updated",
    ]
    assert [each["data"]["runId"] for each in told] == [runs[0], runs[1], runs[1], runs[2]]
    assert told[0]["data"]["error"]["type"] == "not_found"
    dataset = (await admin.get(f"/datasets/{told[3]['data']['datasetId']}")).json()
    assert told[3]["data"]["rowCount"] == dataset["rowCount"] == told[3]["data"]["rows"]
    assert told[3]["data"]["version"] == dataset["version"]
    ids = {headers["webhook-id"] for headers, _ in receiver.seen}
    listed = (await admin.get("/notifications/deliveries")).json()["items"]
    assert {each["id"] for each in listed} == ids
    assert {each["status"] for each in listed} == {"delivered"}
    live = services.events.subscribe(tenant, "0-0")
    seen: list[str] = []
    async with asyncio.timeout(20):
        while seen.count("dataset.updated") < 2:
            seen.append((await anext(live)).type)
    assert [each for each in seen if each in ALL] == [each["type"] for each in told]


async def test_a_receiver_that_fails_is_tried_again_and_shown(
    admin: httpx2.AsyncClient, receiver: Receiver
) -> None:
    receiver.answers = [500]
    await turned_on(admin, receiver)
    key = {"Idempotency-Key": "try"}
    first = await admin.post("/notifications/test", headers=key)
    assert first.status_code == 202, first.text
    assert (await admin.post("/notifications/test", headers=key)).json() == first.json()
    await arrived(receiver, 1)
    assert (await shown(admin, "failing"))["lastError"] == "The receiver answered 500."
    told = await arrived(receiver, 2)
    assert [each["type"] for each in told] == ["notification.test"] * 2
    assert len({headers["webhook-id"] for headers, _ in receiver.seen}) == 1, "the same message"
    well = await shown(admin, "active")
    assert (well["pending"], well["lastError"]) == (0, None)


async def test_another_address_is_tried_at_once(admin: httpx2.AsyncClient, receiver: Receiver) -> None:
    receiver.answers = [(503, {"Retry-After": "3600"})]
    await turned_on(admin, receiver)
    await admin.post("/notifications/test")
    await arrived(receiver, 1)
    with receiving() as better:
        await turned_on(admin, better)
        assert [each["type"] for each in await arrived(better, 1)] == ["notification.test"]
    assert len(receiver.seen) == 1


async def test_gone_is_gone(admin: httpx2.AsyncClient, receiver: Receiver) -> None:
    receiver.answers = [410]
    await turned_on(admin, receiver)
    await admin.post("/notifications/test")
    await shown(admin, "disabled")
    assert (await admin.post("/notifications/test")).status_code == 409
    await turned_on(admin, receiver)
    assert (await admin.post("/notifications/test")).status_code == 202
    await arrived(receiver, 2)


async def test_the_secret_is_never_shown(
    admin: httpx2.AsyncClient, receiver: Receiver, settings: Settings, tenant: str
) -> None:
    await turned_on(admin, receiver)
    await admin.post("/notifications/test")
    await arrived(receiver, 1)
    said = [
        (await admin.get(path)).text for path in ("/notifications", "/notifications/deliveries", "/audit")
    ]
    engine = await Client.connect(settings.temporal_address)
    history = await engine.get_workflow_handle(f"deliver/{tenant}").fetch_history()
    said += [history.to_json(), json.dumps([headers for headers, _ in receiver.seen])]
    assert not [text for text in said if CANARY in text or "canary-secret" in text]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"secret": None}, "/secret"),
        ({"secret": "whsec_dG9vLXNob3J0"}, "/secret"),
        ({"secret": "whsec_not base64!"}, "/secret"),
        ({"secret": CANARY}, "/secret"),
        ({"url": "http://user:canary@hooks.example.com"}, "/url"),
        ({"url": "ftp://hooks.example.com"}, "/url"),
        ({"events": []}, "/events"),
        ({"events": ["dataset.exploded"]}, "/events/0"),
        ({"tenantId": "rival"}, "/tenantId"),
    ],
    ids=str,
)
async def test_a_bad_target_is_refused_by_pointer(
    admin: httpx2.AsyncClient, change: dict[str, Any], pointer: str
) -> None:
    body = {"url": "https://hooks.example.com/x", "events": ALL, "secret": SECRET} | change
    answer = await admin.put("/notifications", json=body)
    assert answer.status_code == 422, answer.text
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    assert "canary" not in answer.text
    assert (await admin.get("/notifications")).json()["status"] == "off"
