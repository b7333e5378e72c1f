"""What is due in all tenants at once: promises of freshness to judge, tables to look after, old messages."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, delete, exists, or_
from sqlmodel import col, select

from varlor.contracts.care import DatasetRef, Promise
from varlor.ports import OverdueToken
from varlor.storage.database import Database
from varlor.storage.grants import state_of
from varlor.storage.tables import ConnectorRow, DatasetRow, GrantRow, NotificationRow

CLAIM: Final = timedelta(hours=1)  # until a dataset whose maintenance failed is due again


class Sweeping:
    """Each question is one statement over an index, however many datasets there are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def promises(self, now: datetime, limit: int) -> list[Promise]:
        """Promises that were broken, or are kept again, since somebody last looked."""
        until, since = col(DatasetRow.fresh_until), col(DatasetRow.stale_since)
        turned = or_(and_(since.is_(None), until < now), and_(since.is_not(None), until >= now))
        query = select(DatasetRow).where(until.is_not(None), turned).order_by(until).limit(limit)
        async with self._database.read() as session:
            return [_promise(row, now) for row in (await session.exec(query)).all()]

    async def care_due(self, now: datetime, limit: int) -> list[DatasetRef]:
        """Datasets to look after; they are not named again within the hour."""
        due = select(DatasetRow).where(col(DatasetRow.maintain_at) <= now)
        due = due.order_by(col(DatasetRow.maintain_at)).limit(limit).with_for_update(skip_locked=True)
        async with self._database.write() as session:
            rows = (await session.exec(due)).all()
            for row in rows:
                row.maintain_at = now + CLAIM
            return [DatasetRef(tenant_id=row.tenant_id, dataset_id=row.id) for row in rows]

    async def overdue_tokens(
        self, before: datetime, *, after: datetime | None, limit: int
    ) -> list[OverdueToken]:
        due = col(GrantRow.next_refresh_at)
        kept = and_(
            col(ConnectorRow.tenant_id) == col(GrantRow.tenant_id),
            col(ConnectorRow.id) == col(GrantRow.connector_id),
            col(ConnectorRow.status) != "deleting",
        )
        query = select(GrantRow, due).where(due < before, exists().where(kept)).order_by(due).limit(limit)
        if after is not None:
            query = query.where(due > after)
        async with self._database.read() as session:
            return [
                OverdueToken(row.tenant_id, row.connector_id, state_of(row), at)
                for row, at in (await session.exec(query)).all()
                if at is not None
            ]

    async def forget_notifications(self, before: datetime) -> None:
        old = and_(col(NotificationRow.created_at) < before, col(NotificationRow.status) != "pending")
        async with self._database.write() as session:
            await session.exec(delete(NotificationRow).where(old))


def _promise(row: DatasetRow, now: datetime) -> Promise:
    if row.fresh_until is None:
        raise AssertionError
    return Promise(
        tenant_id=row.tenant_id,
        dataset_id=row.id,
        fresh_until=row.fresh_until,
        stale_since=row.stale_since,
        stale=row.fresh_until < now,
    )
