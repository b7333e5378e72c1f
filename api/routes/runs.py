"""Runs: how far they are, what they asked, and what may be asked of them."""

import math
from collections.abc import Awaitable
from contextlib import suppress
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query

from api.deps import Caller, Cursor, Editor, Limit, Svc, Viewer, page
from api.openapi import guarded
from api.schemas import Page, RunPatch, RunProgress
from api.services import Services
from api.strict import StrictRoute
from api.trail import audit
from varlor.contracts.model import Id
from varlor.contracts.run import FINAL_STATUSES, RequestLogEntry, Run, RunStatus
from varlor.errors import ConflictError, NotFoundError, PartUnavailableError

router = APIRouter(prefix="/runs", tags=["runs"], route_class=StrictRoute)
RunId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
MAX_POINTS: Final = 600
_ENDED = "The run has ended."


@router.get("", operation_id="list_runs", summary="List runs, newest first", responses=guarded(422))
async def list_all(
    caller: Viewer,
    limit: Limit = 50,
    cursor: Cursor = None,
    connector_id: Annotated[Id | None, Query(alias="connectorId")] = None,
    dataset_id: Annotated[Id | None, Query(alias="datasetId")] = None,
    schedule_id: Annotated[Id | None, Query(alias="scheduleId")] = None,
    status: Annotated[RunStatus | None, Query()] = None,
) -> Page[Run]:
    return page(
        await caller.store.runs.list(
            limit=limit,
            cursor=cursor,
            connector_id=connector_id,
            dataset_id=dataset_id,
            schedule_id=schedule_id,
            status=status,
        )
    )


@router.get("/{runId}", operation_id="get_run", summary="Get a run, live", responses=guarded(404, 422))
async def get(runId: RunId, parts: Svc, caller: Viewer) -> Run:  # noqa: N803 - the name on the wire
    return await _live(parts, caller, await caller.store.runs.get(runId))


@router.get(
    "/{runId}/progress",
    operation_id="get_run_progress",
    summary="A run's numbers over time, at most 600 of them",
    responses=guarded(404, 422),
)
async def progress(runId: RunId, parts: Svc, caller: Viewer) -> RunProgress:  # noqa: N803 - the name on the wire
    await caller.store.runs.get(runId)
    points = await parts.events.series(caller.tenant_id, runId)
    step = max(math.ceil(len(points) / MAX_POINTS), 1)
    return RunProgress(points=[*points[:-1:step], *points[-1:]])


@router.get(
    "/{runId}/requests",
    operation_id="list_run_requests",
    summary="Every request of a run, redacted, newest first",
    responses=guarded(404, 422),
)
async def requests(
    runId: RunId,  # noqa: N803 - the name on the wire
    caller: Viewer,
    limit: Limit = 50,
    cursor: Cursor = None,
    failed_only: Annotated[bool, Query(alias="failedOnly")] = False,
    status: Annotated[
        str | None,
        Query(pattern=r"^([1-5](xx|[0-9]{2})|none)$", description="`429`, `5xx`, or `none` for no answer"),
    ] = None,
) -> Page[RequestLogEntry]:
    await caller.store.runs.get(runId)
    statuses = None if status is None else _statuses(status)
    found = caller.store.runs.requests(
        runId, limit=limit, cursor=cursor, failed_only=failed_only, statuses=statuses
    )
    return page(await found)


@router.post(
    "/{runId}/pause",
    operation_id="pause_run",
    summary="Stop after the open page, and wait",
    responses=guarded(404, 409, 422),
)
async def pause(runId: RunId, parts: Svc, caller: Editor) -> Run:  # noqa: N803 - the name on the wire
    run = await _open(caller, runId)
    await _ask(parts.engine.pause(run.workflow_id))
    await audit(caller, "run.paused", connector_id=run.connector_id, run=runId)
    return await get(runId, parts, caller)


@router.post(
    "/{runId}/resume",
    operation_id="resume_run",
    summary="Go on where the run was paused",
    responses=guarded(404, 409, 422),
)
async def resume(runId: RunId, parts: Svc, caller: Editor) -> Run:  # noqa: N803 - the name on the wire
    run = await _open(caller, runId)
    await _ask(parts.engine.resume(run.workflow_id))
    await audit(caller, "run.resumed", connector_id=run.connector_id, run=runId)
    return await get(runId, parts, caller)


@router.post(
    "/{runId}/cancel",
    operation_id="cancel_run",
    summary="End the run; what it committed is kept as its dataset's write mode says",
    responses=guarded(404, 409, 422),
)
async def cancel(runId: RunId, parts: Svc, caller: Editor) -> Run:  # noqa: N803 - the name on the wire
    run = await _open(caller, runId)
    try:
        await parts.engine.cancel(run.workflow_id)
    except NotFoundError:  # its workflow is gone, so nobody else will ever end this row
        await caller.store.runs.mark(runId, "canceled")
    await audit(caller, "run.canceled", connector_id=run.connector_id, run=runId)
    return await get(runId, parts, caller)


@router.patch(
    "/{runId}",
    operation_id="update_run",
    summary="Lower the run's share of its connector's rate, or give it back with null",
    responses=guarded(404, 409, 413, 422),
)
async def update(runId: RunId, body: RunPatch, parts: Svc, caller: Editor) -> Run:  # noqa: N803 - the name on the wire
    run = await _open(caller, runId)
    await _ask(parts.engine.set_rate(run.workflow_id, body.requests_per_minute))
    rate = str(body.requests_per_minute or "full")
    await audit(caller, "run.rate_set", connector_id=run.connector_id, run=runId, requestsPerMinute=rate)
    return await get(runId, parts, caller)


def _statuses(asked: str) -> range:
    """What `429`, `5xx` or `none` means; an empty range for the last."""
    if asked == "none":
        return range(0)
    first = int(asked.replace("x", "0"))
    return range(first, first + (100 if asked.endswith("xx") else 1))


async def _open(caller: Caller, run_id: str) -> Run:
    run = await caller.store.runs.get(run_id)
    if run.status in FINAL_STATUSES:
        raise ConflictError(_ENDED)
    return run


async def _ask(update: Awaitable[None]) -> None:
    """The run's row exists: a workflow that is gone means that the run has ended, not that it is unknown."""
    try:
        await update
    except NotFoundError:
        raise ConflictError(_ENDED) from None


async def _live(parts: Services, caller: Caller, run: Run) -> Run:
    """The row's numbers change per chunk; those of the open chunk are in Redis."""
    if run.status in FINAL_STATUSES:
        return run
    with suppress(PartUnavailableError):
        counters = await parts.events.progress(caller.tenant_id, run.id)
        if counters is not None:
            return run.live(counters)
    return run
