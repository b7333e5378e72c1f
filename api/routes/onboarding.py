"""Before any data flows: the connection test, and what the API says about itself."""

import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request

from activities.check import CheckDraft
from api.connector_input import accepted
from api.deps import Caller, Editor, Svc, Viewer
from api.fetch_input import refuse_unfit
from api.idempotency import IdempotencyKey, once
from api.listening import listening
from api.openapi import guarded
from api.pointers import below
from api.routes.connectors import ConnectorId
from api.schemas import CheckRequest
from api.services import Services
from api.strict import StrictRoute
from api.trail import audit, connection_changed
from api.webhook_input import refuse_fetching
from varlor import names
from varlor.contracts.check import CheckError, CheckResult, Discovery
from varlor.contracts.connector import ConnectorSettings
from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.contracts.messages import CheckInput, DiscoverInput
from varlor.contracts.model import Model
from varlor.errors import (
    ConflictError,
    FieldProblem,
    InvalidInputError,
    PartUnavailableError,
    UnsupportedError,
)

router = APIRouter(prefix="/connectors", tags=["connectors"], route_class=StrictRoute)
_LATE: Final = CheckError(
    type="timeout",
    title="The test did not end in time",
    detail="No result within 28 seconds: the API is too slow, or no worker is running. Try again.",
)


class _Started(Model):
    """What an Idempotency-Key remembers of a test: where its result waits, not the result itself."""

    nonce: str


@router.post(
    "/test-api",
    operation_id="test_connection",
    summary="Test a connection: one request, judged, within 30 s. A failed test is 200 with ok false",
    responses=guarded(404, 409, 413, 422),
)
async def check_connection(
    body: CheckRequest, request: Request, parts: Svc, caller: Editor, key: IdempotencyKey = None
) -> CheckResult:
    if body.connector_id is not None:
        connector = await caller.store.connectors.get(body.connector_id)
        if connector.hook_id is not None:
            return await listening(parts, caller, connector)
    draft = await _draft(body, parts, caller)

    async def act() -> _Started:
        nonce = secrets.token_hex(16)
        await parts.drafts.put(caller.tenant_id, nonce, "request", draft.model_dump_json().encode())
        order = CheckInput(tenant_id=caller.tenant_id, nonce=nonce, connector_id=body.connector_id)
        await parts.engine.check(order)
        return _Started(nonce=nonce)

    try:
        started = await once(caller, request, key, body, act, status=200)
    except PartUnavailableError as error:
        if error.part != "temporal":
            raise
        return CheckResult(ok=False, url=_shown(body), error=_LATE)
    nonce = started["nonce"] if isinstance(started, dict) else started.nonce
    result = await _result(parts, caller, nonce, _shown(body))
    if body.connector_id is not None:
        await connection_changed(parts, caller, await caller.store.connectors.get(body.connector_id))
    await audit(
        caller,
        "connector.tested",
        connector_id=body.connector_id,
        outcome="ok" if result.ok else "failed",
        error=result.error.type if result.error else "",
    )
    return result


@router.get(
    "/{connectorId}/endpoints",
    operation_id="list_endpoints",
    summary="What the API offers, found by its own documents; cached for an hour",
    responses=guarded(404, 409, 422, 502),
)
async def endpoints(
    connectorId: ConnectorId,  # noqa: N803 - the name on the wire
    parts: Svc,
    caller: Viewer,
    refresh: Annotated[bool, Query(description="look again, whatever is cached")] = False,
) -> Discovery:
    connector = await caller.store.connectors.get(connectorId)
    refuse_fetching(connector)
    if not refresh:
        cached = await parts.discoveries.get(caller.tenant_id, connectorId)
        if cached is not None:
            return cached.model_copy(update={"cached": True})
    if connector.status == "deleting":
        raise ConflictError("The connector is being deleted.")
    await parts.engine.discover(DiscoverInput(tenant_id=caller.tenant_id, connector_id=connectorId))
    found = await parts.discoveries.get(caller.tenant_id, connectorId)
    if found is None:
        raise PartUnavailableError("worker", "The discovery has not ended yet; ask again.")
    return found


async def _draft(body: CheckRequest, parts: Services, caller: Caller) -> CheckDraft:
    """What waits sealed in Redis for the activity; a stored connector is looked up first (404, 409)."""
    if body.connector_id is not None:
        connector = await caller.store.connectors.get(body.connector_id)
        if connector.status == "deleting":
            raise ConflictError("The connector is being deleted.")
        _refuse_place(connector, body, parts)
    if body.connector is None:
        return CheckDraft(path=body.path, query=body.query, variables=body.variables)
    with below("/connector"):
        settings, held = accepted(body.connector, parts.judge, parts.reading)
    _refuse_place(settings, body, parts)
    if settings.auth_type == "oauth2":
        _testable(settings)
    if settings.api_type == "webhook":
        problem = FieldProblem(
            "/connector/apiType", "Save it first: then it has an address to send events to."
        )
        raise UnsupportedError("An unsaved webhook cannot receive.", problem)
    return CheckDraft(
        connector=settings,
        bearer_token=held.bearer_token.get_secret_value() if held.bearer_token else None,
        api_key=held.api_key.get_secret_value() if held.api_key else None,
        client_secret=held.client_secret.get_secret_value() if held.client_secret else None,
        private_key=held.private_key.get_secret_value() if held.private_key else None,
        path=body.path,
        query=body.query,
        variables=body.variables,
    )


def _refuse_place(settings: ConnectorSettings, body: CheckRequest, parts: Services) -> None:
    if body.path is not None:
        if settings.api_type == "graphql":
            detail = "A GraphQL connector has one address; give a query instead."
            raise InvalidInputError(detail, FieldProblem("/path", detail))
        parts.reading.check_place(settings, body.path)
    if body.query is not None:
        asked = FetchRequest(query=body.query, variables=body.variables, dataset=DatasetTarget(name="test"))
        refuse_unfit(settings, asked, parts.reading)


def _testable(settings: ConnectorSettings) -> None:
    """Unsaved, only a machine that signs in by itself can be tested; the others are told what to do first."""
    grant = settings.oauth_config.grant if settings.oauth_config else None
    if grant == "client_credentials":
        return
    remedy = "Save it, send its user through POST /connectors/oauth/start, then test it by connectorId."
    if grant == "refresh_token":
        remedy = "Save it, then test it by connectorId: its refresh token may be good for a single use."
    raise UnsupportedError("An unsaved connector has no token.", FieldProblem("/connector/authType", remedy))


async def _result(parts: Services, caller: Caller, nonce: str, url: str) -> CheckResult:
    workflow_id = names.check_id(caller.tenant_id, nonce)
    raw = await parts.drafts.get(caller.tenant_id, nonce, "result")
    if raw is None:
        return CheckResult(ok=False, url=url, error=_LATE, workflow_id=workflow_id)
    return CheckResult.model_validate_json(raw).model_copy(update={"workflow_id": workflow_id})


def _shown(body: CheckRequest) -> str:
    """Nothing was asked of any address, so none is repeated: it may hold a secret."""
    return body.path.partition("?")[0] if body.path else ""
