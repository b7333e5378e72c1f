"""Promises of freshness and care for tables over HTTP, with a real worker and Temporal's own schedules."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from temporalio.client import Client

from api.services import Services
from tests.api.test_fetch import connected, ended
from tests.api.test_notifications import SECRET, arrived
from tests.receiver import receiving
from varlor import names
from varlor.settings import Settings

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]


@pytest.fixture
async def engine(settings: Settings) -> Client:
    return await Client.connect(settings.temporal_address)


async def fetched(client: httpx2.AsyncClient, connector: str, **more: Any) -> dict[str, Any]:
    order = {"path": "/v1/users", "dataset": {"name": "users", "writeMode": "append"}} | more
    run = (await client.post(f"/connectors/{connector}/fetch", json=order)).json()
    return await ended(client, run["runId"])


async def swept(engine: Client, name: str) -> None:
    """The schedule that the worker has made runs now, as it does by itself."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await engine.get_schedule_handle(names.sweep_id(name)).trigger()
            except Exception:  # noqa: BLE001 - the worker has not made it yet
                await asyncio.sleep(0.2)


async def until(client: httpx2.AsyncClient, dataset: str, files: int) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            found = (await client.get(f"/datasets/{dataset}")).json()
            if found["files"] == files and found["maintainedAt"]:
                return found
            await asyncio.sleep(0.1)


def grow_old(settings: Settings, dataset: str, by: timedelta) -> None:
    """As if the last sync had been so long ago."""
    then = datetime.now(UTC) - by
    with sqlite3.connect(settings.database_url.removeprefix("sqlite:///"), timeout=30) as database:
        text = then.replace(tzinfo=None).isoformat(" ")
        ends = (then + timedelta(hours=1)).replace(tzinfo=None).isoformat(" ")
        database.execute(
            "UPDATE datasets SET refreshed_at = ?, fresh_until = ? WHERE id = ?", (text, ends, dataset)
        )
    database.close()


async def test_a_broken_promise_and_its_repair_are_told_and_shown(
    admin: httpx2.AsyncClient, sample_url: str, settings: Settings, engine: Client
) -> None:
    connector = await connected(admin, sample_url)
    dataset = (await fetched(admin, connector))["datasetId"]
    place = f"/datasets/{dataset}"
    assert (await admin.get(place)).json()["freshness"] is None
    promised = (await admin.patch(place, json={"freshness": "1h"})).json()
    assert promised["freshness"] | {"age": 0} == {"maxAge": 3600, "age": 0, "stale": False, "since": None}
    with receiving() as receiver:
        body = {"url": receiver.url, "events": ["dataset.stale", "dataset.fresh"], "secret": SECRET}
        await admin.put("/notifications", json=body)
        grow_old(settings, dataset, timedelta(hours=3))
        stale = (await admin.get(place)).json()["freshness"]
        assert stale["stale"]
        assert stale["age"] >= 3 * 3600
        await swept(engine, "sweep-freshness")
        (told,) = await arrived(receiver, 1)
        assert (told["type"], told["data"]["datasetId"]) == ("dataset.stale", dataset)
        assert datetime.fromisoformat(told["data"]["staleSince"]) == datetime.fromisoformat(stale["since"])
        await fetched(admin, connector)
        assert not (await admin.get(place)).json()["freshness"]["stale"]
        await swept(engine, "sweep-freshness")
        told = await arrived(receiver, 2)
        assert [each["type"] for each in told] == ["dataset.stale", "dataset.fresh"]
        await swept(engine, "sweep-freshness")
    assert (await admin.patch(place, json={"freshness": None})).json()["freshness"] is None


@pytest.mark.parametrize("freshness", ["soon", 59, -1, True, "400d"])
async def test_a_promise_that_cannot_be_kept_account_of_is_refused(
    admin: httpx2.AsyncClient, services: Services, tenant: str, freshness: Any
) -> None:
    dataset = await services.store.tenant(tenant).datasets.create("users", connector_id=None)
    answer = await admin.patch(f"/datasets/{dataset.id}", json={"freshness": freshness})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/freshness"]
    assert (await admin.patch(f"/datasets/{dataset.id}", json={})).status_code == 422


async def test_small_files_of_many_runs_are_joined_and_the_next_run_goes_on(
    editor: httpx2.AsyncClient, sample_url: str, services: Services, tenant: str
) -> None:
    connector = await connected(editor, sample_url)
    run = [await fetched(editor, connector) for _ in range(9)][-1]
    dataset = run["datasetId"]
    before = (await editor.get(f"/datasets/{dataset}")).json()
    assert before["files"] == 9
    key = {"Idempotency-Key": "care"}
    started = await editor.post(f"/datasets/{dataset}/maintain", headers=key)
    assert started.status_code == 202, started.text
    assert (await editor.post(f"/datasets/{dataset}/maintain", headers=key)).json() == started.json()
    after = await until(editor, dataset, 1)
    assert after["rowCount"] == before["rowCount"] == 9 * run["rows"]
    assert after["versions"][0]["operation"] == "files compacted"
    assert (await fetched(editor, connector))["status"] == "succeeded"
    rows = await services.datasets.rows(before["location"], limit=1, offset=0)
    assert rows.row_count == 10 * run["rows"]


async def test_a_sync_has_precedence_over_care(
    editor: httpx2.AsyncClient, sample_url: str, engine: Client
) -> None:
    connector = await connected(editor, sample_url)
    dataset = [await fetched(editor, connector) for _ in range(8)][-1]["datasetId"]
    slow = {"requestsPerMinute": 60, "burstLimit": 1}
    slowly = await connected(editor, sample_url, rateLimitConfig=slow)
    order = {"path": "/v1/events", "params": {"limit": 5}, "dataset": {"id": dataset}}
    run = (await editor.post(f"/connectors/{slowly}/fetch", json=order)).json()["runId"]
    await ended(editor, run, "running")
    started = (await editor.post(f"/datasets/{dataset}/maintain")).json()
    outcome: Any = await engine.get_workflow_handle(started["workflowId"]).describe()
    async with asyncio.timeout(60):
        while outcome.status.name == "RUNNING":
            outcome = await engine.get_workflow_handle(started["workflowId"]).describe()
            await asyncio.sleep(0.1)
    assert outcome.status.name == "COMPLETED"
    assert (await editor.get(f"/datasets/{dataset}")).json()["files"] >= 8
    assert (await editor.get(f"/runs/{run}")).json()["status"] in {"running", "throttled"}
    await editor.post(f"/runs/{run}/cancel")
    assert (await ended(editor, run))["status"] == "canceled"


async def test_a_lease_that_dead_care_left_behind_stops_nobody(
    editor: httpx2.AsyncClient, sample_url: str, services: Services, tenant: str
) -> None:
    connector = await connected(editor, sample_url)
    dataset = (await fetched(editor, connector))["datasetId"]
    await services.store.tenant(tenant).datasets.lease(dataset, names.MAINTENANCE)
    assert (await fetched(editor, connector))["status"] == "succeeded"


async def test_a_lease_that_a_dead_worker_left_in_the_midst_of_care_stops_nobody(
    editor: httpx2.AsyncClient, sample_url: str, services: Services, tenant: str, engine: Client
) -> None:
    connector = await connected(editor, sample_url)
    dataset = (await fetched(editor, connector))["datasetId"]
    id_ = names.maintain_id(tenant, dataset)
    care = await engine.start_workflow("maintain-dataset", id=id_, task_queue="nobody")
    await services.store.tenant(tenant).datasets.lease(dataset, names.MAINTENANCE)
    assert (await fetched(editor, connector))["status"] == "succeeded"
    await care.terminate()


async def test_resets_at_once_and_a_reset_in_the_time_of_care_are_answered_plainly(
    editor: httpx2.AsyncClient, sample_url: str, services: Services, tenant: str
) -> None:
    connector = await connected(editor, sample_url)
    dataset = (await fetched(editor, connector))["datasetId"]
    place = f"/datasets/{dataset}/reset"
    answers = await asyncio.gather(*(editor.post(place) for _ in range(12)))
    assert {answer.status_code for answer in answers} <= {200, 409}, [answer.text for answer in answers]
    assert 200 in {answer.status_code for answer in answers}
    await services.store.tenant(tenant).datasets.lease(dataset, names.MAINTENANCE)
    assert (await editor.post(place)).status_code == 200


async def test_the_sweep_finds_what_is_due(
    editor: httpx2.AsyncClient, sample_url: str, settings: Settings, engine: Client
) -> None:
    connector = await connected(editor, sample_url)
    dataset = [await fetched(editor, connector) for _ in range(8)][-1]["datasetId"]
    with sqlite3.connect(settings.database_url.removeprefix("sqlite:///"), timeout=30) as database:
        past = (datetime.now(UTC) - timedelta(minutes=1)).replace(tzinfo=None).isoformat(" ")
        database.execute("UPDATE datasets SET maintain_at = ? WHERE id = ?", (past, dataset))
    database.close()
    await swept(engine, "sweep-maintenance")
    assert (await until(editor, dataset, 1))["rowCount"] > 0
