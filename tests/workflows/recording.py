"""Recorded runs: what a workflow commanded when it was right, to hold today's code against."""

import json
import os
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

SYNCS = Path(__file__).parent / "histories"
TOKENS = SYNCS / "tokens"
DRAINS = SYNCS / "drains"
CARE = SYNCS / "care"
LESSON = """
The commands of {workflow} in the scenario "{name}" have changed.

  was: {was}
  is:  {now}

A {workflow} that is running while this is deployed has the old sequence in its history and would fail with a
non-determinism error. Put the new way behind `workflow.patched("<what-changed>")` and keep the old way in
the other branch, until no history from before is open (then `workflow.deprecate_patch`). When the change is
right, record it beside the old ones, which stay: `VARLOR_RECORD=1 .venv/bin/pytest {file}`.
"""


def hold(folder: Path, workflow: str, name: str, history: WorkflowHistory, now: list[str], file: str) -> None:
    """Fail with the lesson when the commands are not as recorded; with VARLOR_RECORD=1, record them."""
    folder.mkdir(exist_ok=True)
    place = folder / "fingerprints.json"
    known = json.loads(place.read_text()) if place.exists() else {}
    if os.environ.get("VARLOR_RECORD") and known.get(name) != now:
        known[name] = now
        place.write_text(json.dumps(known, indent=1) + "\n")
        count = len(list(folder.glob(f"{workflow}.{name}.*.json")))
        (folder / f"{workflow}.{name}.{count + 1}.json").write_text(without_paths(history.to_json()))
    lesson = LESSON.format(workflow=workflow, name=name, was=known.get(name), now=now, file=file)
    assert known.get(name) == now, lesson


def without_paths(history: str) -> str:
    """Stack traces name the recording machine's folders; a replay does not read them."""

    def bare(found: dict[str, Any]) -> dict[str, Any]:
        return found | {"stackTrace": ""} if "stackTrace" in found else found

    return json.dumps(json.loads(history, object_hook=bare), indent=1)


def fingerprint(history: WorkflowHistory, *, grain: int = 1) -> list[str]:
    """The commands in their order: which activity, which child, which timer's length to `grain` seconds."""
    steps: list[str] = []
    for event in history.events:
        if event.HasField("activity_task_scheduled_event_attributes"):
            steps.append(event.activity_task_scheduled_event_attributes.activity_type.name)
        if event.HasField("start_child_workflow_execution_initiated_event_attributes"):
            child = event.start_child_workflow_execution_initiated_event_attributes
            steps.append(f"child {child.workflow_type.name}")
        if event.HasField("timer_started_event_attributes"):
            length = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            steps.append(f"timer {round(length.total_seconds() / grain) * grain} s")
    return steps
