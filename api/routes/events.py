"""The tenant's live events as server-sent events; a reader resumes by Last-Event-ID."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Final

from fastapi import APIRouter, Header, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.deps import Svc, Viewer
from api.door import identify
from api.openapi import guarded
from varlor.contracts.notification import EVENT_TYPES
from varlor.contracts.run import Event
from varlor.errors import PartUnavailableError, VarlorError

router = APIRouter(tags=["events"])
PING_SECONDS: Final = 15
LOOK_SECONDS: Final = 5.0  # whether the reader may still read
_RETRY_MS: Final = 2000
_STREAM: Final = {
    200: {
        "description": "Events: `run.changed`, `run.finished`, `connection.changed`, `token.changed`, "
        "and those that notifications carry: " + ", ".join(f"`{name}`" for name in sorted(EVENT_TYPES)),
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/events",
    operation_id="stream_events",
    summary="Run progress and connection changes, as they happen",
    response_class=EventSourceResponse,
    responses=_STREAM | guarded(422),
)
async def events(
    request: Request,
    parts: Svc,
    caller: Viewer,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", max_length=64, description="where the reader stopped")
    ] = None,
) -> EventSourceResponse:
    """Ends with the caller's token, and soon after a sign-out, so that nobody reads on after being let go."""
    stream = parts.events.subscribe(caller.tenant_id, last_event_id)

    async def left() -> float:
        try:
            who = await identify(parts, request.method, request.headers)
        except PartUnavailableError:  # whoever knows them is away, which lets nobody go
            who = caller.identity
        except VarlorError:
            return 0.0
        return (who.expires_at - parts.clock.now()).total_seconds()

    messages = _messages(stream, left)
    return EventSourceResponse(messages, ping=PING_SECONDS, headers={"Cache-Control": "no-store"})


async def _messages(
    stream: AsyncIterator[Event], left: Callable[[], Awaitable[float]]
) -> AsyncIterator[ServerSentEvent]:
    """`left`: seconds for which the caller may still read, asked for again while nothing comes."""
    yield ServerSentEvent(comment="open", retry=_RETRY_MS)
    coming = asyncio.ensure_future(anext(stream, None))
    try:
        while (seconds := await left()) > 0:
            await asyncio.wait({coming}, timeout=min(seconds, LOOK_SECONDS))
            if not coming.done():
                continue
            event = coming.result()
            if event is None:
                return
            yield ServerSentEvent(data=json.dumps(event.data), id=event.id, event=event.type)
            coming = asyncio.ensure_future(anext(stream, None))
    finally:
        coming.cancel()
