"""Connectors: create, read, change, delete, and how one is doing."""

from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import SecretStr

from api.connector_input import accepted, merged, retargets
from api.deps import Admin, Caller, Cursor, Editor, Limit, Svc, Viewer, page
from api.door import PREFIX
from api.farewell import revoke_before_moving
from api.idempotency import IdempotencyKey, once
from api.openapi import guarded
from api.schemas import (
    ConnectorHealth,
    ConnectorInput,
    ConnectorPatch,
    ErrorRate,
    LastCheck,
    Page,
    RateUse,
    Retiring,
)
from api.services import Services
from api.shown import shown
from api.strict import StrictRoute
from api.token_state import token_state
from api.trail import audit, connection_changed
from varlor.contracts.connector import Connector
from varlor.contracts.messages import RetireInput
from varlor.contracts.run import Run
from varlor.errors import (
    FieldProblem,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    PartUnavailableError,
)
from varlor.ports import Listing

router = APIRouter(prefix="/connectors", tags=["connectors"], route_class=StrictRoute)
ConnectorId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
_RECENT = 20  # finished runs that the error rate looks at


@router.post(
    "",
    status_code=201,
    operation_id="create_connector",
    summary="Create a connector",
    responses=guarded(409, 413, 422),
    response_model=Connector,
)
async def create(
    body: ConnectorInput,
    request: Request,
    response: Response,
    parts: Svc,
    caller: Editor,
    key: IdempotencyKey = None,
) -> Connector | dict[str, Any]:
    made = await once(
        caller, request, key, body, lambda: make(parts, caller, body), status=HTTPStatus.CREATED
    )
    return located(response, made)


async def make(parts: Services, caller: Caller, body: ConnectorInput) -> Connector:
    """Store it; raises InvalidInputError for what it may not say."""
    settings, secrets = accepted(body, parts.judge, parts.reading)
    if settings.preset_id is not None and settings.preset_id not in {p.id for p in parts.presets.all()}:
        problem = FieldProblem("/presetId", "There is no such preset; GET /presets lists them.")
        raise InvalidInputError("The input is not valid.", problem)
    made = None
    if settings.webhook_config is not None and secrets.webhook_secret is None:
        made = parts.signatures.new_secret(settings.webhook_config.style)
        secrets = secrets.model_copy(update={"webhook_secret": SecretStr(made)})
    connector = await caller.store.connectors.create(settings, secrets, created_by=caller.actor)
    await audit(caller, "connector.created", connector_id=connector.id, authType=connector.auth_type)
    await connection_changed(parts, caller, connector)
    return shown(parts, connector).model_copy(update={"webhook_secret": made})


def located(response: Response, made: Connector | dict[str, Any]) -> Connector | dict[str, Any]:
    """A 201 says where the new connector is."""
    made_id = made["id"] if isinstance(made, dict) else made.id
    response.headers["Location"] = f"{PREFIX}/connectors/{made_id}"
    return made


@router.get("", operation_id="list_connectors", summary="List connectors", responses=guarded(422))
async def list_all(parts: Svc, caller: Viewer, limit: Limit = 50, cursor: Cursor = None) -> Page[Connector]:
    found = await caller.store.connectors.list(limit=limit, cursor=cursor)
    return page(Listing([shown(parts, each) for each in found.items], found.next_cursor))


@router.get(
    "/{connectorId}", operation_id="get_connector", summary="Get a connector", responses=guarded(404, 422)
)
async def get(connectorId: ConnectorId, parts: Svc, caller: Viewer) -> Connector:  # noqa: N803 - the name on the wire
    return shown(parts, await caller.store.connectors.get(connectorId))


@router.patch(
    "/{connectorId}",
    operation_id="update_connector",
    summary="Change a connector (merge patch); replacing a stored credential needs admin",
    responses=guarded(404, 409, 413, 422),
)
async def update(
    connectorId: ConnectorId,  # noqa: N803 - the name on the wire
    body: ConnectorPatch,
    parts: Svc,
    caller: Editor,
) -> Connector:
    stored = await caller.store.connectors.get(connectorId)
    settings, secrets = merged(stored, body, parts.judge, parts.reading)
    moves = retargets(stored, settings)
    if (secrets is not None or moves) and stored.has_credential and not caller.is_admin():
        raise ForbiddenError("Replacing or removing a stored credential needs the role admin.")
    if moves:
        await revoke_before_moving(parts, caller, connectorId)
        # First, and not without Redis: from there workers would send the old token to the new place.
        version = (await caller.store.grants.state(connectorId)).version
        await parts.token_cache.drop(caller.tenant_id, connectorId, version=version)
    connector = await caller.store.connectors.update(connectorId, settings, secrets)
    with suppress(PartUnavailableError):  # it expires by itself
        await parts.discoveries.drop(caller.tenant_id, connectorId)
    await audit(caller, "connector.updated", connector_id=connectorId)
    if secrets is not None or moves:
        await audit(caller, "credential.replaced", connector_id=connectorId)
    await connection_changed(parts, caller, connector)
    return shown(parts, connector)


@router.delete(
    "/{connectorId}",
    status_code=202,
    operation_id="delete_connector",
    summary="Delete a connector: its syncs stop, its secrets are erased, its datasets stay",
    responses=guarded(404, 422),
)
async def delete(connectorId: ConnectorId, parts: Svc, caller: Admin) -> Retiring:  # noqa: N803 - the name on the wire
    connector = await caller.store.connectors.get(connectorId)
    order = RetireInput(tenant_id=caller.tenant_id, connector_id=connectorId, actor=caller.actor)
    workflow_id = await parts.engine.start_retire(order)
    with suppress(NotFoundError):  # the workflow may have erased it by now
        await caller.store.connectors.set_status(connectorId, "deleting")
    if connector.status != "deleting":
        await audit(caller, "connector.deletion_started", connector_id=connectorId, workflow=workflow_id)
        await connection_changed(parts, caller, connector, "deleting")
    return Retiring(connector_id=connectorId, workflow_id=workflow_id)


@router.get(
    "/{connectorId}/health",
    operation_id="get_connector_health",
    summary="Last test, credential state, use of the rate window, recent failures",
    responses=guarded(404, 422),
)
async def health(connectorId: ConnectorId, parts: Svc, caller: Viewer) -> ConnectorHealth:  # noqa: N803 - the name on the wire
    connector = await caller.store.connectors.get(connectorId)
    last = await caller.store.connectors.last_check(connectorId)
    runs = await caller.store.runs.list(limit=_RECENT, cursor=None, connector_id=connectorId)
    return ConnectorHealth(
        connector_id=connector.id,
        status=connector.status,
        last_check=LastCheck(time=last[0], result=last[1]) if last else None,
        token=await token_state(caller, connector),
        rate_limit=await _rate(parts, caller.tenant_id, connector),
        recent=_recent(runs),
        inbox=await caller.store.inbox.state(connector.id) if connector.hook_id is not None else None,
    )


async def _rate(parts: Services, tenant: str, connector: Connector) -> RateUse | None:
    try:
        use = await parts.window.usage(tenant, connector.id, connector.rate_limit_config)
    except PartUnavailableError:
        return None
    return RateUse(
        last_minute=use.last_minute,
        last_second=use.last_second,
        requests_per_minute=use.limit.requests_per_minute,
        burst_limit=use.limit.burst_limit,
        blocked_for=use.blocked_for,
    )


def _recent(runs: Listing[Run]) -> ErrorRate:
    ended = [run for run in runs.items if run.status in {"succeeded", "failed"}]
    return ErrorRate(runs=len(ended), failed=sum(run.status == "failed" for run in ended))
