"""The tenant's live events as server-sent events; a reader resumes by Last-Event-ID."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Final

import anyio
from fastapi import APIRouter, Header
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.deps import Svc, Viewer
from api.openapi import guarded
from varlor.contracts.notification import EVENT_TYPES
from varlor.contracts.run import Event
from varlor.ports import Clock

router = APIRouter(tags=["events"])
PING_SECONDS: Final = 15
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
    parts: Svc,
    caller: Viewer,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", max_length=64, description="where the reader stopped")
    ] = None,
) -> EventSourceResponse:
    """Ends when the caller's token or session does, so that nobody reads on after being let go."""
    stream = parts.events.subscribe(caller.tenant_id, last_event_id)
    messages = _messages(stream, caller.identity.expires_at, parts.clock)
    return EventSourceResponse(messages, ping=PING_SECONDS, headers={"Cache-Control": "no-store"})


async def _messages(
    stream: AsyncIterator[Event], until: datetime, clock: Clock
) -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(comment="open", retry=_RETRY_MS)
    while True:
        left = (until - clock.now()).total_seconds()
        event: Event | None = None
        with anyio.move_on_after(max(left, 0)):
            event = await anext(stream, None)
        if event is None:
            return
        yield ServerSentEvent(data=json.dumps(event.data), id=event.id, event=event.type)
