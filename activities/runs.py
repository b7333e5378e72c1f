"""A run's bookkeeping: its lease on the dataset, its visible status, its rate."""

import asyncio
from datetime import timedelta
from time import monotonic
from typing import Final

from temporalio import activity

from activities.announce import announce
from activities.burial import Burial
from activities.failures import translated
from varlor import names
from varlor.contracts.messages import LeaseOutcome, MarkInput, RunRef, SetRateInput
from varlor.contracts.run import FINAL_STATUSES, Run
from varlor.errors import ConflictError
from varlor.ports import Clock, Events, RateWindow, Store, TenantStore

CARE_PATIENCE: Final = 5.0  # seconds; a commit takes far less
CARE_POLL: Final = 0.1


class RunActivities:
    def __init__(
        self,
        store: Store,
        events: Events,
        window: RateWindow,
        burial: Burial,
        clock: Clock,
    ) -> None:
        self._store = store
        self._events = events
        self._window = window
        self._burial = burial
        self._clock = clock

    @activity.defn
    @translated
    async def begin_run(self, ref: RunRef) -> LeaseOutcome:
        """Take the dataset's lease, or say who has it. A holder whose workflow is gone is ended first."""
        tenant = self._store.tenant(ref.tenant_id)
        run = await tenant.runs.get(ref.run_id)
        if run.status in FINAL_STATUSES:  # told as failed when its start seemed lost, or canceled before it
            raise ConflictError("The run has ended; it is not begun again.")
        holder = await self._lease(tenant, run)
        if holder != ref.run_id and await self._freed(ref.tenant_id, tenant, run, holder):
            holder = await tenant.datasets.lease(run.dataset_id, ref.run_id)
        if holder != ref.run_id:
            return LeaseOutcome(leased=False, holder_run_id=holder)
        await announce(self._events, ref.tenant_id, await tenant.runs.mark(ref.run_id, "running"))
        return LeaseOutcome(leased=True)

    async def _lease(self, tenant: TenantStore, run: Run) -> str:
        """Maintenance holds a dataset for the time of a commit: that is worth waiting for."""
        until = monotonic() + CARE_PATIENCE
        while True:
            holder = await tenant.datasets.lease(run.dataset_id, run.id)
            if holder != names.MAINTENANCE or monotonic() > until:
                return holder
            await asyncio.sleep(CARE_POLL)

    async def _freed(self, tenant_id: str, tenant: TenantStore, run: Run, holder: str) -> bool:
        """Whether the lease is free now, for whoever held it is gone.

        Maintenance that kept it for so long is dead. Should it live, its commit comes before the sync's
        first one or is refused.
        """
        if holder == names.MAINTENANCE:
            await tenant.datasets.release(run.dataset_id, names.MAINTENANCE)
            return True
        return await self._burial.bury(tenant_id, await tenant.runs.get(holder))

    @activity.defn
    @translated
    async def mark_run(self, order: MarkInput) -> None:
        resume_at = None
        if order.resume_in_seconds is not None:
            resume_at = self._clock.now() + timedelta(seconds=order.resume_in_seconds)
        run = await self._store.tenant(order.tenant_id).runs.mark(
            order.run_id, order.status, resume_at=resume_at
        )
        await announce(self._events, order.tenant_id, run)

    @activity.defn
    @translated
    async def set_rate(self, order: SetRateInput) -> None:
        run = await self._store.tenant(order.tenant_id).runs.set_rate(order.run_id, order.requests_per_minute)
        await self._window.set_run_rate(order.tenant_id, order.run_id, order.requests_per_minute)
        await announce(self._events, order.tenant_id, run)
