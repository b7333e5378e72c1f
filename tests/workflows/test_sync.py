"""What a sync decides: how long to wait, when to give up, what a pause, a cancel and a rate change do."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.testing import WorkflowEnvironment

from activities.failures import failure
from tests.workflows.conftest import Script, chunk, staged
from varlor.contracts.messages import LeaseOutcome
from varlor.errors import SourceError
from workflows.sync import SyncDataset


async def test_chunks_follow_each_other_until_the_api_has_no_more(skipping: WorkflowEnvironment) -> None:
    script = Script([chunk(rows=10), chunk(rows=20), chunk(rows=30, done=True)])
    async with staged(skipping.client, script) as stage:
        result = await stage.handle.result()
    assert result.status == "succeeded"
    assert script.seen == ["begin", "chunk", "chunk", "chunk", "publish", "succeeded"]


async def test_a_long_wait_is_a_durable_timer_and_holds_no_worker(skipping: WorkflowEnvironment) -> None:
    wait = chunk(rows=1, waitReason="throttled", waitSeconds=3600)
    script = Script([wait, chunk(rows=2, done=True)])
    async with staged(skipping.client, script) as stage:
        await stage.handle.result()
        history = await stage.handle.fetch_history()
    timers = [
        e.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
        for e in history.events
        if e.HasField("timer_started_event_attributes")
    ]
    assert timers == [timedelta(hours=1)]


async def test_the_count_of_failures_in_a_row_is_carried_from_chunk_to_chunk(
    skipping: WorkflowEnvironment,
) -> None:
    again: dict[str, Any] = {"waitReason": "retry", "waitSeconds": 10}
    script = Script([chunk(failures=3, **again), chunk(failures=4, **again), chunk(done=True)])
    async with staged(skipping.client, script) as stage:
        await stage.handle.result()
    assert script.failures == [0, 3, 4]


async def test_a_final_failure_ends_the_run_as_failed_with_its_reason(skipping: WorkflowEnvironment) -> None:
    gone = failure(SourceError("not_found", "The API has no /orders (404).", status=404))
    script = Script([chunk(rows=10), gone])
    async with staged(skipping.client, script) as stage:
        with pytest.raises(WorkflowFailureError) as caught:
            await stage.handle.result()
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "not_found"
    (end,) = script.finished
    assert end.status == "failed"
    assert end.error is not None
    assert (end.error.type, end.error.status) == ("not_found", 404)
    assert "publish" not in script.seen


async def test_pause_ends_the_open_chunk_and_resume_goes_on(skipping: WorkflowEnvironment) -> None:
    script = Script([chunk(rows=60, done=True)], hold_chunk=True)
    async with staged(skipping.client, script) as stage:
        await script.chunk_open.wait()
        await stage.handle.execute_update(SyncDataset.pause)
        shown = await stage.handle.query(SyncDataset.progress)
        assert shown.status == "paused"
        await stage.handle.execute_update(SyncDataset.resume)
        result = await stage.handle.result()
    assert result.status == "succeeded"
    assert script.seen.count("chunk") == 2
    assert "paused" in script.seen


async def test_cancel_keeps_what_was_read_and_gives_the_dataset_back(skipping: WorkflowEnvironment) -> None:
    script = Script([chunk(rows=60, done=True)], hold_chunk=True)
    async with staged(skipping.client, script) as stage:
        await script.chunk_open.wait()
        await stage.handle.cancel()
        with pytest.raises(WorkflowFailureError) as caught:
            await stage.handle.result()
        described = await stage.handle.describe()
    assert isinstance(caught.value.cause, CancelledError)
    assert described.status is WorkflowExecutionStatus.CANCELED
    assert [end.status for end in script.finished] == ["canceled"]


async def test_cancel_while_waiting_ends_at_once(skipping: WorkflowEnvironment) -> None:
    script = Script([chunk(rows=1, waitReason="throttled", waitSeconds=86_400)])
    with skipping.auto_time_skipping_disabled():
        async with staged(skipping.client, script) as stage:
            await stage.handle.execute_update(SyncDataset.set_rate, 30)
            async with asyncio.timeout(30):
                while (await stage.handle.query(SyncDataset.progress)).status != "throttled":
                    pass
            await stage.handle.cancel()
            with pytest.raises(WorkflowFailureError):
                await stage.handle.result()
    assert [end.status for end in script.finished] == ["canceled"]
    assert script.rates == [30]


async def test_a_second_sync_of_the_dataset_waits_and_is_told_when_it_is_free(
    skipping: WorkflowEnvironment,
) -> None:
    busy = LeaseOutcome(leased=False, holder_run_id="run_other")
    script = Script([chunk(done=True)], leases=[busy, LeaseOutcome(leased=True)])
    with skipping.auto_time_skipping_disabled():
        async with staged(skipping.client, script) as stage:
            while "begin" not in script.seen:
                await stage.handle.query(SyncDataset.progress)
            await stage.handle.signal(SyncDataset.dataset_released)
            await stage.handle.result()
    assert script.seen[:3] == ["begin", "begin", "chunk"]


async def test_a_rate_below_one_is_refused_before_it_enters_the_history(
    skipping: WorkflowEnvironment,
) -> None:
    script = Script([chunk(done=True)], hold_chunk=True)
    async with staged(skipping.client, script) as stage:
        await script.chunk_open.wait()
        with pytest.raises(Exception, match="Workflow update failed"):
            await stage.handle.execute_update(SyncDataset.set_rate, 0)
        await stage.handle.cancel()
    assert script.rates == []


async def test_a_long_history_continues_as_new_and_ends_right(
    skipping: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.options.CONTINUE_AFTER_EVENTS", 30)
    pages = [chunk(rows=n, failures=1) for n in range(12)]
    script = Script([*pages, chunk(rows=99, done=True)])
    # Unsandboxed, for the sandbox has its own copy of the options, which a test cannot lower.
    async with staged(skipping.client, script, sandboxed=False) as stage:
        result = await stage.handle.result()
        first_run = stage.client.get_workflow_handle(
            stage.handle.id, run_id=stage.handle.first_execution_run_id
        )
        first = await first_run.fetch_history()
    assert result.status == "succeeded"
    assert script.seen.count("begin") == 1
    assert script.seen.count("chunk") == 13
    assert any(e.HasField("workflow_execution_continued_as_new_event_attributes") for e in first.events)


@pytest.mark.parametrize("ends", ["succeeded", "failed"])
async def test_a_cancel_while_the_end_is_being_told_leaves_no_run_open(
    skipping: WorkflowEnvironment, ends: str
) -> None:
    last = chunk(done=True) if ends == "succeeded" else failure(SourceError("not_found", "gone", status=404))
    script = Script([last], finish_fails=3)
    async with staged(skipping.client, script) as stage:
        await script.finish_failed.wait()
        await stage.handle.cancel()
        with suppress(WorkflowFailureError):
            await stage.handle.result()
    assert [end.status for end in script.finished] == [ends]
