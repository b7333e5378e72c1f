"""Runs that began under yesterday's code must go on under today's.

Two guards. Committed histories are replayed with the code as it stands: a change that would break a
running sync fails here. And each scenario's sequence of commands is compared with the committed
fingerprint, so that a change of it is a decision and not an accident.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from activities.failures import failure
from tests.workflows.conftest import Script, chunk, staged
from varlor.contracts.messages import LeaseOutcome
from varlor.errors import SourceError
from workflows.sync import SyncDataset

HISTORIES = Path(__file__).parent / "histories"
LESSON = """
The commands of {workflow} in the scenario "{name}" have changed.

  was: {was}
  is:  {now}

A sync that is running while this is deployed has the old sequence in its history and would fail with a
non-determinism error. Put the new way behind `workflow.patched("<what-changed>")` and keep the old way in
the other branch, until no history from before is open (then `workflow.deprecate_patch`). When the change is
right, record it beside the old ones, which stay: `VARLOR_RECORD=1 .venv/bin/pytest {file}`.
"""

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


def without_paths(history: str) -> str:
    """Stack traces name the recording machine's folders; a replay does not read them."""

    def bare(found: dict[str, Any]) -> dict[str, Any]:
        return found | {"stackTrace": ""} if "stackTrace" in found else found

    return json.dumps(json.loads(history, object_hook=bare), indent=1)


def fingerprint(history: WorkflowHistory) -> list[str]:
    """The commands in their order: which activity, which timer's length."""
    steps: list[str] = []
    for event in history.events:
        if event.HasField("activity_task_scheduled_event_attributes"):
            steps.append(event.activity_task_scheduled_event_attributes.activity_type.name)
        if event.HasField("timer_started_event_attributes"):
            length = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            steps.append(f"timer {length.total_seconds():.0f} s")
    return steps


@pytest.mark.parametrize("name", SCENARIOS)
async def test_the_commands_are_as_recorded(skipping: WorkflowEnvironment, name: str) -> None:
    history = await play(skipping, SCENARIOS[name]())
    now = fingerprint(history)
    place = HISTORIES / "fingerprints.json"
    known = json.loads(place.read_text()) if place.exists() else {}
    if os.environ.get("VARLOR_RECORD") and known.get(name) != now:
        known[name] = now
        place.write_text(json.dumps(known, indent=1) + "\n")
        count = len(list(HISTORIES.glob(f"sync-dataset.{name}.*.json")))
        (HISTORIES / f"sync-dataset.{name}.{count + 1}.json").write_text(without_paths(history.to_json()))
    lesson = LESSON.format(workflow="sync-dataset", name=name, was=known.get(name), now=now, file=__file__)
    assert known.get(name) == now, lesson


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.*.json")), ids=lambda p: p.stem)
async def test_a_recorded_history_still_replays(path: Path) -> None:
    history = _recorded(path)
    replayer = Replayer(workflows=[SyncDataset], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(history)


def _recorded(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())
