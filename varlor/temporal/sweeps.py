"""The installation's own schedules: made, or brought up to date, by each worker that starts."""

from datetime import timedelta
from typing import Final

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
)
from temporalio.service import RPCError

from varlor import names
from varlor.contracts.care import Sweep
from varlor.errors import PartUnavailableError

EVERY: Final = {
    "sweep-freshness": timedelta(minutes=1),
    "sweep-maintenance": timedelta(minutes=10),
}
_PATIENCE: Final = timedelta(seconds=8)
_LATE: Final = timedelta(minutes=1)  # one look after an outage is as good as all that were missed


async def ensure_sweeps(client: Client) -> None:
    """Raises PartUnavailableError when Temporal does not answer."""
    for workflow, every in EVERY.items():
        wanted = _schedule(workflow, every)
        try:
            await client.create_schedule(names.sweep_id(workflow), wanted, rpc_timeout=_PATIENCE)
        except ScheduleAlreadyRunningError:
            handle = client.get_schedule_handle(names.sweep_id(workflow))
            await handle.update(lambda found, wanted=wanted: _kept(found.description.schedule, wanted))
        except (RPCError, RuntimeError) as error:
            raise PartUnavailableError("temporal", "Temporal does not answer.") from error


def _kept(found: Schedule, wanted: Schedule) -> ScheduleUpdate | None:
    """Whoever paused it in Temporal Web is heard; None leaves what is right already."""
    wanted.state = found.state
    same = found.spec.intervals == wanted.spec.intervals
    return None if same else ScheduleUpdate(schedule=wanted)


def _schedule(workflow: str, every: timedelta) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            workflow, Sweep(), id=names.sweep_id(workflow), task_queue=names.CONTROL_QUEUE
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_LATE),
    )
