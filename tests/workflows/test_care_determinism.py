"""Deliveries, sweeps and maintenance that began under yesterday's code must go on under today's."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio import activity
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from tests.workflows.recording import CARE, fingerprint, hold
from varlor import names
from varlor.contracts.messages import DeliveryOutcome, TenantRef
from workflows.deliver import DeliverNotifications

Play = Callable[[WorkflowEnvironment], Awaitable[WorkflowHistory]]
WORKFLOWS = [DeliverNotifications]
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


async def elsewhere(env: WorkflowEnvironment) -> WorkflowHistory:
    receiver = Receiver(DOWN, EMPTY)
    async with delivering(env, receiver) as handle:
        await asyncio.wait_for(receiver.asked.wait(), 20)
        await handle.signal(DeliverNotifications.notification_recorded)
        await handle.signal(DeliverNotifications.target_changed)
        assert await handle.result() == 2
        history = await handle.fetch_history()
        assert not any(event.HasField("timer_fired_event_attributes") for event in history.events)
        return history


SCENARIOS: dict[str, tuple[str, Play]] = {
    "waited-for": ("deliver-notifications", waited_for),
    "elsewhere": ("deliver-notifications", elsewhere),
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
