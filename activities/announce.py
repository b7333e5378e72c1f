"""What a run tells whoever watches: its live events, and which part of ours it waits for."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress

from varlor.contracts.run import FINAL_STATUSES, Run
from varlor.errors import PartUnavailableError
from varlor.ports import Events, TenantStore


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


@asynccontextmanager
async def waits_told(tenant: TenantStore, run_id: str) -> AsyncGenerator[None]:
    """Note on the run, once, which part of ours failed within: Temporal tries it again without end.

    The failure goes on its way; where the database is what failed, nothing can be noted.
    """
    try:
        yield
    except PartUnavailableError as error:
        head = f"Had to wait for a part of Varlor ({error.part}), which is tried again until it works:"
        with suppress(PartUnavailableError):
            noted = (await tenant.runs.get(run_id)).notes
            if not any(note.startswith(head) for note in noted):
                await tenant.runs.record(run_id, notes=[f"{head} {error.detail}"])
        raise
