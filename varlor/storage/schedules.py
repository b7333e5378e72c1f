"""One tenant's schedules: what they do; when they do it is the workflow engine's."""

from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from varlor.contracts.schedule import ScheduleSettings, StoredSchedule
from varlor.errors import NotFoundError
from varlor.ports import Listing
from varlor.storage.ids import new_id
from varlor.storage.paging import page
from varlor.storage.scope import Scope
from varlor.storage.tables import ScheduleRow

NOUN: Final = "schedule"


class SqlSchedules:
    """ScheduleRepository."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def create(self, schedule: ScheduleSettings) -> StoredSchedule:
        now = self._scope.clock.now()
        row = ScheduleRow(
            tenant_id=self._scope.tenant,
            id=new_id("sch", now),
            connector_id=schedule.connector_id,
            settings=_plain(schedule),
            created_at=now,
            updated_at=now,
        )
        try:
            async with self._scope.database.write() as session:
                session.add(row)
        except IntegrityError:
            raise NotFoundError("No such connector.") from None
        return _show(row)

    async def get(self, schedule_id: str) -> StoredSchedule:
        async with self._scope.database.read() as session:
            return _show(await self._row(session, schedule_id))

    async def list(
        self, *, limit: int, cursor: str | None, connector_id: str | None = None
    ) -> Listing[StoredSchedule]:
        where = [] if connector_id is None else [col(ScheduleRow.connector_id) == connector_id]
        async with self._scope.database.read() as session:
            query = self._scope.select(ScheduleRow, *where)
            return await page(session, query, _show, by=("created_at", "id"), limit=limit, cursor=cursor)

    async def update(self, schedule_id: str, schedule: ScheduleSettings) -> StoredSchedule:
        async with self._scope.database.write() as session:
            row = await self._row(session, schedule_id, lock=True)
            row.settings = _plain(schedule.model_copy(update={"connector_id": row.connector_id}))
            row.updated_at = self._scope.clock.now()
            return _show(row)

    async def delete(self, schedule_id: str) -> None:
        async with self._scope.database.write() as session:
            await session.delete(await self._row(session, schedule_id, lock=True))

    async def _row(self, session: AsyncSession, schedule_id: str, *, lock: bool = False) -> ScheduleRow:
        return await self._scope.one(
            session, NOUN, ScheduleRow, col(ScheduleRow.id) == schedule_id, lock=lock
        )


async def follow(scope: Scope, session: AsyncSession, former: str, name: str) -> None:
    """Schedules that name a dataset go on writing it under its new name."""
    for row in await session.exec(scope.select(ScheduleRow).with_for_update()):
        fetch = row.settings["fetch"]
        if fetch["dataset"]["name"] == former:
            dataset = {**fetch["dataset"], "name": name}
            row.settings = {**row.settings, "fetch": {**fetch, "dataset": dataset}}


def _plain(schedule: ScheduleSettings) -> dict[str, object]:
    return schedule.model_dump(mode="json", include=set(ScheduleSettings.model_fields))


def _show(row: ScheduleRow) -> StoredSchedule:
    kept = {"id": row.id, "created_at": row.created_at, "updated_at": row.updated_at}
    return StoredSchedule.model_validate({**row.settings, **kept})
