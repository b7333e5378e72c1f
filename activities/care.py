"""Care for one dataset's table: small files are joined, what nobody needs is deleted.

A sync is never kept waiting for longer than one commit: files are written without the dataset's lease, and
the lease is held only while they take the place of the old ones.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic
from typing import Final

from temporalio import activity

from activities.failures import ending, translated
from activities.stopping import pulse
from varlor import names
from varlor.contracts.care import CompactOutcome, DatasetRef, MaintainOutcome
from varlor.errors import FencedError, NotFoundError
from varlor.ports import Clock, Compaction, Datasets, Store, TenantStore

SPELL_SECONDS: Final = 300.0  # one activity's share; the workflow goes on with the next


class CareActivities:
    def __init__(self, store: Store, datasets: Datasets, clock: Clock, keep_hours: int) -> None:
        """`keep_hours`: for how long a file that left the table can still be read."""
        self._store = store
        self._datasets = datasets
        self._clock = clock
        self._keep_hours = keep_hours

    def each(self) -> Sequence[Callable[..., object]]:
        """What a worker registers."""
        return [self.compact_dataset, self.clean_dataset]

    @activity.defn
    @ending
    @translated
    @pulse()
    async def compact_dataset(self, ref: DatasetRef) -> CompactOutcome:
        """Join small files, step by step; `busy` when a sync has, or takes, the dataset."""
        tenant, joined, until = self._store.tenant(ref.tenant_id), 0, monotonic() + SPELL_SECONDS
        try:
            location = (await tenant.datasets.get(ref.dataset_id)).location
            while monotonic() < until:
                if not await _free(tenant, ref.dataset_id):
                    return CompactOutcome(files=joined, busy=True)
                step = await self._datasets.compaction(location, heartbeat=activity.heartbeat)
                if step is None:
                    return CompactOutcome(files=joined)
                if not await _put(tenant, ref.dataset_id, step):
                    return CompactOutcome(files=joined, busy=True)
                joined += step.files
        except NotFoundError:  # deleted
            return CompactOutcome(files=joined)
        return CompactOutcome(files=joined, more=True)

    @activity.defn
    @ending
    @translated
    @pulse()
    async def clean_dataset(self, ref: DatasetRef) -> MaintainOutcome:
        """Delete what is no longer needed, shorten the log, and note when to come again."""
        tenant = self._store.tenant(ref.tenant_id)
        try:
            location = (await tenant.datasets.get(ref.dataset_id)).location
            deleted, left = await self._datasets.clean(
                location, keep_hours=self._keep_hours, heartbeat=activity.heartbeat
            )
            later = self._clock.now() + timedelta(hours=self._keep_hours)
            facts = await self._datasets.facts(location)
            await tenant.datasets.record_maintenance(ref.dataset_id, facts, next_at=later if left else None)
        except NotFoundError:
            return MaintainOutcome(compacted=0, deleted=0)
        return MaintainOutcome(compacted=0, deleted=deleted)


async def _free(tenant: TenantStore, dataset_id: str) -> bool:
    if await tenant.datasets.lease(dataset_id, names.MAINTENANCE) != names.MAINTENANCE:
        return False
    await tenant.datasets.release(dataset_id, names.MAINTENANCE)
    return True


async def _put(tenant: TenantStore, dataset_id: str, step: Compaction) -> bool:
    """False when a sync was first; what was written for nothing is deleted as an orphan."""
    if await tenant.datasets.lease(dataset_id, names.MAINTENANCE) != names.MAINTENANCE:
        return False
    try:
        await step.commit()
    except FencedError:
        return False
    finally:
        await asyncio.shield(tenant.datasets.release(dataset_id, names.MAINTENANCE))
    return True
