"""Ends the runs that nobody else will: their workflow was terminated, or never began."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from activities.herald import Herald
from activities.outcome import tell_outcome
from varlor.contracts.run import NOT_STARTED, Run, RunError
from varlor.errors import VarlorError
from varlor.ports import Clock, Store, Workflows

PATIENCE: Final = timedelta(minutes=2)  # a run this young may be about to start
EVERY: Final = 60.0  # seconds between two looks
BATCH: Final = 200  # runs a look
log: Final = structlog.get_logger()

_LOST: Final = RunError(
    type=NOT_STARTED,
    title="could not start",
    detail="The run was accepted, but its workflow never began. It has read nothing; start it again.",
)
_TERMINATED: Final = RunError(
    type="terminated",
    title="terminated",
    detail="The run's workflow was ended from outside. Rows up to the last checkpoint are kept.",
)


class Burial:
    def __init__(self, store: Store, workflows: Workflows, herald: Herald, clock: Clock) -> None:
        self._store = store
        self._workflows = workflows
        self._herald = herald
        self._clock = clock
        self._after: tuple[str, str] | None = None

    async def bury(self, tenant_id: str, run: Run) -> bool:
        """End the run if its workflow is gone, which frees its dataset; True when it has ended now."""
        if await self._workflows.is_open(run.workflow_id):
            return False
        reason = _LOST if run.started_at is None else _TERMINATED
        tenant = self._store.tenant(tenant_id)
        ended = await tenant.runs.mark(run.id, "failed", error=reason)
        await tell_outcome(self._herald, tenant_id, tenant, ended)
        return True

    async def sweep(self) -> None:
        """Look at the next batch of open runs; after the last one it begins anew."""
        due = self._clock.now() - PATIENCE
        found = await self._store.open_runs(created_before=due, after=self._after, limit=BATCH)
        for tenant_id, run in found:
            await self.bury(tenant_id, run)
        self._after = (found[-1][0], found[-1][1].id) if len(found) == BATCH else None

    async def forever(self) -> None:
        """Sweep again and again, until cancelled; several workers may, and agree."""
        while True:
            try:
                await self.sweep()
            except VarlorError as error:
                log.warning("open runs could not be looked at", error=error.slug)
            await asyncio.sleep(EVERY)
