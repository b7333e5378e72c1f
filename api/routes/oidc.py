"""The browser's sign-in at the operator's identity provider: out by one redirect, back by another."""

from http import HTTPStatus
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from api.deps import Svc
from api.openapi import problems
from api.return_to import HOME, own_path, with_result
from api.route_limits import limit
from api.routes.session import record, set_cookie
from api.services import Services
from api.sign_in_binding import bind, bound, unbind
from varlor.errors import (
    ForbiddenError,
    NotFoundError,
    PartUnavailableError,
    TokenError,
    UnauthenticatedError,
    VarlorError,
)
from varlor.ports import SignIn

router = APIRouter(prefix="/session/oidc", tags=["session"])
_MOST: Final = 4096  # characters of a code or a state
_ANSWERS: Final = problems(404, 422, 429, 503)
log: Final = structlog.get_logger()
Word = Annotated[str | None, Query(max_length=_MOST)]


@router.get(
    "",
    status_code=303,
    operation_id="start_oidc_session",
    summary="Send the browser to the identity provider",
    description="`returnTo` is the path of this server where it goes on afterwards.",
    responses=_ANSWERS | {303: {"description": "To the identity provider, or back with `signIn=<reason>`"}},
    response_class=RedirectResponse,
)
async def start(
    request: Request,
    parts: Svc,
    returnTo: Annotated[str | None, Query(max_length=2048)] = None,  # noqa: N803 - the name on the wire
) -> RedirectResponse:
    sign_in = _configured(parts)
    await limit(parts, "sign-in", request)
    return_to = own_path(returnTo)
    try:
        begun = await sign_in.begin()
    except TokenError as error:
        return _refused(return_to, error)
    answer = RedirectResponse(begun.url, HTTPStatus.SEE_OTHER)
    bind(answer, begun, return_to, parts.public_url)
    return answer


@router.get(
    "/callback",
    status_code=303,
    operation_id="finish_oidc_session",
    summary="Where the identity provider sends the browser back to",
    responses=_ANSWERS | {303: {"description": "Signed in; or not, and `signIn=<reason>` says why"}},
    response_class=RedirectResponse,
)
async def finish(
    request: Request,
    parts: Svc,
    state: Annotated[str, Query(max_length=_MOST)],
    code: Word = None,
    error: Word = None,
    iss: Word = None,
) -> RedirectResponse:
    sign_in = _configured(parts)
    await limit(parts, "sign-in-callback", request)
    attempt = bound(request, state, sign_in)
    if attempt is None:
        return _back(HOME, "wrong_browser")
    secret, return_to = attempt
    answer = await _finish(parts, sign_in, secret, return_to, code, error, iss)
    unbind(answer, state)
    return answer


async def _finish(
    parts: Services,
    sign_in: SignIn,
    secret: str,
    return_to: str,
    code: str | None,
    error: str | None,
    iss: str | None,
) -> RedirectResponse:
    if code is None or error is not None:
        return _back(return_to, "denied" if error == "access_denied" else "refused")
    try:
        token, who = await parts.sessions.open(await sign_in.finish(secret, code, iss))
    except (TokenError, UnauthenticatedError, ForbiddenError, PartUnavailableError) as refusal:
        return _refused(return_to, refusal)
    answer = RedirectResponse(return_to, HTTPStatus.SEE_OTHER)
    set_cookie(answer, parts, token)
    await record(parts, who)
    return answer


def _refused(return_to: str, error: VarlorError) -> RedirectResponse:
    """The browser learns what it can act on, the operator's log why."""
    log.warning("a sign-in was refused", kind=type(error).__name__, detail=error.detail)
    match error:
        case TokenError(kind="passing") | PartUnavailableError():
            return _back(return_to, "unavailable")
        case ForbiddenError():
            return _back(return_to, "no_role")
        case _:
            return _back(return_to, "refused")


def _back(return_to: str, reason: str) -> RedirectResponse:
    return RedirectResponse(with_result(return_to, signIn=reason), HTTPStatus.SEE_OTHER)


def _configured(parts: Services) -> SignIn:
    if parts.sign_in is None:
        raise NotFoundError("No identity provider is configured (VARLOR_OIDC_ISSUER).")
    return parts.sign_in
