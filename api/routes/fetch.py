"""Starting a sync: the run's row first, so that a run is visible whatever happens to its workflow."""

import secrets
from dataclasses import dataclass
from itertools import count

import structlog
from fastapi import APIRouter, Response

from api.deps import Caller, Editor, Svc
from api.door import PREFIX
from api.fetch_input import refuse_unfit
from api.idempotency import IdempotencyKey, used_otherwise
from api.openapi import guarded
from api.routes.connectors import ConnectorId
from api.schemas import FetchAccepted
from api.services import Services
from api.strict import StrictRoute
from api.trail import audit
from varlor import names
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.messages import SyncInput
from varlor.contracts.run import NOT_STARTED, Run, RunError
from varlor.errors import FieldProblem, InvalidInputError, NotFoundError, PartUnavailableError

router = APIRouter(prefix="/connectors", tags=["runs"], route_class=StrictRoute)


@router.post(
    "/{connectorId}/fetch",
    status_code=202,
    operation_id="start_fetch",
    summary="Fetch records into a dataset",
    responses=guarded(404, 409, 413, 422),
)
async def fetch(
    connectorId: ConnectorId,  # noqa: N803 - the name on the wire
    body: FetchRequest,
    response: Response,
    parts: Svc,
    caller: Editor,
    key: IdempotencyKey = None,
) -> FetchAccepted:
    await _parents_are_there(caller, body)
    order = Order(parts, caller, connectorId, body)
    run = await order.queue(f"run_{secrets.token_hex(16)}") if key is None else await order.queue_once(key)
    if run.status == "queued":
        await _start(parts, caller, run)
    response.headers["Location"] = f"{PREFIX}/runs/{run.id}"
    return FetchAccepted(run_id=run.id, dataset_id=run.dataset_id, workflow_id=run.workflow_id)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be fetched, by whom, from where."""

    parts: Services
    caller: Caller
    connector_id: str
    body: FetchRequest

    async def queue_once(self, key: str) -> Run:
        """The run of this key, whose id follows from it: no crash and no delay starts a second sync.

        A run that could not be started has done nothing, and never will: another one takes its place.
        """
        for attempt in count():
            run_id = names.keyed_run_id(self.caller.tenant_id, key, attempt)
            run = await self.caller.store.runs.find(run_id) or await self.queue(run_id)
            if (run.connector_id, run.request) != (self.connector_id, self.body):
                raise used_otherwise()
            if run.error is None or run.error.type != NOT_STARTED:
                return run
        raise AssertionError("count() does not end")

    async def queue(self, run_id: str) -> Run:
        return await self.caller.store.starts.queue(
            run_id,
            connector_id=self.connector_id,
            request=self.body,
            fits=lambda settings: refuse_unfit(settings, self.body, self.parts.reading),
            actor=self.caller.actor,
            correlation_id=structlog.contextvars.get_contextvars().get("correlation_id"),
        )


async def _start(parts: Services, caller: Caller, run: Run) -> None:
    """Raises PartUnavailableError once the run is told as failed: if it did start, it will do nothing."""
    order = SyncInput(
        tenant_id=caller.tenant_id,
        run_id=run.id,
        connector_id=run.connector_id,
        dataset_id=run.dataset_id,
    )
    try:
        await parts.engine.start_sync(order)
    except PartUnavailableError as error:
        reason = RunError(type=NOT_STARTED, title="could not start", detail=error.detail)
        await caller.store.runs.mark(run.id, "failed", error=reason)
        await audit(caller, "fetch.started", outcome="failed", connector_id=run.connector_id, run=run.id)
        raise


async def _parents_are_there(caller: Caller, body: FetchRequest) -> None:
    name = body.for_each.dataset if body.for_each else None
    if name is None or await caller.store.datasets.find(name) is not None:
        return
    try:
        await caller.store.datasets.get(name)
    except NotFoundError:
        detail = "There is no such dataset; sync the parents first, or give forEach their path."
        raise InvalidInputError(detail, FieldProblem("/forEach/dataset", detail)) from None
