"""What falls due in all tenants: a promise of freshness that turned, a table to look after."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from temporalio import activity

from activities.failures import translated
from activities.herald import Herald
from varlor.contracts.care import DueDatasets, Promise, Sweep, SweepOutcome
from varlor.contracts.dataset import Dataset
from varlor.errors import NotFoundError
from varlor.ports import Clock, Store

BATCH: Final = 100
KEPT_MESSAGES: Final = timedelta(days=30)


class SweepActivities:
    def __init__(self, store: Store, herald: Herald, clock: Clock) -> None:
        self._store = store
        self._herald = herald
        self._clock = clock

    def each(self) -> Sequence[Callable[..., object]]:
        """What a worker registers."""
        return [self.judge_freshness, self.due_datasets]

    @activity.defn
    @translated
    async def judge_freshness(self, order: Sweep) -> SweepOutcome:  # noqa: ARG002 - every activity takes one
        """Tell of promises that were broken, or are kept again, since the last look."""
        turned = await self._store.promises_turned(self._clock.now(), BATCH)
        for promise in turned:
            await self._tell(promise)
        return SweepOutcome(found=len(turned), more=len(turned) == BATCH)

    async def _tell(self, promise: Promise) -> None:
        """Told first, then noted: what dies in between is told again under the same key, thus once."""
        datasets = self._store.tenant(promise.tenant_id).datasets
        try:
            dataset = await datasets.get(promise.dataset_id)
        except NotFoundError:
            return
        since = promise.fresh_until if promise.stale else promise.stale_since
        key = f"{promise.dataset_id} {since.isoformat() if since else ''}"
        type_ = "dataset.stale" if promise.stale else "dataset.fresh"
        await self._herald.tell(promise.tenant_id, type_, key, _facts(dataset, promise))
        await datasets.turned(promise)

    @activity.defn
    @translated
    async def due_datasets(self, order: Sweep) -> DueDatasets:  # noqa: ARG002 - every activity takes one
        """Tables to look after now; and messages of a month ago are forgotten."""
        now = self._clock.now()
        await self._store.forget_notifications(now - KEPT_MESSAGES)
        due = list(await self._store.care_due(now, BATCH))
        return DueDatasets(datasets=due, more=len(due) == BATCH)


def _facts(dataset: Dataset, promise: Promise) -> dict[str, Any]:
    since = promise.fresh_until if promise.stale else promise.stale_since
    return {
        "datasetId": dataset.id,
        "datasetName": dataset.name,
        "maxAge": dataset.freshness.max_age if dataset.freshness else None,
        "refreshedAt": dataset.refreshed_at.isoformat() if dataset.refreshed_at else None,
        "staleSince": since.isoformat() if since else None,
    }
