"""Live events of a run, for whoever watches."""

from collections.abc import Mapping
from contextlib import suppress

from varlor.contracts.run import FINAL_STATUSES, Run
from varlor.errors import PartUnavailableError
from varlor.ports import Events


async def announce(events: Events, tenant_id: str, run: Run) -> None:
    """Tell whoever watches `/events` how the run stands. A lost event loses nothing."""
    data: Mapping[str, object] = {
        "runId": run.id,
        "datasetId": run.dataset_id,
        "connectorId": run.connector_id,
        "status": run.status,
        "rows": run.rows,
        "pages": run.pages,
        "pendingRows": run.pending_rows,
        "pendingPages": run.pending_pages,
        "requests": run.requests,
        "resumeAt": run.resume_at.isoformat() if run.resume_at else None,
        "error": run.error.model_dump(mode="json") if run.error else None,
    }
    type_ = "run.finished" if run.status in FINAL_STATUSES else "run.changed"
    with suppress(PartUnavailableError):
        await events.publish(tenant_id, type_, data)
