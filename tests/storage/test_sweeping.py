"""What falls due over all tenants: promises that turn, tables to look after, messages to forget."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from varlor.contracts.care import Promise
from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.contracts.dataset import TableFacts
from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.contracts.oauth import OAuthConfig
from varlor.ports import Clock, Grant, OverdueToken
from varlor.storage import SqlStore
from varlor.storage.store import SqlTenantStore

HOUR = timedelta(hours=1)
REQUEST = FetchRequest(path="/orders", dataset=DatasetTarget(name="orders"))
OAUTH = ConnectorSettings(
    name="Shop",
    base_url="https://api.example.com",
    auth_type="oauth2",
    oauth_config=OAuthConfig(grant="refresh_token", client_id="c", token_url="https://id.example.com/t"),
)


async def turned(store: SqlStore, clock: Clock, tenant: str) -> list[Promise]:
    found = await store.promises_turned(clock.now(), 1000)
    return [each for each in found if each.tenant_id == tenant]


async def test_a_promise_is_told_once_when_it_breaks_and_once_when_it_is_kept_again(
    store: SqlStore, tenant: SqlTenantStore, tenant_id: str, clock: Clock, later: Callable[[timedelta], None]
) -> None:
    made = await tenant.datasets.create("orders", connector_id=None)
    assert made.freshness is None
    promised = await tenant.datasets.promise(made.id, 3600)
    assert promised.freshness is not None
    assert (promised.freshness.max_age, promised.freshness.stale) == (3600, False)
    assert await turned(store, clock, tenant_id) == []
    later(HOUR)
    shown = (await tenant.datasets.get(made.id)).freshness
    assert shown is not None
    assert shown.stale
    assert shown.age >= 3600
    assert shown.since == made.created_at + HOUR
    (broken,) = await turned(store, clock, tenant_id)
    assert (broken.dataset_id, broken.stale, broken.fresh_until) == (made.id, True, shown.since)
    await tenant.datasets.turned(broken)
    assert await turned(store, clock, tenant_id) == []
    await tenant.datasets.record_facts(made.id, TableFacts(), refreshed=False)
    assert await turned(store, clock, tenant_id) == [], "a failed run refreshes nothing"
    await tenant.datasets.record_facts(made.id, TableFacts(), refreshed=True)
    (kept,) = await turned(store, clock, tenant_id)
    assert (kept.stale, kept.stale_since) == (False, shown.since)
    await tenant.datasets.turned(broken)  # somebody slow
    await tenant.datasets.turned(kept)
    assert await turned(store, clock, tenant_id) == []
    fresh = (await tenant.datasets.get(made.id)).freshness
    assert fresh is not None
    assert (fresh.stale, fresh.since, fresh.age) == (False, None, 0)


async def test_a_longer_promise_is_kept_again_and_one_taken_back_is_silent(
    store: SqlStore, tenant: SqlTenantStore, tenant_id: str, clock: Clock, later: Callable[[timedelta], None]
) -> None:
    made = await tenant.datasets.create("orders", connector_id=None)
    await tenant.datasets.promise(made.id, 60)
    later(HOUR)
    (broken,) = await turned(store, clock, tenant_id)
    await tenant.datasets.turned(broken)
    await tenant.datasets.promise(made.id, 7200)
    (kept,) = await turned(store, clock, tenant_id)
    assert not kept.stale
    gone = await tenant.datasets.promise(made.id, None)
    assert gone.freshness is None
    later(3 * HOUR)
    assert await turned(store, clock, tenant_id) == []


async def test_care_is_due_an_hour_after_a_sync_and_claimed_for_an_hour(
    store: SqlStore, tenant: SqlTenantStore, tenant_id: str, clock: Clock, later: Callable[[timedelta], None]
) -> None:
    async def due() -> list[str]:
        found = await store.care_due(clock.now(), 1000)
        return [each.dataset_id for each in found if each.tenant_id == tenant_id]

    made = await tenant.datasets.create("orders", connector_id=None)
    assert await due() == []
    await tenant.datasets.record_facts(made.id, TableFacts(version=3, files=9))
    assert await due() == []
    later(HOUR / 2)
    await tenant.datasets.record_facts(made.id, TableFacts(version=5, files=11))
    later(HOUR / 2)
    assert await due() == [made.id], "frequent syncs do not put it off"
    assert await due() == []
    later(HOUR)
    assert await due() == [made.id], "nobody came"
    at = clock.now() + 24 * HOUR
    await tenant.datasets.record_maintenance(made.id, TableFacts(version=4, files=1), next_at=at)
    shown = await tenant.datasets.get(made.id)
    assert (shown.version, shown.files) == (5, 11), "a run has ended since"
    assert shown.maintained_at is not None
    later(2 * HOUR)
    assert await due() == []
    later(23 * HOUR)
    assert await due() == [made.id]


async def test_old_messages_are_forgotten_but_not_those_that_wait(
    store: SqlStore, tenant: SqlTenantStore, clock: Clock, later: Callable[[timedelta], None]
) -> None:
    await tenant.notifications.record(f"msg_{uuid.uuid4().hex}", "run.failed", {})
    later(timedelta(days=2))
    await tenant.notifications.record("msg_young", "run.failed", {})
    await store.forget_notifications(clock.now() - timedelta(days=1))
    left = await tenant.notifications.list(limit=10, cursor=None)
    assert [each.id for each in left.items] == ["msg_young"]


async def test_a_token_that_nobody_refreshed_is_named_until_somebody_does(
    store: SqlStore, tenant: SqlTenantStore, tenant_id: str, clock: Clock, later: Callable[[timedelta], None]
) -> None:
    async def overdue(after: datetime | None = None) -> list[OverdueToken]:
        found = await store.overdue_tokens(clock.now(), after=after, limit=1000)
        return [token for token in found if token.tenant_id == tenant_id]

    made = [await tenant.connectors.create(OAUTH, Secrets(), created_by="ann") for _ in range(3)]
    for number, each in enumerate(made):
        due = clock.now() + HOUR * (number + 1)
        grant = Grant("access", "refresh", "Bearer", (), clock.now(), due)
        await tenant.grants.write(each.id, grant, expected_version=0, next_refresh_at=due)
    assert await overdue() == []
    later(2 * HOUR)
    first, second = await overdue()
    assert [first.connector_id, second.connector_id] == [made[0].id, made[1].id]
    assert (first.state.status, first.state.version) == ("active", 1)
    assert await overdue(first.due) == [second]
    await tenant.connectors.set_status(made[0].id, "deleting")
    await tenant.grants.mark(made[1].id, "degraded", expected_version=1, next_refresh_at=clock.now() + HOUR)
    assert await overdue() == []


async def test_runs_that_have_not_ended_are_named_one_after_the_other_once_they_are_old_enough(
    store: SqlStore, tenant: SqlTenantStore, tenant_id: str, clock: Clock, later: Callable[[timedelta], None]
) -> None:
    async def begun(run_id: str) -> None:
        await tenant.runs.create(
            run_id, connector_id="con_1", dataset_id="dat_1", request=REQUEST, origin="api"
        )

    async def after(run_id: str) -> list[str]:
        found = await store.open_runs(created_before=before, after=(tenant_id, run_id), limit=1)
        return [run.id for owner, run in found if owner == tenant_id]

    for run_id in ("run_1", "run_2", "run_3"):
        await begun(run_id)
    await tenant.runs.mark("run_2", "succeeded")
    later(HOUR)
    before = clock.now()
    await begun("run_4")
    assert [await after(each) for each in ("", "run_1", "run_3")] == [["run_1"], ["run_3"], []]
