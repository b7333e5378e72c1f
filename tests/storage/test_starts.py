"""What the start of a sync leaves behind: everything, once, or nothing."""

import asyncio
import uuid

import pytest

from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.contracts.run import Run
from varlor.errors import ConflictError, NotFoundError
from varlor.storage import SqlStore
from varlor.storage.store import SqlTenantStore

SETTINGS = ConnectorSettings(name="Shop", base_url="https://shop.example.com")


def wanting(**target: str) -> FetchRequest:
    return FetchRequest(path="/orders", dataset=DatasetTarget.model_validate(target))


async def connector(tenant: SqlTenantStore, **changed: str) -> str:
    settings = SETTINGS.model_copy(update=changed)
    return (await tenant.connectors.create(settings, Secrets(), created_by="ann")).id


async def queued(tenant: SqlTenantStore, run_id: str, connector_id: str, **target: str) -> Run:
    request = wanting(**target or {"name": "orders"})
    return await tenant.starts.queue(
        run_id, connector_id=connector_id, request=request, fits=anything, actor="ann"
    )


def anything(_: ConnectorSettings) -> None:
    """Every request is for every connector."""


async def test_a_start_leaves_run_dataset_and_audit(tenant: SqlTenantStore, tenant_id: str) -> None:
    place = await connector(tenant)
    run = await queued(tenant, "run_1", place)
    assert run == await tenant.runs.get("run_1")
    assert (run.status, run.workflow_id) == ("queued", f"sync/{tenant_id}/run_1")
    dataset = await tenant.datasets.get(run.dataset_id)
    assert (dataset.name, dataset.connector_id) == ("orders", place)
    line = (await tenant.audit.list(limit=1, cursor=None)).items[0]
    assert (line.action, line.actor, line.connector_id) == ("fetch.started", "ann", place)
    assert line.detail == {"run": "run_1", "dataset": run.dataset_id}
    assert await tenant.audit.verify() is None
    assert (await queued(tenant, "run_2", place)).dataset_id == run.dataset_id
    assert (await queued(tenant, "run_3", place, id=run.dataset_id)).dataset_id == run.dataset_id


async def test_many_starts_at_once_share_a_dataset_and_keep_the_audits_chain(tenant: SqlTenantStore) -> None:
    place = await connector(tenant)
    runs = await asyncio.gather(*(queued(tenant, f"run_{number}", place) for number in range(12)))
    assert len({run.dataset_id for run in runs}) == 1
    assert len((await tenant.audit.list(limit=50, cursor=None)).items) == 12
    assert await tenant.audit.verify() is None


async def test_a_refused_start_takes_none_of_those_along_that_came_with_it(tenant: SqlTenantStore) -> None:
    place = await connector(tenant)
    starts = [queued(tenant, f"run_{n}", place if n % 3 else "no-such-connector") for n in range(12)]
    ended = await asyncio.gather(*starts, return_exceptions=True)
    assert [isinstance(end, NotFoundError) for end in ended] == [n % 3 == 0 for n in range(12)]
    runs = await tenant.runs.list(limit=50, cursor=None)
    assert {run.id for run in runs.items} == {f"run_{n}" for n in range(12) if n % 3}
    assert len((await tenant.audit.list(limit=50, cursor=None)).items) == 8
    assert await tenant.audit.verify() is None


async def test_one_id_is_one_run(tenant: SqlTenantStore) -> None:
    place = await connector(tenant)
    runs = await asyncio.gather(*(queued(tenant, "run_1", place) for _ in range(6)))
    assert all(run == runs[0] for run in runs)
    assert len((await tenant.runs.list(limit=9, cursor=None)).items) == 1
    assert len((await tenant.audit.list(limit=9, cursor=None)).items) == 1


async def test_a_start_reaches_no_dataset_of_another_tenant(store: SqlStore, tenant: SqlTenantStore) -> None:
    theirs = (await queued(tenant, "run_1", await connector(tenant))).dataset_id
    other = store.tenant(f"tenant-{uuid.uuid4().hex}")
    mine = await connector(other)
    assert (await queued(other, "run_1", mine)).dataset_id != theirs
    with pytest.raises(NotFoundError, match="dataset"):
        await queued(other, "run_2", mine, id=theirs)


async def test_what_cannot_start_leaves_nothing(tenant: SqlTenantStore) -> None:
    leaving, bare = await connector(tenant), await connector(tenant, auth_type="bearer")
    unconnected = await connector(tenant, auth_type="oauth2")
    await tenant.connectors.set_status(leaving, "deleting")
    for place, error in (
        (leaving, ConflictError),
        (bare, ConflictError),
        (unconnected, ConflictError),
        ("con_none", NotFoundError),
    ):
        with pytest.raises(error):
            await queued(tenant, f"run_{uuid.uuid4().hex}", place)
    with pytest.raises(NotFoundError, match="dataset"):
        await queued(tenant, "run_1", await connector(tenant), id="dat_none")
    assert not (await tenant.runs.list(limit=9, cursor=None)).items
    assert not (await tenant.datasets.list(limit=9, cursor=None)).items
    assert not (await tenant.audit.list(limit=9, cursor=None)).items
