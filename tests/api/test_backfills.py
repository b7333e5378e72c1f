"""Backfills under way: a pause ends them, in whatever way it is asked for."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from api.services import Services
from tests.api.test_fetch import connected, ended
from tests.api.test_schedules import begun, seen

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]


@pytest.mark.parametrize("way", ["pause", "patch"])
async def test_a_pause_ends_a_backfill_and_the_schedule_goes_on_afterwards(
    editor: httpx2.AsyncClient,
    sample_url: str,
    services: Services,
    tenant: str,
    way: str,
) -> None:
    slow = {"requestsPerMinute": 60, "burstLimit": 1}
    connector = await connected(editor, sample_url, rateLimitConfig=slow)
    events = {"path": "/v1/events", "params": {"limit": 5}, "dataset": {"name": "slow"}}
    asked = {"name": "slow", "connectorId": connector, "fetch": events, "every": "1h", "paused": True}
    schedule = (await editor.post("/schedules", json=asked)).json()
    place = f"/schedules/{schedule['id']}"
    now = datetime.now(UTC)
    span = {"startAt": (now - timedelta(hours=9)).isoformat(), "endAt": now.isoformat()}
    assert (await editor.post(f"{place}/backfill", json=span)).status_code == 202
    first = await begun(editor, schedule["id"])
    await ended(editor, first, "running")
    if way == "pause":
        paused = await editor.post(f"{place}/pause", json={"note": "enough"})
    else:
        paused = await editor.patch(place, json={"paused": True, "note": "enough"})
    assert (paused.json()["paused"], paused.json()["note"]) == (True, "enough"), paused.text
    await editor.post(f"/runs/{first}/cancel")
    assert (await ended(editor, first))["status"] == "canceled"
    # Were anything left of the backfill, it would run now, or wait behind what is asked for now.
    assert (await editor.post(f"{place}/trigger")).status_code == 202
    async with asyncio.timeout(30):
        while True:
            second = await begun(editor, schedule["id"])
            if second != first:
                break
            await asyncio.sleep(0.1)
    await ended(editor, second, "running")
    await editor.post(f"/runs/{second}/cancel")
    async with asyncio.timeout(30):
        while True:
            state = await services.timetable.state(tenant, schedule["id"])
            if state is not None and not state.running:
                break
            await asyncio.sleep(0.1)
    assert len(await seen(editor, schedule["id"], 2)) == 2
