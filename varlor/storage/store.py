"""The database as the rest of the house sees it: the only way in is through a tenant."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import exists
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col, select

from varlor.contracts.care import DatasetRef, Promise
from varlor.contracts.messages import ResealProgress
from varlor.contracts.run import Run
from varlor.ports import Clock, InboxRef, OverdueToken
from varlor.storage.audit import SqlAudit
from varlor.storage.connectors import SqlConnectors
from varlor.storage.database import Database
from varlor.storage.datasets import SqlDatasets
from varlor.storage.grants import SqlGrants
from varlor.storage.hooks import SqlHooks
from varlor.storage.idempotency import SqlIdempotency
from varlor.storage.inbox import SqlInbox
from varlor.storage.notifications import SqlNotifications
from varlor.storage.resealing import Resealing
from varlor.storage.runs import SqlRuns, open_runs
from varlor.storage.schedules import SqlSchedules
from varlor.storage.scope import Encryption, Scope
from varlor.storage.starts import SqlStarts
from varlor.storage.sweeping import Sweeping
from varlor.storage.tables import InboxEventRow, InboxRow


class SqlTenantStore:
    """One tenant's repositories."""

    def __init__(self, scope: Scope) -> None:
        self.connectors = SqlConnectors(scope)
        self.grants = SqlGrants(scope)
        self.runs = SqlRuns(scope)
        self.schedules = SqlSchedules(scope)
        self.datasets = SqlDatasets(scope)
        self.notifications = SqlNotifications(scope)
        self.inbox = SqlInbox(scope)
        self.audit = SqlAudit(scope)
        self.starts = SqlStarts(scope, self.runs)
        self.idempotency = SqlIdempotency(scope)


class SqlStore:
    """Store over an engine that the caller made and disposes of."""

    def __init__(
        self, engine: AsyncEngine, encryption: Encryption, clock: Clock, locate: Callable[[str, str], str]
    ) -> None:
        """Take `locate` to answer a dataset's address from tenant and dataset id (`Datasets.location`)."""
        self._database = Database(engine)
        self._encryption = encryption
        self._clock = clock
        self._locate = locate
        self._resealing = Resealing(self._database, encryption)
        self.hooks = SqlHooks(self._database, self._scope)
        self._sweeping = Sweeping(self._database)

    def tenant(self, tenant_id: str) -> SqlTenantStore:
        return SqlTenantStore(self._scope(tenant_id))

    def _scope(self, tenant_id: str) -> Scope:
        return Scope(tenant_id, self._database, self._encryption, self._clock, self._locate)

    async def waiting_inboxes(self) -> Sequence[InboxRef]:
        waiting = exists().where(
            col(InboxEventRow.tenant_id) == col(InboxRow.tenant_id),
            col(InboxEventRow.connector_id) == col(InboxRow.connector_id),
            col(InboxEventRow.status) == "waiting",
        )
        query = select(InboxRow.tenant_id, InboxRow.connector_id).where(waiting)
        async with self._database.read() as session:
            return [InboxRef(tenant, connector) for tenant, connector in await session.exec(query)]

    async def ping(self) -> None:
        await self._database.ping()

    async def open_runs(
        self, *, created_before: datetime, after: tuple[str, str] | None, limit: int
    ) -> Sequence[tuple[str, Run]]:
        return await open_runs(self._database, created_before=created_before, after=after, limit=limit)

    async def reseal_batch(self, after: str | None, limit: int) -> ResealProgress:
        return await self._resealing.batch(after, limit)

    async def key_usage(self) -> Mapping[str, int]:
        return await self._resealing.usage()

    async def promises_turned(self, now: datetime, limit: int) -> list[Promise]:
        return await self._sweeping.promises(now, limit)

    async def care_due(self, now: datetime, limit: int) -> list[DatasetRef]:
        return await self._sweeping.care_due(now, limit)

    async def overdue_tokens(
        self, before: datetime, *, after: datetime | None, limit: int
    ) -> list[OverdueToken]:
        return await self._sweeping.overdue_tokens(before, after=after, limit=limit)

    async def forget_notifications(self, before: datetime) -> None:
        await self._sweeping.forget_notifications(before)

    async def lost_keys(self) -> Mapping[str, int]:
        """Keys under which no stored value opens, missing or another one of that name, with their rows."""
        return await self._resealing.lost()

    async def check_keys(self) -> None:
        """Refuse to start without a key that is needed: InvalidInputError names the key.

        Also when a given key is not the one of that name that sealed what is stored.
        """
        await self._resealing.check()
