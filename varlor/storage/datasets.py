"""One tenant's datasets, and the lease that lets one run at a time write each of them."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from varlor.contracts.care import Promise
from varlor.contracts.dataset import Dataset, Freshness, TableFacts
from varlor.contracts.run import FINAL_STATUSES
from varlor.errors import ConflictError
from varlor.ports import Listing
from varlor.storage.columns import storable
from varlor.storage.ids import new_id
from varlor.storage.paging import page
from varlor.storage.schedules import follow
from varlor.storage.scope import Scope
from varlor.storage.tables import DatasetRow, RunRow

NOUN: Final = "dataset"
CARE_AFTER: Final = timedelta(hours=1)  # of a sync; until then more small files may come


class SqlDatasets:
    """DatasetRepository."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def create(self, name: str, *, connector_id: str | None) -> Dataset:
        now = self._scope.clock.now()
        row = DatasetRow(
            tenant_id=self._scope.tenant,
            id=new_id("dat", now),
            name=storable(name),
            connector_id=connector_id,
            facts=TableFacts().model_dump(mode="json"),
            created_at=now,
            updated_at=now,
        )
        try:
            async with self._scope.database.write() as session:
                session.add(row)
        except IntegrityError:
            raise _taken() from None
        return self._show(row)

    async def get(self, dataset_id: str) -> Dataset:
        async with self._scope.database.read() as session:
            return self._show(await self._row(session, dataset_id))

    async def find(self, name: str) -> Dataset | None:
        async with self._scope.database.read() as session:
            row = (await session.exec(self._scope.select(DatasetRow, col(DatasetRow.name) == name))).first()
        return None if row is None else self._show(row)

    async def list(self, *, limit: int, cursor: str | None) -> Listing[Dataset]:
        async with self._scope.database.read() as session:
            query = self._scope.select(DatasetRow)
            return await page(session, query, self._show, by=("created_at", "id"), limit=limit, cursor=cursor)

    async def rename(self, dataset_id: str, name: str) -> Dataset:
        try:
            async with self._scope.database.write() as session:
                row = await self._row(session, dataset_id, lock=True)
                former, row.name = row.name, storable(name)
                row.updated_at = self._scope.clock.now()
                await follow(self._scope, session, former, row.name)
                return self._show(row)
        except IntegrityError:
            raise _taken() from None

    async def promise(self, dataset_id: str, max_age: int | None) -> Dataset:
        async with self._scope.database.write() as session:
            row = await self._row(session, dataset_id, lock=True)
            row.max_age = max_age
            if max_age is None:
                row.stale_since = None
            _promised(row)
            return self._show(row)

    async def record_facts(self, dataset_id: str, facts: TableFacts, *, refreshed: bool = False) -> None:
        now = self._scope.clock.now()
        async with self._scope.database.write() as session:
            row = await self._row(session, dataset_id, lock=True)
            row.facts = facts.model_dump(mode="json", include=set(TableFacts.model_fields))
            row.updated_at = now
            row.maintain_at = min(row.maintain_at or now + CARE_AFTER, now + CARE_AFTER)
            if refreshed:
                row.refreshed_at = now
                _promised(row)

    async def record_maintenance(
        self, dataset_id: str, facts: TableFacts, *, next_at: datetime | None
    ) -> None:
        async with self._scope.database.write() as session:
            row = await self._row(session, dataset_id, lock=True)
            row.maintained_at, row.maintain_at = self._scope.clock.now(), next_at
            known = TableFacts.model_validate(row.facts)
            if (facts.version or 0) >= (known.version or 0):  # a run may have ended since they were read
                row.facts = facts.model_dump(mode="json", include=set(TableFacts.model_fields))

    async def turned(self, promise: Promise) -> None:
        still = [col(DatasetRow.id) == promise.dataset_id, col(DatasetRow.fresh_until) == promise.fresh_until]
        since = promise.fresh_until if promise.stale else None
        async with self._scope.database.write() as session:
            await session.exec(self._scope.update(DatasetRow, *still).values(stale_since=since))

    async def delete(self, dataset_id: str) -> None:
        """ConflictError while a run writes it."""
        unheld = or_(col(DatasetRow.lease_run_id).is_(None), self._holder_ended())
        statement = self._scope.delete(DatasetRow, col(DatasetRow.id) == dataset_id, unheld)
        async with self._scope.database.write() as session:
            if not (await session.exec(statement)).rowcount:
                await self._row(session, dataset_id)
                raise ConflictError("A run is writing this dataset; cancel it or wait for its end.")

    async def lease(self, dataset_id: str, run_id: str) -> str:
        held = col(DatasetRow.lease_run_id)
        free = or_(held.is_(None), held == run_id, self._holder_ended())
        take = self._scope.update(DatasetRow, col(DatasetRow.id) == dataset_id, free)
        values = {"lease_run_id": run_id, "lease_since": self._scope.clock.now()}
        async with self._scope.database.write() as session:
            if (await session.exec(take.values(values))).rowcount:
                return run_id
            holder = (await self._row(session, dataset_id, lock=True)).lease_run_id
        return holder or await self.lease(dataset_id, run_id)  # released between the two statements

    async def writer(self, dataset_id: str) -> str | None:
        held = self._scope.select(DatasetRow, col(DatasetRow.id) == dataset_id, ~self._holder_ended())
        async with self._scope.database.read() as session:
            row = (await session.exec(held)).first()
        return None if row is None else row.lease_run_id

    async def release(self, dataset_id: str, run_id: str) -> str | None:
        where = [col(DatasetRow.id) == dataset_id, col(DatasetRow.lease_run_id) == run_id]
        waiting = [
            col(RunRow.dataset_id) == dataset_id,
            col(RunRow.status) == "queued",
            col(RunRow.origin) == "api",  # a schedule's are skipped, and an inbox's looks by itself
            col(RunRow.id) != run_id,
        ]
        oldest = (
            self._scope.select(RunRow, *waiting).order_by(col(RunRow.created_at), col(RunRow.id)).limit(1)
        )
        async with self._scope.database.write() as session:
            statement = self._scope.update(DatasetRow, *where)
            await session.exec(statement.values(lease_run_id=None, lease_since=None))
            run = (await session.exec(oldest)).first()
        return None if run is None else run.id

    def _holder_ended(self) -> ColumnElement[bool]:
        holder = and_(self._scope.mine(RunRow), col(RunRow.id) == col(DatasetRow.lease_run_id))
        return exists().where(holder, col(RunRow.status).in_(FINAL_STATUSES))

    async def _row(self, session: AsyncSession, dataset_id: str, *, lock: bool = False) -> DatasetRow:
        return await self._scope.one(session, NOUN, DatasetRow, col(DatasetRow.id) == dataset_id, lock=lock)

    def _show(self, row: DatasetRow) -> Dataset:
        facts = TableFacts.model_validate(row.facts)
        return Dataset.model_validate(
            {
                **facts.model_dump(by_alias=False),
                "id": row.id,
                "name": row.name,
                "connector_id": row.connector_id,
                "location": self._scope.locate(self._scope.tenant, row.id),
                "freshness": _freshness(row, self._scope.clock.now()),
                "refreshed_at": row.refreshed_at,
                "maintained_at": row.maintained_at,
                "created_at": row.created_at,
                "updated_at": row.updated_at,
            }
        )


def _promised(row: DatasetRow) -> None:
    """When the promise breaks, counted from the last success, or from when the dataset was made."""
    if row.max_age is None:
        row.fresh_until = None
        return
    row.fresh_until = (row.refreshed_at or row.created_at) + timedelta(seconds=row.max_age)


def _freshness(row: DatasetRow, now: datetime) -> Freshness | None:
    """Judged at the moment of asking; the sweep that tells of it comes later."""
    if row.max_age is None or row.fresh_until is None:
        return None
    age = now - (row.refreshed_at or row.created_at)
    stale = row.fresh_until < now
    return Freshness(
        max_age=row.max_age,
        age=max(0, int(age.total_seconds())),
        stale=stale,
        since=row.fresh_until if stale else None,
    )


def _taken() -> ConflictError:
    return ConflictError("A dataset of this name exists already.")
