"""Runs of which the row and the workflow, or the row and the rows, know different things."""

import httpx2
from temporalio.client import WorkflowFailureError

from api.services import Services
from tests.datasets.lake_kit import page
from varlor.contracts.dataset import Dataset
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.messages import SyncInput
from varlor.contracts.run import Counters, Run, RunError
from varlor.ports import LandingTarget, RunState, TenantStore
from varlor.temporal import TemporalWorkflows


async def test_a_run_called_failed_does_not_write(
    editor: httpx2.AsyncClient, tenant: str, services: Services, sample_url: str, worker_log: object
) -> None:
    store = services.store.tenant(tenant)
    run, dataset = await queued(editor, store, sample_url, "ghost")
    lost = RunError(type="part-unavailable", title="could not start", detail="The engine did not answer.")
    await store.runs.mark(run.id, "failed", error=lost)
    order = SyncInput(tenant_id=tenant, run_id=run.id, connector_id=run.connector_id, dataset_id=dataset.id)
    started = await services.engine.start_sync(order)
    assert isinstance(started, str)
    await ended(services, started)
    assert (await editor.get(f"/datasets/{dataset.id}")).json()["rowCount"] == 0


async def test_a_run_whose_worker_died_between_its_last_checkpoint_and_the_count_is_counted(
    editor: httpx2.AsyncClient, tenant: str, services: Services, sample_url: str, worker_log: object
) -> None:
    store = services.store.tenant(tenant)
    run, dataset = await queued(editor, store, sample_url, "uncounted")
    target = LandingTarget(location=dataset.location, run_id=run.id, write_mode="append")
    landing = await services.datasets.open(target)
    await landing.add(page({"id": 1}, {"id": 2}))
    done = Counters(rows=2, pages=1, requests=1, bytes=30)
    await landing.commit(RunState(done=True, counters=done))
    order = SyncInput(tenant_id=tenant, run_id=run.id, connector_id=run.connector_id, dataset_id=dataset.id)
    await ended(services, str(await services.engine.start_sync(order)))
    told = (await editor.get(f"/runs/{run.id}")).json()
    assert (told["status"], told["rows"], told["pages"], told["requests"]) == ("succeeded", 2, 1, 1)


async def queued(
    editor: httpx2.AsyncClient, store: TenantStore, sample_url: str, name: str
) -> tuple[Run, Dataset]:
    """A run's row without its workflow, and the dataset that it is to fill."""
    body = {"name": "ghost", "baseUrl": sample_url}
    connector = (await editor.post("/connectors", json=body)).json()["id"]
    dataset = await store.datasets.create(name, connector_id=connector)
    request = FetchRequest.model_validate({"path": "/v1/users", "dataset": {"id": dataset.id}})
    run = await store.runs.create(
        f"run_{name}", connector_id=connector, dataset_id=dataset.id, request=request, origin="api"
    )
    return run, dataset


async def ended(services: Services, workflow_id: str) -> None:
    client = services.engine._client  # pyright: ignore[reportPrivateUsage] - a test waits for the engine's end
    try:
        await client.get_workflow_handle(workflow_id).result()
    except WorkflowFailureError:
        assert not await TemporalWorkflows(client).is_open(workflow_id)
