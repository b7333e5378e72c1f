"""What happened to a tenant's data is told once: to whoever watches `/events`, and into the outbox."""

import hashlib
from contextlib import suppress
from typing import Any

from varlor.contracts.notification import EventType
from varlor.errors import PartUnavailableError
from varlor.ports import Deliveries, Events, Store


class Herald:
    def __init__(self, store: Store, events: Events, deliveries: Deliveries) -> None:
        self._store = store
        self._events = events
        self._deliveries = deliveries

    async def tell(self, tenant_id: str, type_: EventType, key: str, data: dict[str, Any]) -> None:
        """Tell it, unless it has been told: `key` says what makes it the same event again.

        Called again after a crash it goes on where it was. PartUnavailableError when it may be lost.
        """
        digest = hashlib.sha256(f"{type_} {key}".encode()).hexdigest()[:32]
        outbox = self._store.tenant(tenant_id).notifications
        fresh, status = await outbox.record(f"msg_{digest}", type_, data)
        if fresh:
            with suppress(PartUnavailableError):
                await self._events.publish(tenant_id, type_, data)
        if status == "pending":
            await self._deliveries.wake(tenant_id)
