"""An Idempotency-Key starts one sync: whatever dies, however late it is sent again, however many send it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
import time_machine

from api.services import Services
from tests.api.conftest import token
from tests.api.processes import environment, running, wait_for_port
from tests.api.test_fetch import connected, ended
from tests.ports import free_port
from varlor.contracts.run import NOT_STARTED, RunError
from varlor.settings import Settings

KEY = {"Idempotency-Key": "monday"}
ORDER = {"path": "/v1/users", "dataset": {"name": "users"}}


async def runs(client: httpx2.AsyncClient) -> list[str]:
    return [run["id"] for run in (await client.get("/runs")).json()["items"]]


@pytest.mark.stack
@pytest.mark.usefixtures("worker_log")
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_an_api_killed_while_it_starts_a_sync_is_asked_again(
    settings: Settings,
    tenant: str,
    editor: httpx2.AsyncClient,
    sample_url: str,
    tmp_path: Path,
    moment: str,
) -> None:
    connector = await connected(editor, sample_url)
    port, log = free_port(), tmp_path / "log"
    factory = ["-m", "uvicorn", "--factory", f"tests.api.dying:{moment}", "--port", str(port)]
    with running(factory, log, environment(settings)) as process:
        wait_for_port(port, process, log)
        place = f"http://127.0.0.1:{port}/api/v2/connectors/{connector}/fetch"
        signed = {"Authorization": f"Bearer {token(tenant, 'editor')}", **KEY}
        with pytest.raises(httpx2.TransportError):
            async with httpx2.AsyncClient() as caller:
                await caller.post(place, json=ORDER, headers=signed, timeout=60)
    begun = await runs(editor)
    assert len(begun) == 1
    again = await editor.post(f"/connectors/{connector}/fetch", json=ORDER, headers=KEY)
    assert (again.status_code, again.json()["runId"]) == (202, begun[0]), again.text
    run = await ended(editor, begun[0])
    assert run["status"] == "succeeded"
    assert await runs(editor) == begun
    dataset = (await editor.get(f"/datasets/{run['datasetId']}")).json()
    assert dataset["rowCount"] == run["rows"] > 0


async def test_many_callers_with_one_key_start_one_sync(editor: httpx2.AsyncClient, sample_url: str) -> None:
    connector = await connected(editor, sample_url)
    place = f"/connectors/{connector}/fetch"
    answers = await asyncio.gather(*(editor.post(place, json=ORDER, headers=KEY) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert len(await runs(editor)) == 1


@pytest.mark.parametrize("later", [timedelta(seconds=61), timedelta(days=2)], ids=str)
async def test_a_late_repetition_starts_nothing(
    editor: httpx2.AsyncClient, sample_url: str, tenant: str, later: timedelta
) -> None:
    connector = await connected(editor, sample_url)
    first = await editor.post(f"/connectors/{connector}/fetch", json=ORDER, headers=KEY)
    with time_machine.travel(later, tick=True):
        signed = {"Authorization": f"Bearer {token(tenant, 'editor')}", **KEY}
        again = await editor.post(f"/connectors/{connector}/fetch", json=ORDER, headers=signed)
    assert (again.status_code, again.json()) == (202, first.json())
    assert len(await runs(editor)) == 1


async def test_a_run_that_could_not_be_started_gives_its_key_to_another(
    editor: httpx2.AsyncClient, services: Services, sample_url: str, tenant: str
) -> None:
    connector = await connected(editor, sample_url)
    first = (await editor.post(f"/connectors/{connector}/fetch", json=ORDER, headers=KEY)).json()["runId"]
    lost = RunError(type=NOT_STARTED, title="could not start", detail="The engine was away.")
    store = services.store.tenant(tenant)
    if (await store.runs.mark(first, "failed", error=lost)).error != lost:
        pytest.fail("the run had ended before it was told as lost")
    second = await editor.post(f"/connectors/{connector}/fetch", json=ORDER, headers=KEY)
    assert second.status_code == 202
    assert await runs(editor) == [second.json()["runId"], first]


async def test_two_tenants_may_use_one_key(editor: httpx2.AsyncClient, sample_url: str, tenant: str) -> None:
    connector = await connected(editor, sample_url)
    mine = (await editor.post(f"/connectors/{connector}/fetch", json=ORDER, headers=KEY)).json()["runId"]
    other = {"Authorization": f"Bearer {token(f'{tenant}-b', 'editor')}"}
    body = {"name": "Shop", "baseUrl": sample_url}
    theirs = (await editor.post("/connectors", json=body, headers=other)).json()["id"]
    place = f"/connectors/{theirs}/fetch"
    answer = await editor.post(place, json=ORDER, headers=other | KEY)
    assert answer.status_code == 202
    assert answer.json()["runId"] != mine
