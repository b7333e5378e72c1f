"""Connecting: a user is sent to the provider with this browser, and comes back with it or not at all."""

import secrets
from datetime import timedelta

from fastapi import APIRouter, Request, Response

from activities.onboard_draft import AuthorizationDraft, OnboardDraft
from api.deps import Caller, Editor, Svc
from api.oauth_binding import LIFE, bind, redirect_uri_of
from api.openapi import guarded
from api.return_to import own_path
from api.route_limits import limit
from api.schemas import OAuthStarted, OAuthStartRequest
from api.services import Services
from api.strict import StrictRoute
from api.trail import audit
from varlor import names
from varlor.contracts.connector import Connector
from varlor.contracts.messages import OnboardInput
from varlor.errors import ConflictError, ForbiddenError, PartUnavailableError

router = APIRouter(prefix="/connectors", tags=["oauth"], route_class=StrictRoute)


@router.post(
    "/oauth/start",
    operation_id="start_oauth",
    summary="Connect: answers where to send this browser. Replacing a token that works needs admin",
    responses=guarded(404, 409, 413, 422, 429),
)
async def start(
    body: OAuthStartRequest, request: Request, response: Response, parts: Svc, caller: Editor
) -> OAuthStarted:
    return_to = own_path(body.return_to)
    await limit(parts, "oauth-start", request, caller.tenant_id)
    connector = await caller.store.connectors.get(body.connector_id)
    await _may_connect(caller, connector)
    draft = OnboardDraft(
        subject=caller.actor,
        browser_hash=bind(response, parts, connector.id),
        redirect_uri=redirect_uri_of(parts, connector),
        return_to=return_to,
    )
    prepared = await _prepared(parts, caller, connector, draft)
    await audit(caller, "authorization.started", connector_id=connector.id)
    return OAuthStarted(
        authorization_url=prepared.url,
        state=prepared.state,
        expires_at=prepared.prepared_at + timedelta(seconds=LIFE),
        workflow_id=names.onboard_id(caller.tenant_id, connector.id),
    )


async def _may_connect(caller: Caller, connector: Connector) -> None:
    config = connector.oauth_config
    if connector.status == "deleting":
        raise ConflictError("The connector is being deleted.")
    if connector.auth_type != "oauth2" or config is None:
        raise ConflictError("The connector's authType is not oauth2.")
    if config.grant != "authorization_code":
        raise ConflictError(f"The grant {config.grant} needs no user: use token/refresh.")
    state = await caller.store.grants.state(connector.id)
    if state.status in {"active", "refreshing", "degraded"} and not caller.is_admin():
        raise ForbiddenError("Replacing a stored credential needs the role admin.")


async def _prepared(
    parts: Services, caller: Caller, connector: Connector, draft: OnboardDraft
) -> AuthorizationDraft:
    nonce = secrets.token_hex(16)
    await parts.drafts.put(caller.tenant_id, nonce, "onboard", draft.model_dump_json().encode())
    order = OnboardInput(
        tenant_id=caller.tenant_id, connector_id=connector.id, nonce=nonce, actor=caller.actor
    )
    prepared = await parts.oauth.start_onboard(order)
    if prepared.reason is not None:
        detail = prepared.detail or "The authorization could not be prepared; check the oauthConfig."
        raise ConflictError(f"{detail} ({prepared.reason})")
    raw = await parts.drafts.get(caller.tenant_id, nonce, "authorization")
    if raw is None:
        raise PartUnavailableError("redis", "What was prepared is lost; start again.")
    return AuthorizationDraft.model_validate_json(raw)
