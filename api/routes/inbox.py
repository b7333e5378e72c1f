"""A webhook's inbox: what waits, what was set aside and why, and the secret that its senders sign with."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request

from api.deps import Admin, Caller, Cursor, Editor, Limit, Svc, Viewer, page
from api.idempotency import IdempotencyKey, once
from api.openapi import guarded
from api.routes.connectors import ConnectorId
from api.schemas import Page, SecretRotated, SecretRotation
from api.shown import shown
from api.strict import StrictRoute
from api.trail import audit
from varlor.contracts.connector import Connector
from varlor.contracts.webhook import InboxEvent, InboxStatus, WebhookConfig
from varlor.errors import ConflictError

router = APIRouter(prefix="/connectors", tags=["webhooks"], route_class=StrictRoute)
_PLAIN: Final = SecretRotation()
EventId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


@router.get(
    "/{connectorId}/inbox",
    operation_id="list_inbox",
    summary="Events that are not in the dataset: waiting, or set aside with a reason; newest first",
    responses=guarded(404, 409, 422),
)
async def list_events(
    connectorId: ConnectorId,  # noqa: N803 - the name on the wire
    caller: Viewer,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[InboxStatus | None, Query()] = None,
) -> Page[InboxEvent]:
    await _webhook(caller, connectorId)
    return page(await caller.store.inbox.list(connectorId, limit=limit, cursor=cursor, status=status))


@router.post(
    "/{connectorId}/inbox/{eventId}/replay",
    status_code=HTTPStatus.ACCEPTED,
    operation_id="replay_event",
    summary="Try an event again that was set aside; it goes to the end of those that wait",
    responses=guarded(404, 409, 422),
    response_model=InboxEvent,
)
async def replay(
    connectorId: ConnectorId,  # noqa: N803 - the name on the wire
    eventId: EventId,  # noqa: N803 - the name on the wire
    request: Request,
    parts: Svc,
    caller: Editor,
    key: IdempotencyKey = None,
) -> InboxEvent | dict[str, Any]:
    await _webhook(caller, connectorId)

    async def act() -> InboxEvent:
        event = await caller.store.inbox.replay(connectorId, eventId)
        await audit(caller, "event.replayed", connector_id=connectorId, event=eventId)
        parts.wakes.note(caller.tenant_id, connectorId)
        return event

    return await once(caller, request, key, None, act, status=HTTPStatus.ACCEPTED)


@router.post(
    "/{connectorId}/webhook-secret/rotate",
    operation_id="rotate_webhook_secret",
    summary="A new secret, answered once; the one before stays valid for a grace time",
    responses=guarded(404, 409, 413, 422),
    response_model=SecretRotated,
)
async def rotate(
    connectorId: ConnectorId,  # noqa: N803 - the name on the wire
    request: Request,
    parts: Svc,
    caller: Admin,
    body: SecretRotation = _PLAIN,
    key: IdempotencyKey = None,
) -> SecretRotated | dict[str, Any]:
    connector = await _webhook(caller, connectorId)

    async def act() -> SecretRotated:
        style = (connector.webhook_config or WebhookConfig()).style
        made = None if body.webhook_secret else parts.signatures.new_secret(style)
        until = parts.clock.now() + timedelta(seconds=body.grace_seconds)
        secret = made or (body.webhook_secret.get_secret_value() if body.webhook_secret else "")
        await caller.store.inbox.rotate(connectorId, secret, former_until=until)
        await audit(caller, "webhook_secret.rotated", connector_id=connectorId)
        url = shown(parts, connector).webhook_url or ""
        return SecretRotated(webhook_url=url, webhook_secret=made, former_valid_until=until)

    return await once(caller, request, key, body, act, status=HTTPStatus.OK)


async def _webhook(caller: Caller, connector_id: str) -> Connector:
    connector = await caller.store.connectors.get(connector_id)
    if connector.hook_id is None:
        raise ConflictError("The connector's apiType is not webhook.")
    if connector.status == "deleting":
        raise ConflictError("The connector is being deleted.")
    return connector
