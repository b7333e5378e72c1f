"""One tenant's runs: their visible state, their numbers and the log of their requests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import exists, func, literal, or_, tuple_
from sqlalchemy import select as select_value
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from varlor import names
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.model import Model
from varlor.contracts.run import (
    FINAL_STATUSES,
    Counters,
    Origin,
    RequestLogEntry,
    Run,
    RunError,
    RunStatus,
    SchemaChange,
)
from varlor.ports import Listing
from varlor.storage.columns import UtcDateTime
from varlor.storage.database import Database
from varlor.storage.paging import page
from varlor.storage.scope import Scope
from varlor.storage.tables import OPEN, ConnectorRow, RunRequestRow, RunRow

NOUN: Final = "run"
_FIRST_BAD_STATUS: Final = 400


class SqlRuns:
    """RunRepository."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def create(
        self,
        run_id: str,
        *,
        connector_id: str,
        dataset_id: str,
        request: FetchRequest,
        origin: Origin,
        schedule_id: str | None = None,
        workflow_id: str | None = None,
    ) -> Run:
        fields = {
            "id": run_id,
            "connector_id": connector_id,
            "dataset_id": dataset_id,
            "origin": origin,
            "schedule_id": schedule_id,
            "workflow_id": workflow_id,
            "status": "queued",
            "request": request.model_dump(mode="json"),
            "created_at": self._scope.clock.now(),
        }
        statement = self._scope.database.insert(RunRow).on_conflict_do_nothing()
        async with self._scope.database.write() as session:
            plainly = await session.connection()  # the ORM would take longer than all else here
            added = await plainly.execute(statement, {**fields, "tenant_id": self._scope.tenant})
            if added.rowcount == 1:  # a driver that does not count says -1
                return Run.model_validate({**fields, "workflow_id": workflow_id or self._workflow(run_id)})
            return self._show(await self._row(session, run_id))

    async def get(self, run_id: str) -> Run:
        async with self._scope.database.read() as session:
            return self._show(await self._row(session, run_id))

    async def find(self, run_id: str) -> Run | None:
        async with self._scope.database.read() as session:
            row = (await session.exec(self._scope.select(RunRow, col(RunRow.id) == run_id))).first()
        return None if row is None else self._show(row)

    async def list(
        self,
        *,
        limit: int,
        cursor: str | None,
        connector_id: str | None = None,
        dataset_id: str | None = None,
        schedule_id: str | None = None,
        status: RunStatus | None = None,
    ) -> Listing[Run]:
        wanted = {
            RunRow.connector_id: connector_id,
            RunRow.dataset_id: dataset_id,
            RunRow.schedule_id: schedule_id,
            RunRow.status: status,
        }
        where = [col(column) == value for column, value in wanted.items() if value is not None]
        async with self._scope.database.read() as session:
            query = self._scope.select(RunRow, *where)
            return await page(session, query, self._show, by=("created_at", "id"), limit=limit, cursor=cursor)

    async def mark(
        self,
        run_id: str,
        status: RunStatus,
        *,
        resume_at: datetime | None = None,
        error: RunError | None = None,
    ) -> Run:
        values: dict[str, Any] = {"status": status, "resume_at": resume_at, "error": _plain(error)}
        return await self._change(run_id, values | self._times(status))

    async def count(self, run_id: str, counters: Counters) -> Run:
        return await self._change(run_id, counters.model_dump(include=set(Counters.model_fields)))

    async def _change(self, run_id: str, values: dict[str, Any]) -> Run:
        """Change a run that has not ended; answer it in either case."""
        open_ = [col(RunRow.id) == run_id, col(RunRow.status).not_in(FINAL_STATUSES)]
        async with self._scope.database.write() as session:
            await session.exec(self._scope.update(RunRow, *open_).values(values))
            return self._show(await self._row(session, run_id))

    def _times(self, status: RunStatus) -> dict[str, Any]:
        now = literal(self._scope.clock.now(), UtcDateTime())
        if status == "running":
            return {"started_at": func.coalesce(col(RunRow.started_at), now)}
        return {"finished_at": now} if status in FINAL_STATUSES else {}

    async def set_rate(self, run_id: str, requests_per_minute: int | None) -> Run:
        async with self._scope.database.write() as session:
            row = await self._row(session, run_id, lock=True)
            row.requests_per_minute = requests_per_minute
            return self._show(row)

    async def record(
        self, run_id: str, *, notes: Sequence[str] = (), changes: Sequence[SchemaChange] = ()
    ) -> None:
        plain = [change.model_dump(mode="json") for change in changes]
        async with self._scope.database.write() as session:
            row = await self._row(session, run_id, lock=True)
            row.notes = _joined(row.notes, notes)
            row.schema_changes = _joined(row.schema_changes, plain)

    async def append_requests(self, run_id: str, entries: Sequence[RequestLogEntry]) -> None:
        rows = [self._logged(run_id, entry) for entry in entries]
        statement = self._scope.database.insert(RunRequestRow).on_conflict_do_nothing()
        async with self._scope.database.write() as session:
            await self._row(session, run_id)
            if rows:
                await session.exec(statement, params=rows)

    def _logged(self, run_id: str, entry: RequestLogEntry) -> dict[str, Any]:
        bad_status = entry.status is not None and entry.status >= _FIRST_BAD_STATUS
        return {
            "tenant_id": self._scope.tenant,
            "run_id": run_id,
            "time": entry.time,
            "seq": entry.seq,
            "failed": bad_status or entry.error is not None,
            "status": entry.status,
            "entry": entry.model_dump(mode="json"),
        }

    async def requests(
        self,
        run_id: str,
        *,
        limit: int,
        cursor: str | None,
        failed_only: bool = False,
        statuses: range | None = None,
    ) -> Listing[RequestLogEntry]:
        where = [col(RunRequestRow.run_id) == run_id]
        if failed_only:
            where.append(col(RunRequestRow.failed).is_(True))
        if statuses is not None:
            answered = col(RunRequestRow.status).between(statuses.start, statuses.stop - 1)
            where.append(answered if statuses else col(RunRequestRow.status).is_(None))
        async with self._scope.database.read() as session:
            await self._row(session, run_id)
            query = self._scope.select(RunRequestRow, *where)
            return await page(session, query, _entry, by=("time", "seq"), limit=limit, cursor=cursor)

    async def active_since(
        self, connector_id: str, since: datetime, *, before: datetime | None = None
    ) -> bool:
        """Tell so for a run that has started and not ended before `since`, and for a test since then."""
        run = [
            col(RunRow.connector_id) == connector_id,
            col(RunRow.started_at).is_not(None),
            or_(col(RunRow.finished_at).is_(None), col(RunRow.finished_at) >= since),
        ]
        if before is not None:
            run.append(col(RunRow.started_at) < before)
        check = [col(ConnectorRow.id) == connector_id, col(ConnectorRow.last_check_at) >= since]
        runs = exists().where(self._scope.mine(RunRow), *run)
        checks = exists().where(self._scope.mine(ConnectorRow), *check)
        async with self._scope.database.read() as session:
            return bool(await session.scalar(select_value(or_(runs, checks))))

    async def _row(self, session: AsyncSession, run_id: str, *, lock: bool = False) -> RunRow:
        return await self._scope.one(session, NOUN, RunRow, col(RunRow.id) == run_id, lock=lock)

    def _show(self, row: RunRow) -> Run:
        return shown(row)

    def _workflow(self, run_id: str) -> str:
        return names.sync_id(self._scope.tenant, run_id)


async def open_runs(
    database: Database, *, created_before: datetime, after: tuple[str, str] | None, limit: int
) -> Sequence[tuple[str, Run]]:
    """See `Store.open_runs`: the one look at runs that no tenant asks for."""
    key = tuple_(col(RunRow.tenant_id), col(RunRow.id))
    query = select(RunRow).where(OPEN, col(RunRow.created_at) < created_before)
    if after is not None:
        query = query.where(key > after)
    async with database.read() as session:
        rows = await session.exec(query.order_by(col(RunRow.tenant_id), col(RunRow.id)).limit(limit))
        return [(row.tenant_id, shown(row)) for row in rows]


def shown(row: RunRow) -> Run:
    workflow_id = row.workflow_id or names.sync_id(row.tenant_id, row.id)
    return Run.model_validate({**row.model_dump(exclude={"tenant_id"}), "workflow_id": workflow_id})


def _plain(model: Model | None) -> dict[str, Any] | None:
    return None if model is None else model.model_dump(mode="json")


def _entry(row: RunRequestRow) -> RequestLogEntry:
    return RequestLogEntry.model_validate(row.entry)


def _joined(known: Sequence[Any], fresh: Sequence[Any]) -> Any:
    """Append what is not there yet, in a new list: a list changed in place would not be stored."""
    joined = [*known]
    joined += [item for number, item in enumerate(fresh) if item not in known and item not in fresh[:number]]
    return joined
