"""The workflows on the time-skipping server, with activities whose answers each test scripts."""

import asyncio
import sys
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from varlor import names
from varlor.contracts.messages import (
    ChunkInput,
    ChunkResult,
    FinishInput,
    FinishOutcome,
    LeaseOutcome,
    MarkInput,
    RunRef,
    ScheduledRun,
    ScheduleRef,
    SetRateInput,
    SkipInput,
    SyncInput,
    SyncResult,
)
from varlor.contracts.run import Counters
from varlor.errors import VarlorError
from workflows.sync import SyncDataset


@dataclass
class Script:
    """What the world does: one entry per call; the last one repeats. An entry may be an exception."""

    chunks: list[ChunkResult | VarlorError | Exception]
    leases: list[LeaseOutcome] = field(default_factory=lambda: [LeaseOutcome(leased=True)])
    next_run_id: str | None = None
    schedule_id: str | None = None
    hold_chunk: bool = False
    stops_with: Exception | None = None  # how the held chunk ends when it is asked to; else with its rows
    finish_fails: int = 0
    seen: list[str] = field(default_factory=list[str])
    finished: list[FinishInput] = field(default_factory=list[FinishInput])
    failures: list[int] = field(default_factory=list[int])
    rates: list[int | None] = field(default_factory=list[int | None])
    chunk_open: asyncio.Event = field(default_factory=asyncio.Event)
    may_stop: asyncio.Event = field(default_factory=asyncio.Event)
    finish_failed: asyncio.Event = field(default_factory=asyncio.Event)


class Activities:
    """Stands in for the outside world by the real activities' names."""

    def __init__(self, script: Script) -> None:
        self._script = script

    @activity.defn
    async def open_scheduled_run(self, ref: ScheduleRef) -> ScheduledRun:
        self._script.seen.append("open")
        return ScheduledRun(run_id="run_scheduled", dataset_id="dat_1")

    @activity.defn
    async def skip_run(self, order: SkipInput) -> None:
        assert order.run_id == "run_scheduled"
        self._script.seen.append("skipped")

    @activity.defn
    async def begin_run(self, ref: RunRef) -> LeaseOutcome:
        self._script.seen.append("begin")
        leases = self._script.leases
        return leases.pop(0) if len(leases) > 1 else leases[0]

    @activity.defn
    async def mark_run(self, order: MarkInput) -> None:
        self._script.seen.append(order.status)

    @activity.defn
    async def set_rate(self, order: SetRateInput) -> None:
        self._script.rates.append(order.requests_per_minute)

    @activity.defn
    async def fetch_chunk(self, order: ChunkInput) -> ChunkResult:
        script = self._script
        script.seen.append("chunk")
        script.failures.append(order.failures)
        if script.hold_chunk:
            script.hold_chunk = False
            script.chunk_open.set()
            try:
                while True:
                    activity.heartbeat()
                    await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                if script.stops_with is None:
                    return chunk(rows=50)
                await script.may_stop.wait()
                if isinstance(script.stops_with, CancelledError):
                    raise
                raise script.stops_with from None
        answer = script.chunks.pop(0) if len(script.chunks) > 1 else script.chunks[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @activity.defn
    async def publish(self, ref: RunRef) -> None:
        self._script.seen.append("publish")

    @activity.defn
    async def finish_run(self, order: FinishInput) -> FinishOutcome:
        if self._script.finish_fails:
            self._script.finish_fails -= 1
            self._script.finish_failed.set()
            raise RuntimeError("the database is away")
        self._script.seen.append(order.status)
        self._script.finished.append(order)
        return FinishOutcome(counters=Counters(rows=7), next_run_id=self._script.next_run_id)


def chunk(*, done: bool = False, rows: int = 0, **more: Any) -> ChunkResult:
    return ChunkResult.model_validate({"done": done, "progressed": True, "counters": {"rows": rows}, **more})


@pytest.fixture
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    binary = Path(sys.executable).parent / "temporal-test-server"
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=pydantic_data_converter, test_server_existing_path=str(binary)
    ) as env:
        yield env


@dataclass
class Stage:
    """A running sync and the world around it."""

    client: Client
    script: Script
    run_id: str
    handle: WorkflowHandle[SyncDataset, SyncResult]


@asynccontextmanager
async def staged(client: Client, script: Script, *, sandboxed: bool = True) -> AsyncGenerator[Stage]:
    """Workers for both queues and one started sync."""
    world, run = Activities(script), f"run_{uuid.uuid4().hex[:8]}"
    runner = SandboxedWorkflowRunner() if sandboxed else UnsandboxedWorkflowRunner()
    effects = [
        world.open_scheduled_run,
        world.skip_run,
        world.begin_run,
        world.mark_run,
        world.set_rate,
        world.fetch_chunk,
        world.publish,
        world.finish_run,
    ]
    async with (
        Worker(
            client,
            task_queue=names.CONTROL_QUEUE,
            workflows=[SyncDataset],
            activities=effects,
            workflow_runner=runner,
        ),
        Worker(
            client,
            task_queue=names.FETCH_QUEUE,
            activities=effects,
            max_heartbeat_throttle_interval=timedelta(milliseconds=200),
        ),
    ):
        handle = await client.start_workflow(
            SyncDataset.run,
            _order(run, script.schedule_id),
            id=names.sync_id("acme", run),
            task_queue=names.CONTROL_QUEUE,
        )
        yield Stage(client, script, run, handle)


def _order(run: str, schedule_id: str | None) -> SyncInput:
    if schedule_id is None:
        return SyncInput(tenant_id="acme", run_id=run, connector_id="con_1", dataset_id="dat_1")
    return SyncInput(
        tenant_id="acme",
        run_id="",
        connector_id="con_1",
        dataset_id="",
        origin="schedule",
        schedule_id=schedule_id,
    )
