"""Where events come in: public, judged by their signature alone, answered once they are durable."""

import asyncio
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.deps import Svc
from api.errors import problem
from api.openapi import problems
from api.services import Services
from varlor.errors import UnauthenticatedError
from varlor.ports import Arrival, Hook

router = APIRouter(prefix="/hooks", tags=["webhooks"])
BODY_SECONDS: Final = 10.0
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The sender only asked for its challenge back"},
    202: {"description": "The event is durable; the same event again is answered the same"},
    **problems(401, 408, 413, 422, 503),
}
_REFUSED: Final = "No such address, or a signature that does not hold."


@router.post(
    "/{hookId}",
    status_code=HTTPStatus.ACCEPTED,
    operation_id="receive_event",
    summary="Hand in an event, signed as the connector's webhookConfig says; at most 1 MiB",
    responses=_ANSWERS,
    response_class=Response,
    openapi_extra={"security": []},
)
async def receive(
    hookId: str,  # noqa: N803 - the name on the wire
    request: Request,
    parts: Svc,
) -> Response:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.body()
    except TimeoutError:
        return problem(HTTPStatus.REQUEST_TIMEOUT, "timeout", "The body did not come within 10 s.")
    hook, arrival = await _opened(parts, hookId, request, body)
    if arrival.challenge is not None:
        return JSONResponse({"challenge": arrival.challenge})
    if not await parts.store.hooks.accept(hook, arrival):
        raise UnauthenticatedError(_REFUSED)
    parts.wakes.note(hook.tenant_id, hook.connector_id)
    return Response(status_code=HTTPStatus.ACCEPTED)


async def _opened(parts: Services, hook_id: str, request: Request, body: bytes) -> tuple[Hook, Arrival]:
    """The event and whose it is; an address that nobody has is answered like a signature that does not hold.

    A secret may have been rotated by another process just now, so a refusal is looked at twice.
    """
    headers, now = request.scope["headers"], parts.clock.now()
    hooks = parts.store.hooks
    hook = await hooks.find(hook_id)
    arrival = parts.signatures.opened(hook, headers, body, now)
    if arrival is None:
        newest = await hooks.find(hook_id, newest=True)
        if newest is not None and newest is not hook:
            hook, arrival = newest, parts.signatures.opened(newest, headers, body, now)
    if hook is None or arrival is None:
        raise UnauthenticatedError(_REFUSED)
    return hook, arrival
