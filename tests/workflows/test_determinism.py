"""Runs that began under yesterday's code must go on under today's.

Two guards. Committed histories are replayed with the code as it stands: a change that would break a
running sync fails here. And each scenario's sequence of commands is compared with the committed
fingerprint, so that a change of it is a decision and not an accident.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from temporalio.client import WorkflowFailureError, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from activities.failures import failure
from tests.workflows.conftest import Script, chunk, staged
from tests.workflows.recording import SYNCS, fingerprint, hold
from varlor.contracts.messages import LeaseOutcome
from varlor.errors import SourceError
from workflows.sync import SyncDataset

SCENARIOS: dict[str, Callable[[], Script]] = {
    "three-chunks": lambda: Script([chunk(rows=1), chunk(rows=2), chunk(rows=3, done=True)]),
    "throttled": lambda: Script([chunk(waitReason="throttled", waitSeconds=54), chunk(done=True)]),
    "queued-behind-another": lambda: Script(
        [chunk(done=True)],
        leases=[LeaseOutcome(leased=False, holder_run_id="run_b"), LeaseOutcome(leased=True)],
    ),
    "scheduled": lambda: Script([chunk(done=True)], schedule_id="sch_1"),
    "scheduled-and-skipped": lambda: Script(
        [chunk(done=True)],
        leases=[LeaseOutcome(leased=False, holder_run_id="run_b")],
        schedule_id="sch_1",
    ),
    "failed": lambda: Script([failure(SourceError("not_found", "gone", status=404))]),
}


async def play(env: WorkflowEnvironment, script: Script) -> WorkflowHistory:
    async with staged(env.client, script) as stage:
        try:
            await stage.handle.result()
        except WorkflowFailureError:
            assert script.finished[-1].status == "failed"
        return await stage.handle.fetch_history()


@pytest.mark.parametrize("name", SCENARIOS)
async def test_the_commands_are_as_recorded(skipping: WorkflowEnvironment, name: str) -> None:
    history = await play(skipping, SCENARIOS[name]())
    hold(SYNCS, "sync-dataset", name, history, fingerprint(history), __file__)


@pytest.mark.parametrize("path", sorted(SYNCS.glob("*.*.json")), ids=lambda p: p.stem)
async def test_a_recorded_history_still_replays(path: Path) -> None:
    history = _recorded(path)
    replayer = Replayer(workflows=[SyncDataset], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(history)


def _recorded(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())
