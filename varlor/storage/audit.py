"""One tenant's audit: an append-only chain whose end is sealed.

What `verify` finds: any line changed, removed, inserted or reordered, the newest ones included, by
anybody who can write to the database but does not hold the master key. What it cannot find: a
tenant's whole audit put back to an older copy of itself, lines and head together. Compare a hash
kept elsewhere (each line that leaves by the API carries its own) to rule that out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, update
from sqlalchemy import select as select_columns
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col
from sqlmodel.sql.expression import SelectOfScalar

from varlor.errors import SealError
from varlor.ports import AuditEntry, Listing
from varlor.storage.chain import GENESIS, line_hash
from varlor.storage.columns import storable
from varlor.storage.paging import page
from varlor.storage.scope import Scope
from varlor.storage.tables import AuditHeadRow, AuditRow

BATCH: Final = 1000
HEAD_FIELD: Final = "audit-head"
_OF_TENANT: Final = col(AuditHeadRow.tenant_id) == bindparam("tenant")
_HEAD: Final = (
    select_columns(col(AuditHeadRow.count), col(AuditHeadRow.hash)).where(_OF_TENANT).with_for_update()
)
_MOVE_HEAD: Final = update(AuditHeadRow).where(_OF_TENANT)  # to the values it is executed with


class SqlAudit:
    """AuditLog."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def write(
        self,
        action: str,
        *,
        actor: str,
        outcome: str = "ok",
        connector_id: str | None = None,
        correlation_id: str | None = None,
        detail: Mapping[str, str] | None = None,
    ) -> AuditEntry:
        line: dict[str, Any] = {
            "tenant_id": self._scope.tenant,
            "time": self._scope.clock.now(),
            "actor": storable(actor),
            "action": storable(action),
            "connector_id": connector_id and storable(connector_id),
            "outcome": storable(outcome),
            "correlation_id": correlation_id and storable(correlation_id),
            "detail": {storable(key): storable(value) for key, value in (detail or {}).items()},
        }
        async with self._scope.database.write() as session:
            plainly = await session.connection()  # every act waits for this: the ORM takes twice as long
            count, before = await self._locked_head(plainly)
            line["seq"] = count + 1
            line["hash"] = line_hash(line, before)
            await plainly.execute(self._scope.database.insert(AuditRow), line)
            end = {"count": line["seq"], "hash": line["hash"], "seal": self._seal(line["seq"], line["hash"])}
            await plainly.execute(_MOVE_HEAD, {"tenant": self._scope.tenant, **end})
        return _show(line)

    async def _locked_head(self, connection: AsyncConnection) -> tuple[int, str]:
        """Lock the head, so that writers of one tenant queue; the first one makes it."""
        tenant = {"tenant": self._scope.tenant}
        found = (await connection.execute(_HEAD, tenant)).first()
        if found is None:
            first = {
                "tenant_id": self._scope.tenant,
                "count": 0,
                "hash": GENESIS,
                "seal": self._seal(0, GENESIS),
            }
            insert = self._scope.database.insert(AuditHeadRow).on_conflict_do_nothing()
            await connection.execute(insert, first)
            found = (await connection.execute(_HEAD, tenant)).one()
        return found[0], found[1]

    async def list(
        self,
        *,
        limit: int,
        cursor: str | None,
        connector_id: str | None = None,
        action: str | None = None,
        since: datetime | None = None,
    ) -> Listing[AuditEntry]:
        wanted = {AuditRow.connector_id: connector_id, AuditRow.action: action}
        where = [col(column) == value for column, value in wanted.items() if value is not None]
        if since is not None:
            where.append(col(AuditRow.time) >= since)
        async with self._scope.database.read() as session:
            query = self._scope.select(AuditRow, *where)
            return await page(session, query, _entry, by=("seq",), limit=limit, cursor=cursor)

    async def verify(self) -> int | None:
        async with self._scope.database.snapshot() as session:
            head = (await session.exec(self._scope.select(AuditHeadRow))).one_or_none()
            last, before = 0, GENESIS
            while lines := (await session.exec(self._after(last))).all():
                for line in lines:
                    if line.seq != last + 1 or line_hash(line.model_dump(), before) != line.hash:
                        return last + 1
                    last, before = line.seq, line.hash
                session.expunge_all()
        return self._judge(head, last, before)

    def _after(self, seq: int) -> SelectOfScalar[AuditRow]:
        query = self._scope.select(AuditRow, col(AuditRow.seq) > seq)
        return query.order_by(col(AuditRow.seq)).limit(BATCH)

    def _judge(self, head: AuditHeadRow | None, last: int, hash_: str) -> int | None:
        """Hold the whole chain against its head; the seal proves the last line and so all before it."""
        if head is None:
            return 1 if last else None
        if head.count != last:
            return min(head.count, last) + 1
        if head.hash != hash_ or not self._sealed(head):
            return max(last, 1)
        return None

    def _seal(self, count: int, hash_: str) -> str:
        return self._scope.encryption.seal(
            hash_.encode(), tenant=self._scope.tenant, connector="", field=HEAD_FIELD, version=count
        )

    def _sealed(self, head: AuditHeadRow) -> bool:
        try:
            opened = self._scope.encryption.open(
                head.seal, tenant=self._scope.tenant, connector="", field=HEAD_FIELD, version=head.count
            )
        except SealError:
            return False
        return opened == head.hash.encode()


def _show(line: Mapping[str, Any]) -> AuditEntry:
    return AuditEntry.model_validate({name: value for name, value in line.items() if name != "tenant_id"})


def _entry(row: AuditRow) -> AuditEntry:
    return _show(row.model_dump())
