"""A sync's waits end when they should: not before, and not after three days of history."""

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.conftest import Script, chunk, staged
from varlor.contracts.messages import LeaseOutcome
from workflows.sync import SyncDataset


async def test_a_late_word_of_a_free_dataset_ends_no_later_wait(skipping: WorkflowEnvironment) -> None:
    wait = chunk(rows=1, waitReason="throttled", waitSeconds=3600)
    script = Script([wait, wait, wait, chunk(rows=2, done=True)], hold_chunk=True)
    async with staged(skipping.client, script) as stage:
        await script.chunk_open.wait()
        await stage.handle.signal(SyncDataset.dataset_released)
        await stage.handle.execute_update(SyncDataset.pause)
        await stage.handle.execute_update(SyncDataset.resume)
        await stage.handle.result()
        history = await stage.handle.fetch_history()
    assert sum(e.HasField("timer_fired_event_attributes") for e in history.events) == 3


async def test_a_run_that_is_queued_for_days_continues_as_new(
    skipping: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.options.CONTINUE_AFTER_EVENTS", 60)
    busy = LeaseOutcome(leased=False, holder_run_id="run_other")
    script = Script([chunk(done=True)], leases=[busy] * 40 + [LeaseOutcome(leased=True)])
    async with staged(skipping.client, script, sandboxed=False) as stage:
        await stage.handle.result()
        first_run = stage.client.get_workflow_handle(
            stage.handle.id, run_id=stage.handle.first_execution_run_id
        )
        first = await first_run.fetch_history()
    assert any(e.HasField("workflow_execution_continued_as_new_event_attributes") for e in first.events)
