"""Datasets: what is in them, and ways to take it out."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import StreamingResponse

from api.deps import Admin, Caller, Cursor, Editor, Limit, Svc, Viewer, page
from api.idempotency import IdempotencyKey, once
from api.openapi import guarded
from api.schemas import DatasetPatch, Page, ResetRequest
from api.strict import StrictRoute
from api.trail import audit
from varlor import names
from varlor.contracts.care import DatasetRef, MaintenanceStarted
from varlor.contracts.dataset import Dataset, RowsPage
from varlor.errors import ConflictError, FencedError, NotFoundError, VarlorError

router = APIRouter(prefix="/datasets", tags=["datasets"], route_class=StrictRoute)
DatasetId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Format = Literal["parquet", "csv", "jsonl"]
_TYPES: Final[dict[Format, str]] = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
}
_MAX_OFFSET: Final = 10**12
_FROM_NOTHING: Final = ResetRequest()
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FILE: Final = {
    200: {
        "description": "The rows as one file",
        "content": {media.partition(";")[0]: _BINARY for media in _TYPES.values()},
    }
}

log: Final = structlog.get_logger()


@router.get("", operation_id="list_datasets", summary="List datasets, newest first", responses=guarded(422))
async def list_all(caller: Viewer, limit: Limit = 50, cursor: Cursor = None) -> Page[Dataset]:
    return page(await caller.store.datasets.list(limit=limit, cursor=cursor))


@router.get("/{datasetId}", operation_id="get_dataset", summary="Get a dataset", responses=guarded(404, 422))
async def get(datasetId: DatasetId, caller: Viewer) -> Dataset:  # noqa: N803 - the name on the wire
    return await caller.store.datasets.get(datasetId)


@router.get(
    "/{datasetId}/rows",
    operation_id="list_dataset_rows",
    summary="A slice of the rows",
    responses=guarded(404, 422),
)
async def rows(
    datasetId: DatasetId,  # noqa: N803 - the name on the wire
    parts: Svc,
    caller: Viewer,
    limit: Limit = 50,
    offset: Annotated[int, Query(ge=0, le=_MAX_OFFSET)] = 0,
) -> RowsPage:
    dataset = await caller.store.datasets.get(datasetId)
    return await parts.datasets.rows(dataset.location, limit=limit, offset=offset)


@router.get(
    "/{datasetId}/export",
    operation_id="export_dataset",
    summary="All rows as one file, streamed",
    response_class=StreamingResponse,
    responses=_FILE | guarded(404, 422),
)
async def export(
    datasetId: DatasetId,  # noqa: N803 - the name on the wire
    parts: Svc,
    caller: Viewer,
    format_: Annotated[Format, Query(alias="format")] = "parquet",
) -> StreamingResponse:
    dataset = await caller.store.datasets.get(datasetId)
    chunks = parts.datasets.export(dataset.location, format_)
    first = await anext(chunks, b"")  # what fails at once is still a problem document
    await audit(caller, "dataset.exported", dataset=datasetId, format=format_)
    return StreamingResponse(
        _joined(first, chunks),
        headers={
            "Content-Type": _TYPES[format_],
            "Content-Disposition": disposition(dataset.name, format_),
        },
    )


@router.patch(
    "/{datasetId}",
    operation_id="update_dataset",
    summary="Rename a dataset, or promise how old it may become",
    responses=guarded(404, 409, 413, 422),
)
async def update(datasetId: DatasetId, body: DatasetPatch, caller: Editor) -> Dataset:  # noqa: N803 - the name on the wire
    datasets = caller.store.datasets
    if body.name is not None:
        await datasets.rename(datasetId, body.name)
        await audit(caller, "dataset.renamed", dataset=datasetId)
    if "freshness" in body.model_fields_set:
        await datasets.promise(datasetId, body.freshness)
        await audit(caller, "dataset.promised", dataset=datasetId, seconds=str(body.freshness or "none"))
    return await datasets.get(datasetId)


@router.post(
    "/{datasetId}/maintain",
    status_code=202,
    operation_id="maintain_dataset",
    summary="Join small files and delete old versions now; it is done by itself, too",
    responses=guarded(404, 422),
    response_model=MaintenanceStarted,
)
async def maintain(
    datasetId: DatasetId,  # noqa: N803 - the name on the wire
    request: Request,
    parts: Svc,
    caller: Editor,
    key: IdempotencyKey = None,
) -> MaintenanceStarted | dict[str, Any]:
    await caller.store.datasets.get(datasetId)

    async def act() -> MaintenanceStarted:
        ref = DatasetRef(tenant_id=caller.tenant_id, dataset_id=datasetId)
        workflow_id = await parts.engine.start_maintain(ref)
        return MaintenanceStarted(dataset_id=datasetId, workflow_id=workflow_id)

    return await once(caller, request, key, None, act, status=HTTPStatus.ACCEPTED)


@router.post(
    "/{datasetId}/reset",
    operation_id="reset_dataset",
    summary="Let the next sync start over; until it has succeeded the rows are served as they are",
    responses=guarded(404, 409, 413, 422),
)
async def reset(
    datasetId: DatasetId,  # noqa: N803 - the name on the wire
    parts: Svc,
    caller: Editor,
    body: ResetRequest = _FROM_NOTHING,
) -> Dataset:
    dataset = await caller.store.datasets.get(datasetId)
    writer = await caller.store.datasets.writer(datasetId)
    if writer not in (None, names.MAINTENANCE):  # whose commit gives way to the reset's, or comes before it
        raise ConflictError(f"The run {writer} is writing this dataset; cancel it or wait for its end.")
    await _must_come_again(caller, dataset.connector_id)
    # A run that begins in this moment loses the table to the reset: it fails, the reset holds.
    try:
        await parts.datasets.reset(dataset.location, body.from_)
    except FencedError:
        raise ConflictError("Others changed this dataset in this very moment; ask again.") from None
    await caller.store.datasets.record_facts(datasetId, await parts.datasets.facts(dataset.location))
    await audit(caller, "dataset.reset", dataset=datasetId, start=str(body.from_ or "nothing"))
    return await caller.store.datasets.get(datasetId)


@router.delete(
    "/{datasetId}",
    status_code=204,
    operation_id="delete_dataset",
    summary="Delete a dataset and its files",
    responses=guarded(404, 409, 422),
)
async def delete(datasetId: DatasetId, parts: Svc, caller: Admin) -> None:  # noqa: N803 - the name on the wire
    dataset = await caller.store.datasets.get(datasetId)
    # The row first: it is what refuses while a run writes, and no run can begin once it is gone.
    await caller.store.datasets.delete(datasetId)
    try:
        await parts.datasets.delete(dataset.location)
    except VarlorError as error:
        log.exception("files of a deleted dataset are left", location=dataset.location, error=error.slug)
    await audit(caller, "dataset.deleted", dataset=datasetId)


async def _must_come_again(caller: Caller, connector_id: str | None) -> None:
    with suppress(NotFoundError):
        connector = await caller.store.connectors.get(connector_id or "")
        if connector.api_type == "webhook":
            raise ConflictError("A webhook's events are sent once: there is nothing to start over from.")


def disposition(name: str, format_: Format) -> str:
    """RFC 6266: a plain name for everyone, the true one for who reads RFC 8187."""
    plain = _UNSAFE.sub("_", name).strip("._")[:80] or "dataset"
    return f"attachment; filename=\"{plain}.{format_}\"; filename*=UTF-8''{quote(name, safe='')}.{format_}"


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
