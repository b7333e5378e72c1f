"""Starts keep-token-fresh again where it is gone though a token is due: terminated, or lost by the engine."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from activities.token_trail import KEEPER
from varlor import names
from varlor.errors import VarlorError
from varlor.ports import Clock, OverdueToken, Store, TokenKeeper, Workflows

PATIENCE: Final = timedelta(minutes=2)  # within the reserve of a token of half an hour
EVERY: Final = 60.0  # seconds between two looks
BATCH: Final = 200  # tokens of one question
log: Final = structlog.get_logger()


class Keepers:
    def __init__(self, store: Store, workflows: Workflows, keeper: TokenKeeper, clock: Clock) -> None:
        self._store = store
        self._workflows = workflows
        self._keeper = keeper
        self._clock = clock

    async def sweep(self) -> None:
        """Look at every overdue token once; of those whose keeper lives, and is late, nothing is asked."""
        before, after = self._clock.now() - PATIENCE, None
        while found := await self._store.overdue_tokens(before, after=after, limit=BATCH):
            after: datetime | None = found[-1].due
            for token in found:
                await self._look_after(token)

    async def _look_after(self, token: OverdueToken) -> None:
        tenant, connector = token.tenant_id, token.connector_id
        if await self._workflows.is_open(names.keep_fresh_id(tenant, connector)):
            return
        log.warning("a token was due and its keeper is gone: started again", connector=connector)
        await self._store.tenant(tenant).audit.write(
            "token.keeper_restarted",
            actor=KEEPER,
            connector_id=connector,
            correlation_id=names.keep_fresh_id(tenant, connector),
            detail={"version": str(token.state.version)},
        )
        await self._keeper.token_stored(tenant, connector, token.state)

    async def forever(self) -> None:
        """Sweep again and again, until cancelled; several workers may, and agree."""
        while True:
            try:
                await self.sweep()
            except VarlorError as error:
                log.warning("overdue tokens could not be looked at", error=error.slug)
            await asyncio.sleep(EVERY)
