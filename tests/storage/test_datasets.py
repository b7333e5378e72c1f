import asyncio
from datetime import UTC, datetime

import pytest

from varlor.contracts.dataset import Column, DatasetVersion, TableFacts
from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.errors import ConflictError, NotFoundError
from varlor.storage.store import SqlTenantStore

REQUEST = FetchRequest(path="/orders", dataset=DatasetTarget(name="orders"))
FACTS = TableFacts(
    columns=[Column(name="id", type="long")],
    row_count=2**40,
    bytes=10,
    version=3,
    versions=[
        DatasetVersion(
            version=3, committed_at=datetime(2026, 1, 1, tzinfo=UTC), operation="append", run_id="run_1"
        )
    ],
)


async def queued(tenant: SqlTenantStore, dataset_id: str, *run_ids: str) -> None:
    for run_id in run_ids:
        await tenant.runs.create(
            run_id, connector_id="con_1", dataset_id=dataset_id, request=REQUEST, origin="api"
        )


async def test_a_dataset_comes_back_with_its_place_and_facts(tenant: SqlTenantStore, tenant_id: str) -> None:
    made = await tenant.datasets.create("orders", connector_id="con_1")
    assert made.location == f"file:///data/{tenant_id}/{made.id}"
    await tenant.datasets.record_facts(made.id, FACTS)
    found = await tenant.datasets.get(made.id)
    assert TableFacts.model_validate(found.model_dump(include=set(TableFacts.model_fields))) == FACTS
    assert found.updated_at > made.updated_at
    assert await tenant.datasets.find("orders") == found
    assert await tenant.datasets.find("order") is None


async def test_a_name_is_taken_once_a_tenant(tenant: SqlTenantStore) -> None:
    first = await tenant.datasets.create("a", connector_id=None)
    second = await tenant.datasets.create("b", connector_id=None)
    with pytest.raises(ConflictError):
        await tenant.datasets.create("a", connector_id=None)
    with pytest.raises(ConflictError):
        await tenant.datasets.rename(second.id, "a")
    assert (await tenant.datasets.rename(first.id, "c")).name == "c"
    assert (await tenant.datasets.rename(second.id, "a")).name == "a"


async def test_of_two_creations_at_once_one_wins(tenant: SqlTenantStore) -> None:
    tries = (tenant.datasets.create("a", connector_id=None) for _ in range(4))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, ConflictError) for result in results) == 3


async def test_lists_are_newest_first(tenant: SqlTenantStore) -> None:
    ids = [(await tenant.datasets.create(str(number), connector_id=None)).id for number in range(3)]
    first = await tenant.datasets.list(limit=2, cursor=None)
    rest = await tenant.datasets.list(limit=2, cursor=first.next_cursor)
    assert [item.id for item in (*first.items, *rest.items)] == ids[::-1]


async def test_two_leases_at_once_have_one_holder(tenant: SqlTenantStore) -> None:
    dataset = (await tenant.datasets.create("a", connector_id=None)).id
    runs = [f"run_{number}" for number in range(8)]
    await queued(tenant, dataset, *runs)
    holders = await asyncio.gather(*(tenant.datasets.lease(dataset, run) for run in runs))
    assert len(set(holders)) == 1
    assert await tenant.datasets.lease(dataset, holders[0]) == holders[0]


async def test_a_lease_outlives_time_but_not_its_run(tenant: SqlTenantStore) -> None:
    dataset = (await tenant.datasets.create("a", connector_id=None)).id
    await queued(tenant, dataset, "run_1", "run_2")
    assert await tenant.datasets.lease(dataset, "run_1") == "run_1"
    await tenant.runs.mark("run_1", "waiting_auth")
    assert await tenant.datasets.lease(dataset, "run_2") == "run_1"
    await tenant.runs.mark("run_1", "failed")
    assert await tenant.datasets.lease(dataset, "run_2") == "run_2"


async def test_a_release_names_the_run_queued_longest(tenant: SqlTenantStore) -> None:
    dataset = (await tenant.datasets.create("a", connector_id=None)).id
    await queued(tenant, dataset, "run_z", "run_y", "run_x")
    await tenant.datasets.lease(dataset, "run_z")
    await tenant.runs.mark("run_z", "succeeded")
    assert await tenant.datasets.release(dataset, "run_z") == "run_y"
    await tenant.runs.mark("run_y", "canceled")
    assert await tenant.datasets.lease(dataset, "run_x") == "run_x"
    assert await tenant.datasets.release(dataset, "run_z") == "run_x"  # not the holder: changes nothing
    assert await tenant.datasets.lease(dataset, "run_z") == "run_x"
    await tenant.runs.mark("run_x", "succeeded")
    assert await tenant.datasets.release(dataset, "run_x") is None


async def test_a_run_that_ends_in_the_queue_names_another_than_itself(tenant: SqlTenantStore) -> None:
    dataset = (await tenant.datasets.create("a", connector_id=None)).id
    await queued(tenant, dataset, "run_z", "run_y")
    assert await tenant.datasets.release(dataset, "run_z") == "run_y"


async def test_a_dataset_being_written_is_not_deleted(tenant: SqlTenantStore) -> None:
    dataset = (await tenant.datasets.create("a", connector_id=None)).id
    await queued(tenant, dataset, "run_1")
    await tenant.datasets.lease(dataset, "run_1")
    with pytest.raises(ConflictError):
        await tenant.datasets.delete(dataset)
    await tenant.runs.mark("run_1", "succeeded")
    await tenant.datasets.delete(dataset)
    with pytest.raises(NotFoundError):
        await tenant.datasets.get(dataset)
    assert (await tenant.runs.get("run_1")).status == "succeeded"
