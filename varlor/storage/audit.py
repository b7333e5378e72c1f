"""One tenant's audit: an append-only chain whose end is sealed.

What `verify` finds: any line changed, removed, inserted or reordered, the newest ones included, by
anybody who can write to the database but does not hold the master key. What it cannot find: a
tenant's whole audit put back to an older copy of itself, lines and head together. Compare a hash
kept elsewhere (each line that leaves by the API carries its own) to rule that out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, update
from sqlalchemy import select as select_columns
from sqlmodel import col
from sqlmodel.sql.expression import SelectOfScalar

from varlor.errors import SealError
from varlor.ports import AuditEntry, AuditLine, Listing
from varlor.storage.chain import GENESIS, line_hash
from varlor.storage.columns import storable
from varlor.storage.engine import at_commit
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
        line = AuditLine(action, actor, outcome, connector_id, correlation_id, detail or {})
        return _show(await self._scope.database.at_once(lambda writer: append(writer, self._scope, line)))

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

    def _sealed(self, head: AuditHeadRow) -> bool:
        try:
            opened = self._scope.encryption.open(
                head.seal, tenant=self._scope.tenant, connector="", field=HEAD_FIELD, version=head.count
            )
        except SealError:
            return False
        return opened == head.hash.encode()


def append(connection: Connection, scope: Scope, line: AuditLine) -> Mapping[str, Any]:
    """Add the line within the transaction of the act that it tells of.

    It gets its `seq` and `hash` at the commit, when the tenant's head is locked: once for all lines of one
    transaction, however many acts are in it, and so late that nothing else waits meanwhile.
    """
    row = _row(scope, line)
    at_commit(connection, scope.tenant, lambda: _Tail(scope)).rows.append(row)
    return row


class _Tail:
    """What one transaction adds to one tenant's chain."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.rows: list[dict[str, Any]] = []

    def __call__(self, connection: Connection) -> None:
        # Every act waits for this, so it goes without the ORM, which takes twice as long.
        count, before = _locked_head(connection, self._scope)
        for row in self.rows:
            row["seq"] = count = count + 1
            row["hash"] = before = line_hash(row, before)
        connection.execute(self._scope.database.insert(AuditRow), self.rows)
        end = {"count": count, "hash": before, "seal": _seal(self._scope, count, before)}
        connection.execute(_MOVE_HEAD, {"tenant": self._scope.tenant, **end})


def _row(scope: Scope, line: AuditLine) -> dict[str, Any]:
    return {
        "tenant_id": scope.tenant,
        "time": scope.clock.now(),
        "actor": storable(line.actor),
        "action": storable(line.action),
        "connector_id": line.connector_id and storable(line.connector_id),
        "outcome": storable(line.outcome),
        "correlation_id": line.correlation_id and storable(line.correlation_id),
        "detail": {storable(key): storable(value) for key, value in line.detail.items()},
    }


def _locked_head(connection: Connection, scope: Scope) -> tuple[int, str]:
    """Lock the head, so that writers of one tenant queue; the first one makes it."""
    tenant = {"tenant": scope.tenant}
    found = connection.execute(_HEAD, tenant).first()
    if found is None:
        first = {"tenant_id": scope.tenant, "count": 0, "hash": GENESIS, "seal": _seal(scope, 0, GENESIS)}
        insert = scope.database.insert(AuditHeadRow).on_conflict_do_nothing()
        connection.execute(insert, first)
        found = connection.execute(_HEAD, tenant).one()
    return found[0], found[1]


def _seal(scope: Scope, count: int, hash_: str) -> str:
    return scope.encryption.seal(
        hash_.encode(), tenant=scope.tenant, connector="", field=HEAD_FIELD, version=count
    )


def _show(line: Mapping[str, Any]) -> AuditEntry:
    return AuditEntry.model_validate({name: value for name, value in line.items() if name != "tenant_id"})


def _entry(row: AuditRow) -> AuditEntry:
    return _show(row.model_dump())
