"""The browser's sign-in: a one-time code becomes an HttpOnly cookie."""

from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request, Response

from api.cookies import forget, keep
from api.deps import Svc, Who
from api.door import COOKIE, same_origin
from api.openapi import problems
from api.schemas import SessionInfo, SessionRequest
from api.services import Services
from api.strict import StrictRoute
from varlor.ports import Identity

router = APIRouter(prefix="/session", tags=["session"], route_class=StrictRoute)
SESSION_LIFE: Final = timedelta(hours=12)


@router.post(
    "",
    operation_id="start_session",
    summary="Sign in with a one-time code",
    responses=problems(401, 403, 413, 422, 503),
)
async def start(body: SessionRequest, request: Request, response: Response, parts: Svc) -> SessionInfo:
    if "origin" in request.headers:  # a browser sends it; a program has no cookie to be tricked with
        same_origin(parts, request.headers)
    token, who = await parts.sessions.redeem(body.code)
    set_cookie(response, parts, token)
    await record(parts, who)
    return _info(who)


@router.get("", operation_id="get_session", summary="Who am I", responses=problems(401, 503))
async def show(who: Who) -> SessionInfo:
    return _info(who)


@router.delete(
    "",
    status_code=204,
    operation_id="end_session",
    summary="Sign out",
    responses=problems(401, 403, 503),
)
async def end(request: Request, response: Response, parts: Svc, _: Who) -> None:
    cookie = request.cookies.get(COOKIE)
    if cookie:
        await parts.sessions.close(cookie)
    forget(response, COOKIE, path="/")


def set_cookie(response: Response, parts: Services, token: str) -> None:
    keep(response, parts.public_url, COOKIE, token, path="/", seconds=int(SESSION_LIFE.total_seconds()))


async def record(parts: Services, who: Identity) -> None:
    if who.tenant_id is not None:
        await parts.store.tenant(who.tenant_id).audit.write("session.started", actor=who.subject)


def _info(who: Identity) -> SessionInfo:
    return SessionInfo(
        subject=who.subject, tenant_id=who.tenant_id, roles=sorted(who.roles), expires_at=who.expires_at
    )
