"""Outgoing notifications: where a tenant wants to be told of what, and what became of each message."""

from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field

from varlor.contracts.connector import Url
from varlor.contracts.model import Id, Model, UtcTime

EventType = Literal[
    "dataset.updated",
    "run.failed",
    "run.recovered",
    "dataset.stale",
    "dataset.fresh",
    "connector.needs_reauth",
]
EVENT_TYPES: Final = frozenset[str](get_args(EventType))
TEST_EVENT: Final = "notification.test"
NotificationStatus = Literal["unsent", "pending", "delivered", "failed"]


class NotificationTarget(Model):
    """Where signed messages go, and for which events. Without a `url` nothing is sent."""

    url: Url | None = None
    events: Annotated[list[EventType], Field(max_length=16)] = []


class NotificationSettings(NotificationTarget):
    """The target as the API shows it; its secret is never part of it.

    `failing`: the newest attempt failed, `lastError` says how, and it goes on. `disabled`: the receiver
    answered 410 (gone); saving the settings again enables it.
    """

    status: Literal["off", "active", "failing", "disabled"] = "off"
    pending: int = 0
    failing_since: UtcTime | None = None
    last_error: str | None = None
    updated_at: UtcTime | None = None


class Notification(Model):
    """One message: `id` is its `webhook-id`, the same at every attempt.

    `unsent`: nobody wanted it when it happened. `failed`: given up after a day, or the receiver was gone.
    """

    id: Id
    type: str
    data: dict[str, Any]
    status: NotificationStatus
    attempts: int = 0
    created_at: UtcTime
    next_attempt_at: UtcTime | None = None
    delivered_at: UtcTime | None = None
    error: str | None = None
