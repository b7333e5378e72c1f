"""Runs whose workflow is gone are ended by whoever looks after them, and no others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from activities.burial import PATIENCE, Burial
from activities.herald import Herald
from api.services import Services
from tests.api.test_fetch import connected, ended
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.run import NOT_STARTED
from varlor.temporal import TemporalDeliveries, TemporalWorkflows

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]
ORDER = {"path": "/v1/events", "params": {"limit": 5}, "dataset": {"name": "slow"}}
SLOW = {"requestsPerMinute": 60, "burstLimit": 1}


class Later:
    """So much later that no run is too young to be looked at."""

    def now(self) -> datetime:
        return datetime.now(UTC) + PATIENCE + timedelta(seconds=1)


@pytest.fixture
def burial(services: Services) -> Burial:
    client = services.engine._client  # pyright: ignore[reportPrivateUsage] - the worker's parts, on the API's client
    herald = Herald(services.store, services.events, TemporalDeliveries(client))
    return Burial(services.store, TemporalWorkflows(client), herald, Later())


async def test_a_terminated_sync_is_told_as_failed(
    editor: httpx2.AsyncClient, services: Services, burial: Burial, sample_url: str
) -> None:
    connector = await connected(editor, sample_url, rateLimitConfig=SLOW)
    place = f"/connectors/{connector}/fetch"
    gone, going = [(await editor.post(place, json=order)).json() for order in (ORDER, other("going"))]
    for started in (gone, going):
        await ended(editor, started["runId"], "running", "throttled")
    client = services.engine._client  # pyright: ignore[reportPrivateUsage] - an operator's own way in
    await client.get_workflow_handle(gone["workflowId"]).terminate("by an operator")
    await burial.sweep()
    run = (await editor.get(f"/runs/{gone['runId']}")).json()
    assert (run["status"], run["error"]["type"]) == ("failed", "terminated")
    assert (await editor.get(f"/runs/{going['runId']}")).json()["status"] in {"running", "throttled"}
    after = await editor.post(place, json=ORDER | {"limits": {"maxPages": 1}})
    assert (await ended(editor, after.json()["runId"]))["status"] == "succeeded"
    await editor.post(f"/runs/{going['runId']}/cancel")


async def test_a_cancel_ends_a_run_whose_workflow_was_terminated(
    editor: httpx2.AsyncClient, services: Services, sample_url: str
) -> None:
    connector = await connected(editor, sample_url, rateLimitConfig=SLOW)
    gone = (await editor.post(f"/connectors/{connector}/fetch", json=ORDER)).json()
    await ended(editor, gone["runId"], "running", "throttled")
    client = services.engine._client  # pyright: ignore[reportPrivateUsage] - an operator's own way in
    await client.get_workflow_handle(gone["workflowId"]).terminate("by an operator")
    assert (await editor.post(f"/runs/{gone['runId']}/cancel")).json()["status"] == "canceled"


async def test_a_run_that_never_began_does_not_stay_queued(
    editor: httpx2.AsyncClient, services: Services, burial: Burial, sample_url: str, tenant: str
) -> None:
    connector = await connected(editor, sample_url)
    await services.store.tenant(tenant).starts.queue(
        "run_lost",
        connector_id=connector,
        request=FetchRequest.model_validate(ORDER),
        fits=lambda _: None,
        actor="ann",
    )
    await burial.sweep()
    run = (await editor.get("/runs/run_lost")).json()
    assert (run["status"], run["error"]["type"]) == ("failed", NOT_STARTED)


def other(name: str) -> dict[str, Any]:
    return ORDER | {"dataset": {"name": name}}
