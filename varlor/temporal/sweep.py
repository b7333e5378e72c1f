"""Looks for inboxes whose events wait though nobody drains them: a word that was lost costs half a minute."""

import asyncio
from contextlib import suppress
from typing import Final

import structlog

from varlor.errors import VarlorError
from varlor.ports import Drains, Store

SWEEP_SECONDS: Final = 30.0
log: Final = structlog.get_logger()


async def sweep_inboxes(store: Store, drains: Drains, seconds: float = SWEEP_SECONDS) -> None:
    """Wake the drain of every inbox that is not empty, again and again; ends with its task alone."""
    while True:
        with suppress(VarlorError):  # a part is away: the next look is soon
            for inbox in await store.waiting_inboxes():
                await drains.wake(inbox.tenant_id, inbox.connector_id)
        await asyncio.sleep(seconds)
