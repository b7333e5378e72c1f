"""What goes into and out of the workflows that look after datasets, and that tell the outside of them."""

from varlor.contracts.model import Id, Model, UtcTime


class TenantRef(Model):
    tenant_id: str


class DeliveryOutcome(Model):
    """How many messages were taken; `empty`: nothing waits. `error`: what became of the last attempt."""

    sent: int
    empty: bool = False
    wait_seconds: float = 0.0
    error: str | None = None


class DatasetRef(Model):
    """Names one dataset of one tenant."""

    tenant_id: str
    dataset_id: str


class Promise(DatasetRef):
    """A promise of freshness that turned: broken at `fresh_until`, or kept again until then.

    `stale_since`: the break that was told before.
    """

    fresh_until: UtcTime
    stale_since: UtcTime | None
    stale: bool


class Sweep(Model):
    """One look at everything that is due; it needs no input."""


class SweepOutcome(Model):
    """How many were found; `more`: there are still others."""

    found: int
    more: bool = False


class DueDatasets(Model):
    datasets: list[DatasetRef]
    more: bool = False


class CompactOutcome(Model):
    """How many files became fewer. `more`: time was up. `busy`: a sync has the dataset, another time then."""

    files: int = 0
    more: bool = False
    busy: bool = False


class MaintainOutcome(Model):
    """`compacted` files became fewer, `deleted` ones were needed by nobody any more."""

    compacted: int
    deleted: int
    busy: bool = False


class MaintenanceStarted(Model):
    dataset_id: Id
    workflow_id: str
