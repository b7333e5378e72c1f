"""Empties a tenant's outbox message by message; waits for a receiver belong to the workflow."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from time import monotonic
from typing import Final

from temporalio import activity

from activities.failures import translated
from varlor.contracts.care import DeliveryOutcome, TenantRef
from varlor.ports import Clock, NotificationSender, OutgoingNotification, SendResult, Store

BATCH_SECONDS: Final = 20.0
FIRST_WAIT: Final = 5.0  # seconds after a failed attempt; three times as long after each further one
LONGEST_WAIT: Final = 3_600.0


class DeliveryActivities:
    def __init__(self, store: Store, sender: NotificationSender, clock: Clock) -> None:
        self._store = store
        self._sender = sender
        self._clock = clock
        self._random = Random()  # noqa: S311 - it spreads waits, it guards nothing

    def each(self) -> Sequence[Callable[..., object]]:
        """What a worker registers."""
        return [self.deliver_notifications]

    @activity.defn
    @translated
    async def deliver_notifications(self, order: TenantRef) -> DeliveryOutcome:
        """Send what waits, oldest first, until there is nothing left, one fails, or 20 s are over."""
        outbox = self._store.tenant(order.tenant_id).notifications
        sent, ends_at = 0, monotonic() + BATCH_SECONDS
        while monotonic() < ends_at:
            waiting = await outbox.next()
            if waiting is None:
                return DeliveryOutcome(sent=sent, empty=True)
            activity.heartbeat(sent)
            result = await self._sender.send(waiting)
            if result.gone:
                await outbox.disable(waiting.message.id, waiting.url, result.error or "")
                return DeliveryOutcome(sent=sent, empty=True, error=result.error)
            if result.error is not None:
                seconds = self._wait_after(waiting, result)
                at = self._clock.now() + timedelta(seconds=seconds)
                await outbox.missed(waiting.message.id, result.error, next_attempt_at=at)
                return DeliveryOutcome(sent=sent, wait_seconds=seconds, error=result.error)
            await outbox.delivered(waiting.message.id)
            sent += 1
        return DeliveryOutcome(sent=sent)

    def _wait_after(self, waiting: OutgoingNotification, result: SendResult) -> float:
        step = min(LONGEST_WAIT, FIRST_WAIT * 3.0 ** min(waiting.failures, 10))
        return max(step * self._random.uniform(0.5, 1.0), result.retry_after or 0.0)
