"""What a schedule's syncs need besides any sync's: a run made by the workflow, a skip, and an end."""

from collections.abc import Callable
from contextlib import suppress

from temporalio import activity

from activities.announce import announce
from activities.failures import run_error, translated
from activities.herald import Herald
from activities.outcome import tell_outcome
from varlor import names
from varlor.contracts.connector import Connector
from varlor.contracts.fetch import DatasetTarget
from varlor.contracts.messages import RetireInput, ScheduledRun, ScheduleRef, SkipInput
from varlor.contracts.run import RunError
from varlor.contracts.schedule import StoredSchedule
from varlor.errors import ConflictError, NotFoundError
from varlor.ports import Events, Store, TenantStore, Timetable

PAGE = 200


class ScheduledActivities:
    def __init__(self, store: Store, timetable: Timetable, events: Events, herald: Herald) -> None:
        self._store = store
        self._timetable = timetable
        self._events = events
        self._herald = herald

    def each(self) -> list[Callable[..., object]]:
        """Everything a worker registers."""
        return [self.open_scheduled_run, self.skip_run, self.remove_schedules]

    @activity.defn
    @translated
    async def open_scheduled_run(self, ref: ScheduleRef) -> ScheduledRun:
        """Make the run's row, and the dataset if it is missing; asked again, answer the same run.

        Nothing is made for a schedule that was deleted, nor for a connector that is on its way out.
        """
        tenant = self._store.tenant(ref.tenant_id)
        try:
            schedule = await tenant.schedules.get(ref.schedule_id)
            connector = await tenant.connectors.get(schedule.connector_id)
        except NotFoundError:
            await self._timetable.delete(ref.tenant_id, ref.schedule_id)
            return ScheduledRun()
        if connector.status == "deleting" or _would_only_wait(schedule, connector):
            return ScheduledRun()
        return await self._open(ref.tenant_id, tenant, schedule)

    async def _open(self, tenant_id: str, tenant: TenantStore, schedule: StoredSchedule) -> ScheduledRun:
        target, missing = schedule.fetch.dataset, None
        try:
            dataset_id = await _dataset(tenant, schedule.connector_id, target)
        except NotFoundError as error:
            dataset_id, missing = target.id or "", error
        info = activity.info()
        workflow_id = info.workflow_id or ""
        run = await tenant.runs.create(
            names.scheduled_run_id(workflow_id, info.workflow_run_id or ""),
            connector_id=schedule.connector_id,
            dataset_id=dataset_id,
            request=schedule.fetch,
            origin="schedule",
            schedule_id=schedule.id,
            workflow_id=workflow_id,
        )
        if missing is not None:
            run = await tenant.runs.mark(run.id, "failed", error=run_error(missing))
        await announce(self._events, tenant_id, run)
        await tell_outcome(self._herald, tenant_id, tenant, run)
        return ScheduledRun() if missing is not None else ScheduledRun(run_id=run.id, dataset_id=dataset_id)

    @activity.defn
    @translated
    async def skip_run(self, order: SkipInput) -> None:
        """End a run that found its dataset taken; a schedule's next time comes anyway."""
        reason = RunError(
            type="skipped",
            title="skipped",
            detail=f"Another sync of this dataset was under way ({order.holder_run_id}).",
        )
        runs = self._store.tenant(order.tenant_id).runs
        await announce(self._events, order.tenant_id, await runs.mark(order.run_id, "canceled", error=reason))

    @activity.defn
    @translated
    async def remove_schedules(self, order: RetireInput) -> None:
        """Delete the connector's schedules, in the engine first; doing it twice is the same as once."""
        schedules = self._store.tenant(order.tenant_id).schedules
        while True:
            page = await schedules.list(limit=PAGE, cursor=None, connector_id=order.connector_id)
            for schedule in page.items:
                await self._timetable.delete(order.tenant_id, schedule.id)
                with suppress(NotFoundError):
                    await schedules.delete(schedule.id)
            if page.next_cursor is None:
                return


def _would_only_wait(schedule: StoredSchedule, connector: Connector) -> bool:
    """Whether a run would wait for its user only until the next one cancels it.

    Else the first run waits (`waiting_auth`), and the engine holds back those behind it.
    """
    return connector.status == "needs_reauth" and schedule.overlap == "cancel_other"


async def _dataset(tenant: TenantStore, connector_id: str, target: DatasetTarget) -> str:
    if target.id is not None:
        return (await tenant.datasets.get(target.id)).id
    name = target.name or ""
    found = await tenant.datasets.find(name)
    if found is None:
        try:
            return (await tenant.datasets.create(name, connector_id=connector_id)).id
        except ConflictError:  # another run was first: theirs is the one
            found = await tenant.datasets.find(name)
    if found is None:
        raise NotFoundError("No such dataset.")
    return found.id
