"""Outgoing notifications: where signed messages go, what became of them, and one to try it out."""

import uuid
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from api.deps import Admin, Cursor, Limit, Svc, page
from api.idempotency import IdempotencyKey, once
from api.notification_input import NotificationAccepted, NotificationInput, accepted
from api.openapi import guarded
from api.schemas import Page
from api.strict import StrictRoute
from api.trail import audit
from varlor.contracts.notification import TEST_EVENT, Notification, NotificationSettings, NotificationStatus
from varlor.errors import ConflictError

router = APIRouter(prefix="/notifications", tags=["notifications"], route_class=StrictRoute)


@router.get(
    "",
    operation_id="get_notifications",
    summary="Where notifications go, and how that is going",
    responses=guarded(),
)
async def get(caller: Admin) -> NotificationSettings:
    return await caller.store.notifications.settings()


@router.put(
    "",
    operation_id="set_notifications",
    summary="Send events to an address, signed (Standard Webhooks); `url` null turns it off",
    responses=guarded(413, 422),
)
async def configure(body: NotificationInput, parts: Svc, caller: Admin) -> NotificationSettings:
    target, secret = accepted(body, parts.judge)
    settings = await caller.store.notifications.configure(target, secret)
    await audit(caller, "notifications.set", state="on" if target.url else "off")
    if settings.pending:
        await parts.deliveries.wake(caller.tenant_id, at_once=True)
    return settings


@router.get(
    "/deliveries",
    operation_id="list_notification_deliveries",
    summary="What happened, newest first, and whether it was delivered",
    responses=guarded(422),
)
async def deliveries(
    caller: Admin,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[NotificationStatus | None, Query()] = None,
) -> Page[Notification]:
    return page(await caller.store.notifications.list(limit=limit, cursor=cursor, status=status))


@router.post(
    "/test",
    status_code=202,
    operation_id="test_notifications",
    summary="Send a message of type notification.test",
    responses=guarded(409, 422),
    response_model=NotificationAccepted,
)
async def send_test(
    request: Request, parts: Svc, caller: Admin, key: IdempotencyKey = None
) -> NotificationAccepted | dict[str, Any]:
    async def act() -> NotificationAccepted:
        outbox = caller.store.notifications
        if (await outbox.settings()).status in {"off", "disabled"}:
            raise ConflictError("Notifications are off: save an address first.")
        message_id = f"msg_{uuid.uuid4().hex}"
        await outbox.record(message_id, TEST_EVENT, {"actor": caller.actor})
        await parts.deliveries.wake(caller.tenant_id, at_once=True)
        await audit(caller, "notifications.tested")
        return NotificationAccepted(notification_id=message_id)

    return await once(caller, request, key, None, act, status=HTTPStatus.ACCEPTED)
