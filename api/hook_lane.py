"""Good events in a lane of their own, without what other requests need: routing, dependencies, a log line.

It answers 202 alone. Whatever is not a whole, well signed, stored event goes on to the route as it came.
"""

import asyncio
import secrets
import time
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.door import PREFIX
from api.middleware import CORRELATION_HEADER, MAX_BODY_BYTES, SAFE_HEADERS, Observe
from api.services import Services
from varlor.errors import VarlorError

_PLACE: Final = f"{PREFIX}/hooks/"
_ROUTE: Final = "/hooks/{hookId}"
_TOLD: Final = {**SAFE_HEADERS, "Content-Length": "0"}
_ACCEPTED: Final = [(name.lower().encode(), value.encode()) for name, value in _TOLD.items()]
BODY_SECONDS: Final = 10.0


class HookLane:
    """The outermost middleware; counts what it answers like any other request."""

    def __init__(self, app: ASGIApp, observe: Observe) -> None:
        self._app = app
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        first = await _first(receive) if _is_hook(scope) else None
        if first is None:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        whole = first["type"] == "http.request" and not first.get("more_body", False)
        if not whole or not await _took(scope["app"].state.services, scope, first.get("body", b"")):
            await self._app(scope, _again(first, receive), send)
            return
        told = [*_ACCEPTED, (CORRELATION_HEADER.lower().encode(), secrets.token_hex(16).encode())]
        await send({"type": "http.response.start", "status": 202, "headers": told})
        await send({"type": "http.response.body", "body": b""})
        self._observe("POST", _ROUTE, 202, time.perf_counter() - started)


def _is_hook(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith(_PLACE):
        return False
    announced = Headers(scope=scope).get("content-length", "")
    return announced.isdigit() and int(announced) <= MAX_BODY_BYTES


async def _first(receive: Receive) -> Message | None:
    """The body's first part, which is mostly the whole; None when it does not come."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await receive()
    except TimeoutError:
        return None


async def _took(parts: Services, scope: Scope, body: bytes) -> bool:
    try:
        hook = await parts.store.hooks.find(scope["path"].removeprefix(_PLACE))
        arrival = parts.signatures.opened(hook, scope["headers"], body, parts.clock.now())
        if hook is None or arrival is None or arrival.challenge is not None:
            return False
        if not await parts.store.hooks.accept(hook, arrival):
            return False
    except VarlorError:  # the route says which
        return False
    parts.wakes.note(hook.tenant_id, hook.connector_id)
    return True


def _again(first: Message, receive: Receive) -> Receive:
    """The same body for the route, from its first part on."""
    kept = [first]

    async def replay() -> Message:
        return kept.pop() if kept else await receive()

    return replay
