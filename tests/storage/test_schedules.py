"""What is stored of a schedule, what a run knows of it, and who waits for a dataset."""

from typing import Any

import pytest

from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.contracts.schedule import ScheduleSettings
from varlor.errors import NotFoundError
from varlor.ports import TenantStore

FETCH = FetchRequest(path="/users", dataset=DatasetTarget(name="users"))


async def connector(tenant: TenantStore) -> str:
    settings = ConnectorSettings(name="Shop", base_url="https://api.example.com")
    return (await tenant.connectors.create(settings, Secrets(), created_by="ann")).id


async def test_a_schedule_comes_back_as_it_was_given_and_stays_with_its_connector(
    tenant: TenantStore,
) -> None:
    first, other = await connector(tenant), await connector(tenant)
    given = ScheduleSettings(
        name="nightly",
        connector_id=first,
        fetch=FETCH,
        cron="0 6 * * 1-5",
        time_zone="Europe/Berlin",
        jitter=60,
    )
    made = await tenant.schedules.create(given)
    assert await tenant.schedules.get(made.id) == made
    moved = given.model_copy(update={"name": "hourly", "connector_id": other})
    changed = await tenant.schedules.update(made.id, moved)
    assert (changed.name, changed.connector_id) == ("hourly", first)
    assert changed.updated_at > made.updated_at
    assert [each.id for each in (await tenant.schedules.list(limit=9, cursor=None)).items] == [made.id]
    assert not (await tenant.schedules.list(limit=9, cursor=None, connector_id=other)).items


async def test_it_goes_on_writing_a_dataset_that_was_renamed(tenant: TenantStore) -> None:
    mine = await connector(tenant)
    users = await tenant.datasets.create("users", connector_id=mine)
    given = ScheduleSettings(name="nightly", connector_id=mine, fetch=FETCH, every=3600)
    orders = FETCH.model_copy(update={"dataset": DatasetTarget(name="orders")})
    made = await tenant.schedules.create(given)
    other = await tenant.schedules.create(given.model_copy(update={"fetch": orders}))
    await tenant.datasets.rename(users.id, "people")
    assert (await tenant.schedules.get(made.id)).fetch == FETCH.model_copy(
        update={"dataset": DatasetTarget(name="people")}
    )
    assert await tenant.schedules.get(other.id) == other


async def test_it_goes_with_its_connector(tenant: TenantStore) -> None:
    mine = await connector(tenant)
    given = ScheduleSettings(name="nightly", connector_id=mine, fetch=FETCH, every=3600)
    made = await tenant.schedules.create(given)
    await tenant.connectors.erase(mine)
    for gone in (tenant.schedules.get(made.id), tenant.schedules.create(given)):
        with pytest.raises(NotFoundError):
            await gone


async def test_its_runs_are_found_and_are_never_the_next_in_line(tenant: TenantStore) -> None:
    mine = await connector(tenant)
    dataset = (await tenant.datasets.create("users", connector_id=mine)).id
    of_mine: dict[str, Any] = {"connector_id": mine, "dataset_id": dataset, "request": FETCH}
    await tenant.runs.create("run_first", **of_mine, origin="api")
    started: dict[str, Any] = {"schedule_id": "sch_1", "workflow_id": "sync/t/sch_1-2026-01-01T00:00:00Z"}
    scheduled = await tenant.runs.create("run_scheduled", **of_mine, origin="schedule", **started)
    again = await tenant.runs.create("run_scheduled", **of_mine, origin="schedule", **started)
    assert scheduled == again
    assert scheduled.workflow_id == started["workflow_id"]
    found = await tenant.runs.list(limit=9, cursor=None, schedule_id="sch_1")
    assert [run.id for run in found.items] == ["run_scheduled"]
    await tenant.runs.create("run_waiting", **of_mine, origin="api")
    await tenant.datasets.lease(dataset, "run_first")
    await tenant.runs.mark("run_first", "succeeded")
    assert await tenant.datasets.release(dataset, "run_first") == "run_waiting"
