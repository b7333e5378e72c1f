"""A connector's token: how it is, and what may be asked of it. The token itself is never part of it."""

from contextlib import suppress
from typing import Final

from fastapi import APIRouter, Request

from api.deps import Admin, Caller, Editor, Svc, Viewer
from api.openapi import guarded
from api.route_limits import limit
from api.routes.connectors import ConnectorId
from api.strict import StrictRoute
from api.token_state import token_state
from api.trail import audit
from varlor.contracts.connector import Connector
from varlor.contracts.messages import EnsureFresh
from varlor.contracts.oauth import TokenState
from varlor.errors import ConflictError, PartUnavailableError

router = APIRouter(prefix="/connectors", tags=["oauth"], route_class=StrictRoute)
_SETTLED: Final = frozenset({"revoked", "none"})


@router.get(
    "/{connectorId}/token",
    operation_id="get_token",
    summary="The token's state, never the token",
    responses=guarded(404, 422, 429),
)
async def show(connectorId: ConnectorId, request: Request, parts: Svc, caller: Viewer) -> TokenState:  # noqa: N803 - the name on the wire
    with suppress(PartUnavailableError):  # the database tells, though Redis is away
        await limit(parts, "token-show", request, caller.tenant_id)
    return await token_state(caller, await caller.store.connectors.get(connectorId))


@router.post(
    "/{connectorId}/token/refresh",
    operation_id="refresh_token",
    summary="Refresh now, together with whoever else wants that",
    responses=guarded(404, 409, 422, 429),
)
async def refresh(connectorId: ConnectorId, request: Request, parts: Svc, caller: Editor) -> TokenState:  # noqa: N803 - the name on the wire
    connector = await _oauth_connector(caller, connectorId)
    await limit(parts, "token-refresh", request, caller.tenant_id)
    state = await caller.store.grants.state(connectorId)
    by_user = connector.oauth_config is None or connector.oauth_config.grant == "authorization_code"
    if by_user and state.status in _SETTLED:
        raise ConflictError("There is no token to refresh: connect first.")
    want = EnsureFresh(seen_version=state.version, force=True, actor=caller.actor)
    return await parts.oauth.refresh(caller.tenant_id, connectorId, want)


@router.post(
    "/{connectorId}/token/revoke",
    operation_id="revoke_token",
    summary="Stop the token at once, revoke it at the provider (RFC 7009), and erase it",
    responses=guarded(404, 409, 422, 429),
)
async def revoke(connectorId: ConnectorId, request: Request, parts: Svc, caller: Admin) -> TokenState:  # noqa: N803 - the name on the wire
    await _oauth_connector(caller, connectorId)
    await limit(parts, "token-revoke", request, caller.tenant_id)
    await audit(caller, "token.revocation_started", connector_id=connectorId)
    try:
        return await parts.oauth.revoke(caller.tenant_id, connectorId, caller.actor)
    except PartUnavailableError:
        # The provider does not answer: the workflow goes on, and nobody is handed the token any more.
        state = await caller.store.grants.state(connectorId)
        if state.status in _SETTLED:
            return state
        raise


async def _oauth_connector(caller: Caller, connector_id: str) -> Connector:
    connector = await caller.store.connectors.get(connector_id)
    if connector.status == "deleting":
        raise ConflictError("The connector is being deleted.")
    if connector.auth_type != "oauth2":
        raise ConflictError("The connector's authType is not oauth2.")
    return connector
