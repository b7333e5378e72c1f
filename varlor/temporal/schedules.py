"""Schedules as Temporal keeps them: each carries ids alone, what it fetches stays in the database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleBackfill,
    ScheduleDescription,
    ScheduleHandle,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
)
from temporalio.client import ScheduleState as EngineState
from temporalio.common import Priority
from temporalio.service import RPCError, RPCStatusCode

from varlor import names
from varlor.contracts.messages import SyncInput
from varlor.contracts.schedule import Overlap, ScheduleState, StoredSchedule
from varlor.errors import FieldProblem, InvalidInputError, NotFoundError, PartUnavailableError
from varlor.temporal.attributes import attributes

PREVIEW: Final = 5
_PATIENCE: Final = timedelta(seconds=8)
_OVERLAPS: Final[dict[Overlap, ScheduleOverlapPolicy]] = {
    "skip": ScheduleOverlapPolicy.SKIP,
    "buffer_one": ScheduleOverlapPolicy.BUFFER_ONE,
    "cancel_other": ScheduleOverlapPolicy.CANCEL_OTHER,
}


class TemporalTimetable:
    """ports.Timetable."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(
        self,
        tenant: str,
        schedule: StoredSchedule,
        *,
        paused: bool,
        note: str | None,
        drop_waiting: bool = False,
    ) -> None:
        wanted = Schedule(
            action=_action(tenant, schedule),
            spec=_spec(schedule),
            policy=SchedulePolicy(
                overlap=_OVERLAPS[schedule.overlap],
                catchup_window=timedelta(seconds=schedule.catchup_window),
            ),
            state=EngineState(paused=paused, note=note),
        )
        try:
            async with _translated(schedule):
                await self._handle(tenant, schedule.id).update(
                    lambda _: ScheduleUpdate(schedule=wanted), rpc_timeout=_PATIENCE
                )
        except NotFoundError:
            await self._create(tenant, schedule, wanted)
            return
        if drop_waiting and await self._waiting(tenant, schedule.id):
            # A pause holds back no backfill, and only a new schedule forgets one. What dies in between
            # leaves none, which is shown as paused.
            await self.delete(tenant, schedule.id)
            await self._create(tenant, schedule, wanted)

    async def _waiting(self, tenant: str, schedule_id: str) -> bool:
        found = await self._described(tenant, schedule_id)
        return found.raw_description.info.buffer_size > 0

    async def _described(self, tenant: str, schedule_id: str) -> ScheduleDescription:
        async with _translated():
            return await self._handle(tenant, schedule_id).describe(rpc_timeout=_PATIENCE)

    async def _create(self, tenant: str, schedule: StoredSchedule, wanted: Schedule) -> None:
        with suppress(ScheduleAlreadyRunningError):  # a twin of this call was first
            async with _translated(schedule):
                await self._client.create_schedule(
                    names.schedule_id(tenant, schedule.id),
                    wanted,
                    search_attributes=attributes(tenant, schedule.connector_id),
                    rpc_timeout=_PATIENCE,
                )

    async def state(self, tenant: str, schedule_id: str) -> ScheduleState | None:
        try:
            found = await self._described(tenant, schedule_id)
        except NotFoundError:
            return None
        return ScheduleState(
            paused=found.schedule.state.paused,
            note=found.schedule.state.note,
            next_runs=list(found.info.next_action_times[:PREVIEW]),
            running=bool(found.info.running_actions),
        )

    async def trigger(self, tenant: str, schedule_id: str) -> None:
        async with _translated():
            await self._handle(tenant, schedule_id).trigger(rpc_timeout=_PATIENCE)

    async def backfill(self, tenant: str, schedule_id: str, *, after: datetime, until: datetime) -> None:
        missed = ScheduleBackfill(after, until, overlap=ScheduleOverlapPolicy.BUFFER_ALL)
        async with _translated():
            await self._handle(tenant, schedule_id).backfill(missed, rpc_timeout=_PATIENCE)

    async def delete(self, tenant: str, schedule_id: str) -> None:
        with suppress(NotFoundError):
            async with _translated():
                await self._handle(tenant, schedule_id).delete(rpc_timeout=_PATIENCE)

    def _handle(self, tenant: str, schedule_id: str) -> ScheduleHandle:
        return self._client.get_schedule_handle(names.schedule_id(tenant, schedule_id))


def _action(tenant: str, schedule: StoredSchedule) -> ScheduleActionStartWorkflow:
    """The workflow's id gets the time appended; its run is made by the workflow itself."""
    order = SyncInput(
        tenant_id=tenant,
        run_id="",
        connector_id=schedule.connector_id,
        dataset_id="",
        origin="schedule",
        schedule_id=schedule.id,
    )
    return ScheduleActionStartWorkflow(
        "sync-dataset",
        order,
        id=names.sync_id(tenant, schedule.id),
        task_queue=names.CONTROL_QUEUE,
        typed_search_attributes=attributes(tenant, schedule.connector_id),
        static_summary=f"scheduled · {schedule.connector_id}",
        priority=Priority(fairness_key=tenant),
    )


def _spec(schedule: StoredSchedule) -> ScheduleSpec:
    jitter = timedelta(seconds=schedule.jitter)
    if schedule.every is not None:
        return ScheduleSpec(
            intervals=[ScheduleIntervalSpec(every=timedelta(seconds=schedule.every))], jitter=jitter
        )
    return ScheduleSpec(
        cron_expressions=[schedule.cron or ""], time_zone_name=schedule.time_zone, jitter=jitter
    )


@asynccontextmanager
async def _translated(schedule: StoredSchedule | None = None) -> AsyncGenerator[None]:
    """`schedule`: whose rhythm the engine judges, so that a refusal is its author's affair."""
    try:
        yield
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotFoundError("The workflow engine does not know this schedule.") from error
        if error.status is RPCStatusCode.INVALID_ARGUMENT and schedule is not None:
            raise _unreadable(schedule) from error
        raise PartUnavailableError("temporal", "The workflow engine does not answer as it should.") from error
    except ScheduleAlreadyRunningError:
        raise
    except RuntimeError as error:  # a lazy client that cannot connect
        raise PartUnavailableError("temporal", "Temporal cannot be reached.") from error


def _unreadable(schedule: StoredSchedule) -> InvalidInputError:
    if schedule.every is not None:
        problem = FieldProblem("/every", "The workflow engine does not take this interval.")
    else:
        detail = "Not a cron expression: minute 0-59, hour 0-23, day 1-31, month 1-12, weekday 0-6."
        problem = FieldProblem("/cron", detail)
    return InvalidInputError("The schedule's times cannot be read.", problem)
