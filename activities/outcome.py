"""What a run's end means for those who wait for the dataset: updated, failed, recovered."""

from contextlib import suppress
from typing import Any, Final

from activities.herald import Herald
from varlor.contracts.dataset import Dataset
from varlor.contracts.run import FINAL_STATUSES, Run
from varlor.errors import NotFoundError
from varlor.ports import TenantStore

_LOOK_BACK: Final = 50  # runs; whoever canceled that many in a row need not be told of a recovery


async def tell_outcome(herald: Herald, tenant_id: str, tenant: TenantStore, run: Run) -> None:
    """`dataset.updated` once rows came (or a replace was published), `run.failed`, `run.recovered`."""
    dataset = None
    with suppress(NotFoundError):  # deleted meanwhile; that the run failed is still news
        dataset = await tenant.datasets.get(run.dataset_id)
    data = _facts(run, dataset)
    if run.status == "failed":
        await herald.tell(tenant_id, "run.failed", run.id, data)
    if run.status != "succeeded" or dataset is None:
        return
    if run.rows or run.request.dataset.write_mode == "replace":
        await herald.tell(tenant_id, "dataset.updated", run.id, data)
    if await _failed_before(tenant, run):
        await herald.tell(tenant_id, "run.recovered", run.id, data)


async def _failed_before(tenant: TenantStore, run: Run) -> bool:
    """Whether the connector's newest run of this dataset that ended before, by itself, failed."""
    before = await tenant.runs.list(limit=_LOOK_BACK, cursor=None, dataset_id=run.dataset_id)
    ended = [
        each.status
        for each in before.items
        if each.id != run.id
        and each.connector_id == run.connector_id
        and each.created_at <= run.created_at
        and each.status in FINAL_STATUSES - {"canceled"}
    ]
    return bool(ended) and ended[0] == "failed"


def _facts(run: Run, dataset: Dataset | None) -> dict[str, Any]:
    return {
        "datasetId": run.dataset_id,
        "datasetName": dataset.name if dataset else None,
        "connectorId": run.connector_id,
        "scheduleId": run.schedule_id,
        "runId": run.id,
        "status": run.status,
        "rows": run.rows,
        "rowCount": dataset.row_count if dataset else None,
        "version": dataset.version if dataset else None,
        "error": {"type": run.error.type, "title": run.error.title} if run.error else None,
    }
