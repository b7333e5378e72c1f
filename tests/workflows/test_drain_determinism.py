"""Inboxes that were being drained under yesterday's code must be drained on under today's."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from tests.workflows.recording import DRAINS, fingerprint, hold
from varlor import names
from varlor.contracts.messages import FinishInput, FinishOutcome, LeaseOutcome, RunRef
from varlor.contracts.run import Counters
from varlor.contracts.webhook import DrainInput, DrainOrder, DrainResult, OpenedDrain
from workflows.inbox import DrainInbox

BROKEN = ApplicationError("fenced off", type="fenced", non_retryable=True)
EMPTY, FULL = DrainResult(more=False, rows=3), DrainResult(more=True, rows=9)


@dataclass
class World:
    """What the world answers: one entry per call; the last one repeats."""

    stretches: list[DrainResult | Exception] = field(default_factory=lambda: [EMPTY])
    leases: list[bool] = field(default_factory=lambda: [True])
    opens: list[str | None] = field(default_factory=lambda: ["run_1"])
    hold: bool = False
    open: asyncio.Event = field(default_factory=asyncio.Event)
    finished: list[FinishInput] = field(default_factory=list[FinishInput])

    @activity.defn
    async def open_drain(self, order: DrainInput) -> OpenedDrain:
        return OpenedDrain(run_id=self.opens.pop(0) if len(self.opens) > 1 else self.opens[0])

    @activity.defn
    async def begin_run(self, ref: RunRef) -> LeaseOutcome:
        leased = self.leases.pop(0) if len(self.leases) > 1 else self.leases[0]
        return LeaseOutcome(leased=leased, holder_run_id=None if leased else "run_other")

    @activity.defn
    async def drain_inbox(self, order: DrainOrder) -> DrainResult:
        self.open.set()
        while self.hold:
            activity.heartbeat()
            await asyncio.sleep(0.05)
        answer = self.stretches.pop(0) if len(self.stretches) > 1 else self.stretches[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @activity.defn
    async def finish_run(self, order: FinishInput) -> FinishOutcome:
        self.finished.append(order)
        return FinishOutcome(counters=Counters())


@asynccontextmanager
async def serving(client: Client, world: World) -> AsyncGenerator[WorkflowHandle[DrainInbox, None]]:
    """Workers for both queues, and one drain that an event has just started."""
    acts = [world.open_drain, world.begin_run, world.drain_inbox, world.finish_run]
    async with (
        Worker(client, task_queue=names.CONTROL_QUEUE, workflows=[DrainInbox], activities=acts),
        Worker(client, task_queue=names.FETCH_QUEUE, activities=acts),
    ):
        yield await client.start_workflow(
            DrainInbox.run,
            DrainInput(tenant_id="acme", connector_id="con_1"),
            id=names.inbox_id("acme", "con_1"),
            task_queue=names.CONTROL_QUEUE,
            start_signal="events_arrived",
        )


async def play(client: Client, world: World) -> WorkflowHistory:
    async with serving(client, world) as handle:
        await handle.result()
        return await handle.fetch_history()


SCENARIOS: dict[str, Callable[[], World]] = {
    "three-stretches": lambda: World(stretches=[FULL, FULL, EMPTY]),
    "behind-another": lambda: World(leases=[False, True]),
    "nothing-to-do": lambda: World(opens=[None]),
}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_the_commands_are_as_recorded(skipping: WorkflowEnvironment, name: str) -> None:
    world = SCENARIOS[name]()
    history = await play(skipping.client, world)
    assert [end.status for end in world.finished] == ([] if name == "nothing-to-do" else ["succeeded"])
    hold(DRAINS, "drain-inbox", name, history, fingerprint(history), __file__)


@pytest.mark.parametrize("path", sorted(DRAINS.glob("*.*.json")), ids=lambda p: p.stem)
async def test_a_recorded_history_still_replays(path: Path) -> None:
    recorded = await asyncio.to_thread(path.read_text)
    replayer = Replayer(workflows=[DrainInbox], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(WorkflowHistory.from_json(path.stem, recorded))


async def test_a_failed_run_is_followed_by_another_after_a_while(skipping: WorkflowEnvironment) -> None:
    world = World(stretches=[BROKEN, BROKEN, EMPTY], opens=["run_1", "run_2", "run_3"])
    async with serving(skipping.client, world) as handle:
        await handle.result()
    assert [(end.run_id, end.status) for end in world.finished] == [
        ("run_1", "failed"),
        ("run_2", "failed"),
        ("run_3", "succeeded"),
    ]
    assert world.finished[0].error is not None
    assert world.finished[0].error.type == "fenced"


async def test_a_cancel_gives_the_dataset_back(skipping: WorkflowEnvironment) -> None:
    world = World(hold=True)
    async with serving(skipping.client, world) as handle:
        await asyncio.wait_for(world.open.wait(), 30)
        await handle.cancel()
        world.hold = False
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    assert [end.status for end in world.finished] == ["canceled"]
