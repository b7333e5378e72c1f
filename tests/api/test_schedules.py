"""Recurring syncs over HTTP, on a real Temporal server with a real worker against the sample API."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx2
import pytest

from api.services import Services
from tests.api.conftest import Door
from tests.api.test_fetch import connected, ended
from varlor.errors import NotFoundError

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]
USERS = {"path": "/v1/users", "dataset": {"name": "users", "writeMode": "replace"}}
Making = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def make(editor: httpx2.AsyncClient, sample_url: str) -> Making:
    async def made(**given: Any) -> dict[str, Any]:
        connector = given.pop("connectorId", None) or await connected(editor, sample_url)
        body = {"name": "users", "connectorId": connector, "fetch": USERS, "every": "1h"} | given
        answer = await editor.post("/schedules", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"/api/v2/schedules/{answer.json()['id']}"
        return answer.json()

    return made


async def seen(client: httpx2.AsyncClient, schedule_id: str, count: int) -> list[dict[str, Any]]:
    """Its runs, newest first, once there are so many and all have ended."""
    async with asyncio.timeout(60):
        while True:
            runs = (await client.get(f"/runs?scheduleId={schedule_id}")).json()["items"]
            if len(runs) >= count and all(run["finishedAt"] for run in runs):
                return runs
            await asyncio.sleep(0.1)


async def begun(client: httpx2.AsyncClient, schedule_id: str) -> str:
    """The id of its first run."""
    async with asyncio.timeout(30):
        while True:
            runs = (await client.get(f"/schedules/{schedule_id}")).json()["recentRuns"]
            if runs:
                return runs[0]["id"]
            await asyncio.sleep(0.1)


async def until_missing(client: httpx2.AsyncClient, path: str) -> None:
    async with asyncio.timeout(60):
        while True:
            if (await client.get(path)).status_code == 404:
                return
            await asyncio.sleep(0.1)


async def test_it_says_when_it_will_run_and_runs_to_a_dataset_when_triggered(
    make: Making, editor: httpx2.AsyncClient, viewer: httpx2.AsyncClient
) -> None:
    schedule = await make(every=None, cron="30 6 * * *", timeZone="Europe/Berlin", note="for the report")
    assert (schedule["paused"], schedule["note"], schedule["recentRuns"]) == (False, "for the report", [])
    times = [datetime.fromisoformat(time) for time in schedule["nextRuns"]]
    assert len(times) == 5
    assert times == sorted(times)
    assert times[0] > datetime.now(UTC)
    place, key = f"/schedules/{schedule['id']}", {"Idempotency-Key": "now"}
    first = await editor.post(f"{place}/trigger", headers=key)
    assert first.status_code == 202, first.text
    assert (await editor.post(f"{place}/trigger", headers=key)).json() == first.json()
    (started,) = await seen(viewer, schedule["id"], 1)
    run = await ended(viewer, started["id"])
    assert (run["status"], run["origin"], run["scheduleId"]) == ("succeeded", "schedule", schedule["id"])
    assert run["workflowId"].startswith("sync/")
    dataset = (await viewer.get(f"/datasets/{run['datasetId']}")).json()
    assert (dataset["name"], dataset["rowCount"]) == ("users", run["rows"])
    (recent,) = (await viewer.get(place)).json()["recentRuns"]
    assert (recent["id"], recent["status"], recent["rows"]) == (run["id"], "succeeded", run["rows"])
    assert [each["id"] for each in (await viewer.get("/schedules")).json()["items"]] == [schedule["id"]]


async def test_it_fires_by_itself_until_it_is_paused_and_each_run_replaces_the_last(
    make: Making, editor: httpx2.AsyncClient, viewer: httpx2.AsyncClient
) -> None:
    schedule = await make(every="1s")
    place = f"/schedules/{schedule['id']}"
    await seen(viewer, schedule["id"], 2)
    before = datetime.now(UTC)
    paused = (await editor.post(f"{place}/pause", json={"note": "too often"})).json()
    assert (paused["paused"], paused["note"]) == (True, "too often")
    runs = await seen(viewer, schedule["id"], 2)
    assert len({run["datasetId"] for run in runs}) == 1
    assert {run["status"] for run in runs} == {"succeeded"}
    spans = sorted((run["createdAt"], run["finishedAt"]) for run in runs)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    dataset = (await viewer.get(f"/datasets/{runs[0]['datasetId']}")).json()
    assert dataset["rowCount"] == runs[0]["rows"] > 20
    quiet = await make(every="1s", paused=True, connectorId=schedule["connectorId"])
    await asyncio.sleep(4)  # four of their times pass; that nothing comes has no sign to wait for
    runs = await seen(viewer, schedule["id"], 2)
    last = max(datetime.fromisoformat(run["createdAt"]) for run in runs)
    assert last < before + timedelta(seconds=2), "one that was about to begin may"
    assert (await viewer.get(f"/runs?scheduleId={quiet['id']}")).json()["items"] == []
    again = (await editor.post(f"{place}/resume")).json()
    assert (again["paused"], again["note"]) == (False, "too often")
    await seen(viewer, schedule["id"], len(runs) + 1)


async def test_a_run_whose_dataset_is_taken_is_skipped_and_says_so(
    make: Making, editor: httpx2.AsyncClient, sample_url: str
) -> None:
    slow = {"requestsPerMinute": 60, "burstLimit": 1}
    connector = await connected(editor, sample_url, rateLimitConfig=slow)
    order = {"path": "/v1/events", "params": {"limit": 5}, "dataset": {"name": "users"}}
    holder = (await editor.post(f"/connectors/{connector}/fetch", json=order)).json()["runId"]
    await ended(editor, holder, "running")
    schedule = await make()
    await editor.post(f"/schedules/{schedule['id']}/trigger")
    (run,) = await seen(editor, schedule["id"], 1)
    assert (run["status"], run["error"]["type"]) == ("canceled", "skipped")
    assert holder in run["error"]["detail"]
    assert (await editor.get(f"/runs/{holder}")).json()["status"] == "running"
    await editor.post(f"/runs/{holder}/cancel")


async def test_a_scheduled_run_is_paused_canceled_and_not_doubled_meanwhile(
    make: Making, editor: httpx2.AsyncClient, sample_url: str
) -> None:
    slow = {"requestsPerMinute": 60, "burstLimit": 1}
    connector = await connected(editor, sample_url, rateLimitConfig=slow)
    events = {"path": "/v1/events", "params": {"limit": 5}, "dataset": {"name": "slow"}}
    schedule = await make(connectorId=connector, fetch=events, every="1s")
    run_id = await begun(editor, schedule["id"])
    await ended(editor, run_id, "running")
    assert (await editor.post(f"/schedules/{schedule['id']}/trigger")).status_code == 409
    assert (await editor.post(f"/runs/{run_id}/pause")).json()["status"] == "paused"
    await editor.post(f"/schedules/{schedule['id']}/pause")
    assert len((await editor.get(f"/schedules/{schedule['id']}")).json()["recentRuns"]) == 1
    assert (await editor.post(f"/runs/{run_id}/cancel")).status_code == 200
    assert (await ended(editor, run_id))["status"] == "canceled"


async def test_a_run_makes_way_for_the_next_where_the_policy_says_so(
    make: Making, editor: httpx2.AsyncClient, sample_url: str
) -> None:
    slow = {"requestsPerMinute": 60, "burstLimit": 1}
    connector = await connected(editor, sample_url, rateLimitConfig=slow)
    events = {"path": "/v1/events", "params": {"limit": 5}, "dataset": {"name": "slow"}}
    schedule = await make(connectorId=connector, fetch=events, overlap="cancel_other")
    place = f"/schedules/{schedule['id']}"
    await editor.post(f"{place}/trigger")
    first = await begun(editor, schedule["id"])
    await ended(editor, first, "running")
    assert (await editor.post(f"{place}/trigger")).status_code == 202
    assert (await ended(editor, first))["status"] == "canceled"
    async with asyncio.timeout(30):
        while True:
            second = (await editor.get(place)).json()["recentRuns"][0]["id"]
            if second != first:
                break
            await asyncio.sleep(0.1)
    assert (await ended(editor, second, "running"))["error"] is None
    await editor.post(f"/runs/{second}/cancel")


async def test_what_was_missed_is_made_up_for_run_after_run(make: Making, editor: httpx2.AsyncClient) -> None:
    schedule = await make(paused=True)
    now = datetime.now(UTC).replace(minute=30)
    if now > datetime.now(UTC):
        now -= timedelta(hours=1)
    span = {"startAt": (now - timedelta(hours=2)).isoformat(), "endAt": now.isoformat()}
    place = f"/schedules/{schedule['id']}/backfill"
    assert (await editor.post(place, json=span)).status_code == 202
    runs = await seen(editor, schedule["id"], 2)
    assert [run["status"] for run in runs] == ["succeeded", "succeeded"]
    for wrong in (
        {"endAt": span["startAt"]},
        {"endAt": (now + timedelta(days=1)).isoformat()},
        {"startAt": "0001-01-01T00:00:00+10:00"},
    ):
        assert (await editor.post(place, json=span | wrong)).status_code == 422


async def test_it_is_changed_and_the_engine_keeps_what_was_not_said(
    make: Making, editor: httpx2.AsyncClient
) -> None:
    schedule = await make(paused=True, note="not yet", jitter=30)
    place = f"/schedules/{schedule['id']}"
    changed = (await editor.patch(place, json={"cron": "0 0 1 1 *", "name": "yearly"})).json()
    assert (changed["name"], changed["cron"], changed["every"]) == ("yearly", "0 0 1 1 *", None)
    assert (changed["paused"], changed["note"], changed["jitter"]) == (True, "not yet", 30)
    assert {time[4:10] for time in changed["nextRuns"]} <= {"-01-01"}
    back = (await editor.patch(place, json={"every": 60, "paused": False, "note": None})).json()
    assert (back["every"], back["cron"], back["paused"], back["note"]) == (60, None, False, None)
    assert (await editor.get(place)).json() == back


async def test_a_time_that_never_comes_leaves_the_schedule_as_it_was(
    make: Making, editor: httpx2.AsyncClient
) -> None:
    schedule = await make(every=None, cron="0 0 29 2 *", paused=True, note="leap years")
    assert {time[4:10] for time in schedule["nextRuns"]} == {"-02-29"}
    place = f"/schedules/{schedule['id']}"
    refused = await editor.patch(place, json={"cron": "0 0 31 4,6 *", "paused": False, "note": None})
    assert refused.status_code == 422, refused.text
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/cron"]
    assert (await editor.get(place)).json() == schedule


async def test_deleting_it_removes_it_from_the_engine_and_keeps_its_runs(
    make: Making, editor: httpx2.AsyncClient, admin: httpx2.AsyncClient, services: Services, tenant: str
) -> None:
    schedule = await make()
    place = f"/schedules/{schedule['id']}"
    await editor.post(f"{place}/trigger")
    (run,) = await seen(editor, schedule["id"], 1)
    assert (await admin.delete(place)).status_code == 204
    assert await services.timetable.state(tenant, schedule["id"]) is None
    assert (await admin.get(place)).status_code == (await admin.delete(place)).status_code == 404
    assert (await editor.get(f"/runs/{run['id']}")).json()["scheduleId"] == schedule["id"]
    actions = {line["action"] for line in (await admin.get("/audit")).json()["items"]}
    assert {"schedule.created", "schedule.triggered", "schedule.deleted"} <= actions


async def test_its_connectors_end_is_its_own(
    make: Making, editor: httpx2.AsyncClient, door: Door, services: Services, tenant: str
) -> None:
    schedule = await make()
    async with door.as_role("admin") as admin:
        await admin.delete(f"/connectors/{schedule['connectorId']}")
    await until_missing(editor, f"/connectors/{schedule['connectorId']}")
    assert (await editor.get(f"/schedules/{schedule['id']}")).status_code == 404
    assert await services.timetable.state(tenant, schedule["id"]) is None


async def test_one_that_the_engine_lost_says_so_and_comes_back_when_resumed(
    make: Making, editor: httpx2.AsyncClient, services: Services, tenant: str
) -> None:
    schedule = await make()
    place = f"/schedules/{schedule['id']}"
    await services.timetable.delete(tenant, schedule["id"])
    lost = (await editor.get(place)).json()
    assert (lost["paused"], lost["nextRuns"]) == (True, [])
    assert "does not know" in lost["note"]
    assert (await editor.post(f"{place}/trigger")).status_code == 409
    assert len((await editor.post(f"{place}/resume")).json()["nextRuns"]) == 5


async def test_one_that_lost_its_row_ends_itself(make: Making, services: Services, tenant: str) -> None:
    schedule = await make()
    await services.store.tenant(tenant).schedules.delete(schedule["id"])
    await services.timetable.trigger(tenant, schedule["id"])

    async with asyncio.timeout(30):
        while True:
            if await services.timetable.state(tenant, schedule["id"]) is None:
                break
            await asyncio.sleep(0.1)
    with pytest.raises(NotFoundError):
        await services.timetable.trigger(tenant, schedule["id"])


async def test_a_dataset_that_was_deleted_fails_the_run_visibly(
    make: Making, editor: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    first = await make()
    await editor.post(f"/schedules/{first['id']}/trigger")
    (run,) = await seen(editor, first["id"], 1)
    fetch = USERS | {"dataset": {"id": run["datasetId"], "writeMode": "replace"}}
    schedule = await make(fetch=fetch)
    assert (await admin.delete(f"/datasets/{run['datasetId']}")).status_code == 204
    await editor.post(f"/schedules/{schedule['id']}/trigger")
    (failed,) = await seen(editor, schedule["id"], 1)
    assert (failed["status"], failed["error"]["type"]) == ("failed", "not-found")


async def test_the_same_key_makes_one_schedule(editor: httpx2.AsyncClient, sample_url: str) -> None:
    connector = await connected(editor, sample_url)
    body = {"name": "users", "connectorId": connector, "fetch": USERS, "every": 3600}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    made = [await editor.post("/schedules", json=body, headers=key) for _ in range(2)]
    assert made[0].json() == made[1].json()
    assert len((await editor.get(f"/schedules?connectorId={connector}")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"every": None}, ""),
        ({"cron": "0 6 * * *"}, ""),
        ({"every": "soon"}, "/every"),
        ({"every": 0}, "/every"),
        ({"every": True}, "/every"),
        ({"every": None, "cron": "every morning"}, "/cron"),
        ({"every": None, "cron": "61 6 * * *"}, "/cron"),
        ({"every": None, "cron": "0 0 31 2 *"}, "/cron"),
        ({"every": None, "cron": "0 0 30 2 *", "paused": True}, "/cron"),
        ({"every": None, "cron": "0 6 * * *", "timeZone": "Mars/Olympus"}, "/timeZone"),
        ({"jitter": -1}, "/jitter"),
        ({"catchupWindow": "1s"}, "/catchupWindow"),
        ({"overlap": "allow_all"}, "/overlap"),
        ({"fetch": USERS | {"headers": {"Authorization": "canary"}}}, "/fetch/headers/Authorization"),
        ({"fetch": {"dataset": {"name": "users"}}}, "/fetch"),
        ({"tenantId": "rival"}, "/tenantId"),
    ],
    ids=str,
)
async def test_a_bad_schedule_is_refused_by_pointer_and_leaves_nothing(
    editor: httpx2.AsyncClient, sample_url: str, change: dict[str, Any], pointer: str
) -> None:
    connector = await connected(editor, sample_url)
    body = {"name": "users", "connectorId": connector, "fetch": USERS, "every": "1h"} | change
    answer = await editor.post("/schedules", json=body)
    assert answer.status_code == 422, answer.text
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    assert "canary" not in answer.text
    assert (await editor.get("/schedules")).json()["items"] == []
