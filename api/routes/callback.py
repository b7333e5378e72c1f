"""Where providers send browsers back to: public, bound by state and cookie, good for one exchange at most."""

from contextlib import suppress
from http import HTTPStatus
from typing import Final

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from api.deps import Svc
from api.errors import PROBLEM_JSON, CallbackProblem, problem
from api.oauth_binding import redirect_uri, unbind
from api.oauth_callback import Brought, MalformedCallbackError, read, refusal
from api.openapi import problems
from api.return_to import HOME, with_result
from api.route_limits import limit
from api.routes.connectors import ConnectorId
from api.schemas import OAuthEnd
from api.services import Services
from varlor.contracts.messages import AuthorizationReceived
from varlor.errors import NotFoundError, PartUnavailableError
from varlor.ports import AuthorizationAnswer, OAuthAttempt

router = APIRouter(prefix="/connectors", tags=["oauth"])
_ANSWERS: Final = {
    200: {"model": OAuthEnd, "description": "Connected, for those who accept JSON"},
    303: {"description": "Back to `returnTo` with `oauth=connected`, or `oauth=error` and a reason"},
    **problems(404, 422, 429, 503),
    400: {
        "description": "Not connected, for those who accept JSON; or no callback of any provider",
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/CallbackProblem"}}},
    },
}


@router.get(
    "/oauth/callback",
    operation_id="finish_oauth_shared",
    summary="The redirect URI that connectors share by choice",
    responses=_ANSWERS,
    response_class=Response,
)
async def shared(request: Request, parts: Svc) -> Response:
    return await _finish(request, parts, redirect_uri(parts.public_url, None))


@router.get(
    "/{connectorId}/oauth/callback",
    operation_id="finish_oauth",
    summary="The connector's own redirect URI",
    responses=_ANSWERS,
    response_class=Response,
)
async def own(connectorId: ConnectorId, request: Request, parts: Svc) -> Response:  # noqa: N803 - the name on the wire
    return await _finish(request, parts, redirect_uri(parts.public_url, connectorId))


async def _finish(request: Request, parts: Services, own_uri: str) -> Response:
    await limit(parts, "oauth-callback", request)
    try:
        brought = read(request)
    except MalformedCallbackError as error:
        return problem(HTTPStatus.BAD_REQUEST, "malformed-callback", str(error))
    attempt = await parts.attempts.take(brought.state)  # used up, whatever comes of it
    if attempt is None:
        return _answer(request, OAuthEnd(oauth="error", reason="invalid_state"), HOME)
    refused = await refusal(parts, request, attempt, brought, own_uri)
    if refused is not None:
        await _refuse(parts, attempt, refused)
    reason = refused or await _receive(parts, attempt, brought)
    end = OAuthEnd(oauth="error" if reason else "connected", connector_id=attempt.connector_id, reason=reason)
    answer = _answer(request, end, attempt.return_to or HOME)
    if refused is None:  # else the cookie may bind a later attempt of this browser
        unbind(answer, attempt.connector_id)
    return answer


async def _receive(parts: Services, attempt: OAuthAttempt, brought: Brought) -> str | None:
    """Hand the code over by reference; the reason why there is no connection, or None."""
    if brought.code is not None:
        kept = AuthorizationAnswer(
            code=brought.code,
            verifier=attempt.verifier,
            redirect_uri=attempt.redirect_uri,
            token_url=attempt.token_url,
            audience=attempt.audience,
        )
        await parts.attempts.put_code(attempt.tenant_id, attempt.nonce, kept)
    return await _deliver(parts, attempt, brought.error)


async def _refuse(parts: Services, attempt: OAuthAttempt, reason: str) -> None:
    """No token is asked for; the onboarding ends, for its state is spent."""
    await parts.store.tenant(attempt.tenant_id).audit.write(
        "authorization.refused",
        actor="callback",
        outcome="failed",
        connector_id=attempt.connector_id,
        correlation_id=structlog.contextvars.get_contextvars().get("correlation_id"),
        detail={"reason": reason, "startedBy": attempt.subject},
    )
    with suppress(PartUnavailableError):
        await _deliver(parts, attempt, reason)


async def _deliver(parts: Services, attempt: OAuthAttempt, error: str | None) -> str | None:
    received = AuthorizationReceived(nonce=attempt.nonce, error=error)
    try:
        outcome = await parts.oauth.deliver(
            attempt.tenant_id, attempt.connector_id, attempt.onboard_run, received
        )
    except NotFoundError:
        return "superseded"
    if outcome is None:
        return "pending"
    return outcome.reason


def _answer(request: Request, end: OAuthEnd, return_to: str) -> Response:
    if "application/json" in request.headers.get("accept", ""):
        return _as_json(end)
    told = {"oauth": end.oauth} | ({"reason": end.reason} if end.reason else {})
    return RedirectResponse(with_result(return_to, **told), HTTPStatus.SEE_OTHER)


def _as_json(end: OAuthEnd) -> Response:
    if end.reason is None:
        return JSONResponse(end.model_dump(mode="json", exclude_none=True))
    refused = CallbackProblem(
        type=f"urn:varlor:problem:oauth-{end.reason.replace('_', '-')}",
        title="Not connected",
        status=HTTPStatus.BAD_REQUEST,
        detail=f"The authorization came to no connection ({end.reason}). Start again.",
        oauth=end.oauth,
        reason=end.reason,
    )
    body = refused.model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, HTTPStatus.BAD_REQUEST, media_type=PROBLEM_JSON)
