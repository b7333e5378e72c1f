"""Deliveries, sweeps and maintenance that began under yesterday's code must go on under today's."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from tests.workflows.recording import CARE, fingerprint, hold
from varlor import names
from varlor.contracts.care import (
    CompactOutcome,
    DatasetRef,
    DeliveryOutcome,
    DueDatasets,
    MaintainOutcome,
    Sweep,
    SweepOutcome,
    TenantRef,
)
from workflows.deliver import DeliverNotifications
from workflows.maintain import MaintainDataset
from workflows.sweeps import SweepFreshness, SweepMaintenance

Play = Callable[[WorkflowEnvironment], Awaitable[WorkflowHistory]]
WORKFLOWS = [DeliverNotifications, MaintainDataset, SweepFreshness, SweepMaintenance]
TENANT = TenantRef(tenant_id="acme")


class Receiver:
    """Answers as scripted; the last answer repeats. `asked` is set by each attempt."""

    def __init__(self, *answers: DeliveryOutcome) -> None:
        self.answers = list(answers)
        self.attempts = 0
        self.asked = asyncio.Event()

    @activity.defn(name="deliver_notifications")
    async def deliver(self, order: TenantRef) -> DeliveryOutcome:
        self.attempts += 1
        self.asked.set()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@asynccontextmanager
async def delivering(
    env: WorkflowEnvironment, receiver: Receiver
) -> AsyncGenerator[WorkflowHandle[DeliverNotifications, int]]:
    async with Worker(
        env.client, task_queue=names.CONTROL_QUEUE, workflows=WORKFLOWS, activities=[receiver.deliver]
    ):
        yield await env.client.start_workflow(
            DeliverNotifications.run, TENANT, id=names.deliver_id("acme"), task_queue=names.CONTROL_QUEUE
        )


DOWN = DeliveryOutcome(sent=0, wait_seconds=3600, error="The receiver answered 500.")
EMPTY = DeliveryOutcome(sent=2, empty=True)


async def waited_for(env: WorkflowEnvironment) -> WorkflowHistory:
    async with delivering(env, Receiver(DOWN, EMPTY)) as handle:
        assert await handle.result() == 2
        return await handle.fetch_history()


async def until_it_waits(handle: WorkflowHandle[Any, Any]) -> None:
    """A signal that comes while a message is still being sent would leave no timer to cut short."""
    while True:
        history = await handle.fetch_history()
        if any(event.HasField("timer_started_event_attributes") for event in history.events):
            return
        await asyncio.sleep(0.05)


async def elsewhere(env: WorkflowEnvironment) -> WorkflowHistory:
    receiver = Receiver(DOWN, EMPTY)
    async with delivering(env, receiver) as handle:
        await asyncio.wait_for(until_it_waits(handle), 60)
        await handle.signal(DeliverNotifications.notification_recorded)
        await handle.signal(DeliverNotifications.target_changed)
        assert await handle.result() == 2
        history = await handle.fetch_history()
        assert not any(event.HasField("timer_fired_event_attributes") for event in history.events)
        return history


class Caretaker:
    """Two spells of joining for each table; two tables are due, then one more."""

    def __init__(self) -> None:
        self.due = [DueDatasets(datasets=[table(1), table(2)], more=True), DueDatasets(datasets=[table(3)])]
        self.found = [SweepOutcome(found=100, more=True), SweepOutcome(found=1)]
        self.joined: list[str] = []

    @activity.defn
    async def due_datasets(self, order: Sweep) -> DueDatasets:
        return self.due.pop(0)

    @activity.defn
    async def judge_freshness(self, order: Sweep) -> SweepOutcome:
        return self.found.pop(0)

    @activity.defn
    async def compact_dataset(self, ref: DatasetRef) -> CompactOutcome:
        self.joined.append(ref.dataset_id)
        return CompactOutcome(files=9, more=self.joined.count(ref.dataset_id) == 1)

    @activity.defn
    async def clean_dataset(self, ref: DatasetRef) -> MaintainOutcome:
        if ref.dataset_id == "dat_2":
            raise ApplicationError("broken", type="internal", non_retryable=True)
        return MaintainOutcome(compacted=0, deleted=18)


def table(number: int) -> DatasetRef:
    return DatasetRef(tenant_id="acme", dataset_id=f"dat_{number}")


async def played(env: WorkflowEnvironment, run: Any, order: Any, expected: Any) -> WorkflowHistory:
    taker = Caretaker()
    acts = [taker.due_datasets, taker.judge_freshness, taker.compact_dataset, taker.clean_dataset]
    async with (
        Worker(env.client, task_queue=names.CONTROL_QUEUE, workflows=WORKFLOWS, activities=acts),
        Worker(env.client, task_queue=names.FETCH_QUEUE, activities=acts),
    ):
        handle = await env.client.start_workflow(
            run, order, id=f"care/{expected}"[:60], task_queue=names.CONTROL_QUEUE
        )
        assert await handle.result() == expected
        return await handle.fetch_history()


async def maintained(env: WorkflowEnvironment) -> WorkflowHistory:
    return await played(env, MaintainDataset.run, table(1), MaintainOutcome(compacted=18, deleted=18))


async def judged(env: WorkflowEnvironment) -> WorkflowHistory:
    return await played(env, SweepFreshness.run, Sweep(), SweepOutcome(found=101))


async def looked_after(env: WorkflowEnvironment) -> WorkflowHistory:
    return await played(env, SweepMaintenance.run, Sweep(), SweepOutcome(found=3))


SCENARIOS: dict[str, tuple[str, Play]] = {
    "waited-for": ("deliver-notifications", waited_for),
    "elsewhere": ("deliver-notifications", elsewhere),
    "two-spells": ("maintain-dataset", maintained),
    "judged": ("sweep-freshness", judged),
    "three-tables": ("sweep-maintenance", looked_after),
}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_the_commands_are_as_recorded(skipping: WorkflowEnvironment, name: str) -> None:
    workflow, play = SCENARIOS[name]
    history = await play(skipping)
    hold(CARE, workflow, name, history, fingerprint(history), __file__)


@pytest.mark.parametrize("path", sorted(CARE.glob("*.*.json")), ids=lambda p: p.stem)
async def test_a_recorded_history_still_replays(path: Path) -> None:
    recorded = await asyncio.to_thread(path.read_text)
    replayer = Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter)
    await replayer.replay_workflow(WorkflowHistory.from_json(path.stem, recorded))
