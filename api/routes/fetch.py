"""Starting a sync: the run's row first, so that a run is visible whatever happens to its workflow."""

import secrets
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response

from api.deps import Caller, Editor, Svc
from api.door import PREFIX
from api.fetch_input import refuse_unfit
from api.idempotency import IdempotencyKey, once
from api.openapi import guarded
from api.routes.connectors import ConnectorId
from api.schemas import FetchAccepted
from api.services import Services
from api.strict import StrictRoute
from api.trail import audit
from api.webhook_input import refuse_fetching
from varlor.contracts.connector import Connector
from varlor.contracts.dataset import Dataset
from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.contracts.messages import SyncInput
from varlor.contracts.run import RunError
from varlor.errors import (
    ConflictError,
    FieldProblem,
    InvalidInputError,
    NotFoundError,
    PartUnavailableError,
)

router = APIRouter(prefix="/connectors", tags=["runs"], route_class=StrictRoute)


@router.post(
    "/{connectorId}/fetch",
    status_code=202,
    operation_id="start_fetch",
    summary="Fetch records into a dataset",
    responses=guarded(404, 409, 413, 422),
    response_model=FetchAccepted,
)
async def fetch(
    connectorId: ConnectorId,  # noqa: N803 - the name on the wire
    body: FetchRequest,
    request: Request,
    response: Response,
    parts: Svc,
    caller: Editor,
    key: IdempotencyKey = None,
) -> FetchAccepted | dict[str, Any]:
    connector = await caller.store.connectors.get(connectorId)
    refuse_unfit(connector.api_type, body, parts.queries)
    _ready(connector)
    await _parents_are_there(caller, body)

    async def act() -> FetchAccepted:
        return await _start(parts, caller, connector, body)

    accepted = await once(caller, request, key, body, act, status=HTTPStatus.ACCEPTED)
    run_id = accepted["runId"] if isinstance(accepted, dict) else accepted.run_id
    response.headers["Location"] = f"{PREFIX}/runs/{run_id}"
    return accepted


async def _start(parts: Services, caller: Caller, connector: Connector, body: FetchRequest) -> FetchAccepted:
    dataset = await _dataset(caller, connector.id, body.dataset)
    run_id = f"run_{secrets.token_hex(16)}"
    run = await caller.store.runs.create(
        run_id, connector_id=connector.id, dataset_id=dataset.id, request=body, origin="api"
    )
    order = SyncInput(
        tenant_id=caller.tenant_id, run_id=run.id, connector_id=connector.id, dataset_id=dataset.id
    )
    try:
        workflow_id = await parts.engine.start_sync(order)
    except PartUnavailableError as error:
        reason = RunError(type=error.slug, title="could not start", detail=error.detail)
        await caller.store.runs.mark(run.id, "failed", error=reason)
        raise
    await audit(caller, "fetch.started", connector_id=connector.id, run=run.id, dataset=dataset.id)
    return FetchAccepted(run_id=run.id, dataset_id=dataset.id, workflow_id=workflow_id)


async def _parents_are_there(caller: Caller, body: FetchRequest) -> None:
    name = body.for_each.dataset if body.for_each else None
    if name is None or await caller.store.datasets.find(name) is not None:
        return
    try:
        await caller.store.datasets.get(name)
    except NotFoundError:
        detail = "There is no such dataset; sync the parents first, or give forEach their path."
        raise InvalidInputError(detail, FieldProblem("/forEach/dataset", detail)) from None


async def _dataset(caller: Caller, connector_id: str, target: DatasetTarget) -> Dataset:
    datasets = caller.store.datasets
    if target.id is not None:
        return await datasets.get(target.id)
    name = target.name or ""
    found = await datasets.find(name)
    if found is not None:
        return found
    try:
        return await datasets.create(name, connector_id=connector_id)
    except ConflictError:  # another request was first: theirs is the one
        found = await datasets.find(name)
        if found is None:
            raise NotFoundError("No such dataset.") from None
        return found


def _ready(connector: Connector) -> None:
    refuse_fetching(connector)
    if connector.status == "deleting":
        raise ConflictError("The connector is being deleted.")
    if connector.auth_type != "none" and not connector.has_credential:
        raise ConflictError("The connector has no credential yet; set it first.")
