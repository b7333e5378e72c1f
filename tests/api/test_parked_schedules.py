"""A schedule whose connector needs its user is parked, says so, and goes on once somebody has connected."""

import asyncio
from typing import Any

import httpx2
import pytest

from api.services import Services
from tests.api.oauth_kit import Provider, connect, created, new_provider, until

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]


async def refused(editor: httpx2.AsyncClient, sample_url: str) -> tuple[Provider, str]:
    """A connector whose grant the provider has just revoked, and nobody has noticed yet."""
    provider = new_provider(sample_url)
    await provider.steer("/settings", {"accessSeconds": 3600})
    connector = (await created(editor, provider))["id"]
    await connect(editor, connector)
    await provider.steer("/grants/revoke", {"clientId": provider.client_id})
    return provider, connector


async def scheduled(editor: httpx2.AsyncClient, connector: str, **more: Any) -> str:
    fetch = {"path": "/v1/users", "dataset": {"name": f"users {more}", "writeMode": "replace"}}
    body = {"name": "users", "connectorId": connector, "fetch": fetch, "every": "1h", **more}
    answer = await editor.post("/schedules", json=body)
    assert answer.status_code == 201, answer.text
    assert not answer.json()["parked"]
    return f"/schedules/{answer.json()['id']}"


async def newest(editor: httpx2.AsyncClient, place: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            runs = (await editor.get(place)).json()["recentRuns"]
            if runs:
                return runs[0]
            await asyncio.sleep(0.1)


async def test_its_run_waits_holds_back_the_next_and_goes_on(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient, sample_url: str
) -> None:
    provider, connector = await refused(editor, sample_url)
    place = await scheduled(editor, connector)
    await editor.post(f"{place}/trigger")
    run = (await newest(editor, place))["id"]
    await until(editor, f"/runs/{run}", "status", "waiting_auth", "failed", "succeeded")
    shown = (await editor.get(place)).json()
    assert (shown["parked"], shown["paused"], len(shown["nextRuns"])) == (True, False, 5)
    assert (await editor.post(f"{place}/trigger")).status_code == 409
    await connect(editor, connector)
    ended = await until(editor, f"/runs/{run}", "status", "failed", "succeeded")
    assert ended["status"] == "succeeded", ended
    shown = (await editor.get(place)).json()
    assert (shown["parked"], [each["id"] for each in shown["recentRuns"]]) == (False, [run])
    told = (await admin.get("/notifications/deliveries")).json()["items"]
    needing = [each for each in told if each["type"] == "connector.needs_reauth"]
    assert [each["data"]["connectorId"] for each in needing] == [connector], "told once"
    await provider.steer("/settings", {"accessSeconds": 60})


async def test_where_the_next_would_cancel_it_none_begins(
    admin: httpx2.AsyncClient, sample_url: str, services: Services, tenant: str
) -> None:
    editor = admin  # only an admin replaces a token that nobody has missed yet
    provider, connector = await refused(editor, sample_url)
    place = await scheduled(editor, connector, overlap="cancel_other")
    await services.store.tenant(tenant).connectors.set_status(connector, "needs_reauth")
    for _ in range(2):
        assert (await editor.post(f"{place}/trigger")).status_code == 202
    async with asyncio.timeout(60):
        while True:
            state = await services.timetable.state(tenant, place.rpartition("/")[2])
            if state is not None and not state.running:
                break
            await asyncio.sleep(0.1)
    shown = (await editor.get(place)).json()
    assert (shown["parked"], shown["recentRuns"]) == (True, [])
    await connect(editor, connector)
    await editor.post(f"{place}/trigger")
    run = (await newest(editor, place))["id"]
    ended = await until(editor, f"/runs/{run}", "status", "failed", "succeeded")
    assert ended["status"] == "succeeded", ended
    await provider.steer("/settings", {"accessSeconds": 60})
