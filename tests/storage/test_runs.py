import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from varlor.contracts.check import CheckResult
from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.contracts.run import Counters, RequestLogEntry, Run, RunError, RunStatus, SchemaChange
from varlor.errors import NotFoundError
from varlor.storage.store import SqlTenantStore

REQUEST = FetchRequest(path="/orders", dataset=DatasetTarget(name="orders"))
START = datetime(2026, 1, 1, tzinfo=UTC)
LOST = RunError(type="timeout", title="No answer", detail="It did not answer.", status=504)


async def begun(tenant: SqlTenantStore, run_id: str, connector: str = "con_1", dataset: str = "dat_1") -> Run:
    return await tenant.runs.create(
        run_id, connector_id=connector, dataset_id=dataset, request=REQUEST, origin="api"
    )


def entry(seq: int, *, status: int | None = 200, error: str | None = None) -> RequestLogEntry:
    return RequestLogEntry(
        seq=seq,
        time=START + timedelta(seconds=seq),
        method="GET",
        url="https://x/",
        status=status,
        error=error,
    )


async def test_a_run_is_made_once(tenant: SqlTenantStore, tenant_id: str) -> None:
    first = await begun(tenant, "run_1")
    assert first.status == "queued"
    assert first.request == REQUEST
    assert first.workflow_id == f"sync/{tenant_id}/run_1"
    assert await begun(tenant, "run_1", connector="con_2") == first == await tenant.runs.get("run_1")


async def test_marks_tell_a_runs_life(tenant: SqlTenantStore) -> None:
    await begun(tenant, "run_1")
    started = (await tenant.runs.mark("run_1", "running")).started_at
    assert started is not None
    resume = started + timedelta(minutes=5)
    await tenant.runs.mark("run_1", "throttled", resume_at=resume, error=LOST)
    waiting = await tenant.runs.count("run_1", Counters(rows=7, bytes=2**40))
    assert waiting.status == "throttled"
    assert (waiting.resume_at, waiting.error, waiting.rows, waiting.bytes) == (resume, LOST, 7, 2**40)
    again = await tenant.runs.mark("run_1", "running")
    assert (again.resume_at, again.error, again.rows, again.started_at) == (None, None, 7, started)
    done = await tenant.runs.mark("run_1", "failed", error=LOST)
    assert done.finished_at is not None
    assert done.finished_at > started


@pytest.mark.parametrize("final", ["succeeded", "failed", "canceled"])
async def test_a_final_status_is_never_left(tenant: SqlTenantStore, final: RunStatus) -> None:
    await begun(tenant, "run_1")
    ended = await tenant.runs.mark("run_1", final)
    for status in ("running", "failed", "succeeded", "canceled"):
        assert await tenant.runs.mark("run_1", status, error=LOST) == ended
    assert await tenant.runs.count("run_1", Counters(rows=9)) == ended


async def test_the_first_of_two_endings_wins(tenant: SqlTenantStore) -> None:
    await begun(tenant, "run_1")
    ends = await asyncio.gather(tenant.runs.mark("run_1", "canceled"), tenant.runs.mark("run_1", "succeeded"))
    assert ends[0] == ends[1] == await tenant.runs.get("run_1")


async def test_notes_and_changes_are_recorded_once(tenant: SqlTenantStore) -> None:
    await begun(tenant, "run_1")
    change = SchemaChange(kind="column_added", column="a\x00", detail="new \ud83d")
    await asyncio.gather(
        *(tenant.runs.record("run_1", notes=["n1", "n2", "n1"], changes=[change]) for _ in range(5))
    )
    await tenant.runs.record("run_1", notes=["n3"])
    run = await tenant.runs.get("run_1")
    assert run.notes == ["n1", "n2", "n3"]
    assert run.schema_changes == [change]


async def test_the_request_log_pages_newest_first_and_takes_a_batch_once(tenant: SqlTenantStore) -> None:
    await begun(tenant, "run_1")
    entries = [entry(1), entry(2, status=503), entry(3, status=None, error="timeout"), entry(4)]
    for _ in range(2):
        await tenant.runs.append_requests("run_1", entries)
    page = await tenant.runs.requests("run_1", limit=3, cursor=None)
    rest = await tenant.runs.requests("run_1", limit=3, cursor=page.next_cursor)
    assert [*page.items, *rest.items] == entries[::-1]
    assert rest.next_cursor is None
    failed = await tenant.runs.requests("run_1", limit=9, cursor=None, failed_only=True)
    assert [item.seq for item in failed.items] == [3, 2]
    for statuses, expected in ((range(500, 600), [2]), (range(200, 201), [4, 1]), (range(0), [3])):
        found = await tenant.runs.requests("run_1", limit=9, cursor=None, statuses=statuses)
        assert [item.seq for item in found.items] == expected


async def test_a_big_batch_with_odd_answers_is_stored(tenant: SqlTenantStore) -> None:
    await begun(tenant, "run_1")
    odd = [entry(n, status=500).model_copy(update={"answer": "\x00\ud800 ü"}) for n in range(9000)]
    await tenant.runs.append_requests("run_1", odd)
    found = await tenant.runs.requests("run_1", limit=10_000, cursor=None)
    assert len(found.items) == 9000
    assert found.items[0].answer == "\x00\ud800 ü"


async def test_lists_filter(tenant: SqlTenantStore) -> None:
    await begun(tenant, "run_1", connector="con_1", dataset="dat_1")
    await begun(tenant, "run_2", connector="con_1", dataset="dat_2")
    await begun(tenant, "run_3", connector="con_2", dataset="dat_2")
    await tenant.runs.mark("run_3", "canceled")

    async def ids(**filters: str) -> list[str]:
        return [run.id for run in (await tenant.runs.list(limit=9, cursor=None, **filters)).items]  # pyright: ignore[reportArgumentType] - a status among them

    assert await ids() == ["run_3", "run_2", "run_1"]
    assert await ids(connector_id="con_1") == ["run_2", "run_1"]
    assert await ids(dataset_id="dat_2", connector_id="con_2") == ["run_3"]
    assert await ids(status="canceled") == ["run_3"]


async def test_a_rate_is_set_and_lifted(tenant: SqlTenantStore) -> None:
    await begun(tenant, "run_1")
    assert (await tenant.runs.set_rate("run_1", 5)).requests_per_minute == 5
    assert (await tenant.runs.set_rate("run_1", None)).requests_per_minute is None


async def test_a_connector_is_active_from_a_runs_start_until_its_end(
    tenant: SqlTenantStore, later: Callable[[timedelta], None]
) -> None:
    await begun(tenant, "run_1")
    assert not await tenant.runs.active_since("con_1", START)
    started = (await tenant.runs.mark("run_1", "running")).started_at
    assert started is not None
    later(timedelta(hours=1))
    assert await tenant.runs.active_since("con_1", started + timedelta(minutes=30))
    assert await tenant.runs.active_since("con_1", START, before=started + timedelta(seconds=1))
    assert not await tenant.runs.active_since("con_1", START, before=started)
    ended = (await tenant.runs.mark("run_1", "succeeded")).finished_at
    assert ended is not None
    assert await tenant.runs.active_since("con_1", ended)
    assert not await tenant.runs.active_since("con_1", ended + timedelta(seconds=1))


async def test_a_test_counts_as_activity(tenant: SqlTenantStore) -> None:
    settings = ConnectorSettings(name="a", base_url="https://x")
    made = await tenant.connectors.create(settings, Secrets(), created_by="ann")
    assert not await tenant.runs.active_since(made.id, START)
    await tenant.connectors.record_check(made.id, CheckResult(ok=True, url="https://x/"))
    assert await tenant.runs.active_since(made.id, START)


async def test_a_missing_run_takes_nothing(tenant: SqlTenantStore) -> None:
    with pytest.raises(NotFoundError):
        await tenant.runs.append_requests("run_none", [entry(1)])
