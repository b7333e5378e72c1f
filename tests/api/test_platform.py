"""What the UI shows around the data: Temporal Web, the master keys' use, a run's numbers over time."""

import uuid

import httpx2

from api.routes.runs import MAX_POINTS
from api.services import Services
from tests.api.conftest import Door
from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.contracts.run import Counters


async def test_temporal_web_is_named_with_its_namespace(viewer: httpx2.AsyncClient) -> None:
    answer = await viewer.get("/platform")
    assert answer.json() == {"temporalWeb": "http://127.0.0.1:8233/namespaces/default"}


async def test_only_operators_learn_which_keys_hold_secrets(door: Door, admin: httpx2.AsyncClient) -> None:
    assert (await admin.get("/master-keys")).status_code == 403
    async with door.as_role("operator") as operator:
        keys = (await operator.get("/master-keys")).json()
    assert keys["newest"] in {use["version"] for use in keys["versions"]}


async def test_a_runs_numbers_over_time_are_thinned_and_end_with_the_newest(
    services: Services, viewer: httpx2.AsyncClient, tenant: str
) -> None:
    store = services.store.tenant(tenant)
    settings = ConnectorSettings(name="Shop", base_url="https://api.example.com")
    connector = await store.connectors.create(settings, Secrets(), created_by="ada")
    dataset = await store.datasets.create("orders", connector_id=connector.id)
    run = await store.runs.create(
        f"run_{uuid.uuid4().hex}",
        connector_id=connector.id,
        dataset_id=dataset.id,
        request=FetchRequest(path="/orders", dataset=DatasetTarget(id=dataset.id)),
        origin="api",
    )
    for rows in range(1, MAX_POINTS + 2):
        await services.events.set_progress(tenant, run.id, Counters(rows=rows))
    points = (await viewer.get(f"/runs/{run.id}/progress")).json()["points"]
    assert len(points) <= MAX_POINTS
    assert [points[0]["rows"], points[-1]["rows"]] == [1, MAX_POINTS + 1]
