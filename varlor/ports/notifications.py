"""Telling the outside: a durable outbox of messages, and who sends them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import SecretStr

from varlor.contracts.notification import (
    Notification,
    NotificationSettings,
    NotificationStatus,
    NotificationTarget,
)
from varlor.ports.time_and_lists import Listing


@dataclass(frozen=True, slots=True, repr=False)
class OutgoingNotification:
    """The next message with all that sending it takes. `failures`: attempts in a row that failed before."""

    message: Notification
    url: str
    secret: SecretStr
    failures: int


@dataclass(frozen=True, slots=True)
class SendResult:
    """What the receiver said: `error` None means taken. `gone`: it wants no more (HTTP 410).

    `retry_after`: the wait it asked for, seconds, clamped.
    """

    error: str | None = None
    gone: bool = False
    retry_after: float | None = None


class NotificationSender(Protocol):
    """Sends one signed message to where a tenant points."""

    async def send(self, outgoing: OutgoingNotification) -> SendResult:
        """One attempt; whatever the receiver does is the answer, not an error."""
        ...


class NotificationRepository(Protocol):
    """One tenant's target and outbox."""

    async def settings(self) -> NotificationSettings: ...
    async def configure(self, target: NotificationTarget, secret: SecretStr | None) -> NotificationSettings:
        """Replace the target; `secret` None keeps the stored one, InvalidInputError when there is none."""
        ...

    async def record(
        self, message_id: str, type_: str, data: dict[str, Any]
    ) -> tuple[bool, NotificationStatus]:
        """Note what happened, once for each id: whether it was new, and whether it is to be sent."""
        ...

    async def next(self) -> OutgoingNotification | None:
        """The oldest message that is to be sent; SealError when its secret does not open."""
        ...

    async def delivered(self, message_id: str) -> None: ...
    async def missed(self, message_id: str, error: str, *, next_attempt_at: datetime) -> None:
        """An attempt failed; what has been waiting for longer than a day is given up."""
        ...

    async def disable(self, message_id: str, url: str, error: str) -> None:
        """The receiver of that message is gone: nothing more is sent until the target is saved again.

        Nothing happens when another address than `url` has been saved meanwhile.
        """
        ...

    async def list(
        self, *, limit: int, cursor: str | None, status: NotificationStatus | None = None
    ) -> Listing[Notification]: ...


class Deliveries(Protocol):
    """The workflow that empties a tenant's outbox."""

    async def wake(self, tenant: str, *, at_once: bool = False) -> None:
        """There is something to send; PartUnavailableError when Temporal is away.

        `at_once`: also when a receiver that was down is being waited for.
        """
        ...
