"""One tenant's webhook inboxes: what waits for the dataset, what was set aside, which ids are known."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlalchemy.orm import defer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from varlor.contracts.webhook import InboxEvent, InboxState, InboxStatus
from varlor.errors import ConflictError
from varlor.ports import Listing, WaitingEvent
from varlor.storage.credentials import opened, sealed_row
from varlor.storage.paging import page
from varlor.storage.scope import Scope
from varlor.storage.tables import CredentialRow, InboxEventRow, InboxRow

NOUN: Final = "webhook connector"
_MOST: Final = 5_000  # ids forgotten at a time
_SHOWN: Final = ("waiting", "set_aside")
_BODY: Final[Any] = InboxEventRow.body
_NAMED: Final = (InboxEventRow.id, InboxEventRow.event_id, InboxEventRow.kind, InboxEventRow.sequence)
_WAITING: Final = (*map(col, _NAMED), col(InboxEventRow.received_at), col(_BODY))
"""A `WaitingEvent`, in the order of its fields."""


class SqlInbox:
    """ports.InboxRepository."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def state(self, connector_id: str) -> InboxState:
        mine = (self._scope.mine(InboxEventRow), col(InboxEventRow.connector_id) == connector_id)
        status = col(InboxEventRow.status)
        counted = (
            select(status, func.count(), func.min(col(InboxEventRow.sequence)))
            .where(*mine, status.in_(_SHOWN))
            .group_by(status)
        )
        async with self._scope.database.snapshot() as session:
            inbox = await self._inbox(session, connector_id)
            found = {row[0]: (row[1], row[2]) for row in await session.exec(counted)}
            count, first = found.get("waiting", (0, None))
            at = col(InboxEventRow.received_at)
            oldest = select(at).where(*mine, status == "waiting", col(InboxEventRow.sequence) == first)
            since = await session.scalar(oldest) if first is not None else None
        return InboxState(
            waiting=count,
            set_aside=found.get("set_aside", (0, None))[0],
            last_event_at=inbox.last_event_at,
            oldest_waiting_at=since,
        )

    async def list(
        self, connector_id: str, *, limit: int, cursor: str | None, status: InboxStatus | None = None
    ) -> Listing[InboxEvent]:
        statuses = col(InboxEventRow.status).in_(_SHOWN if status is None else (status,))
        async with self._scope.database.read() as session:
            await self._inbox(session, connector_id)
            query = self._scope.select(
                InboxEventRow, col(InboxEventRow.connector_id) == connector_id, statuses
            ).options(defer(_BODY))
            return await page(session, query, _show, by=("sequence", "id"), limit=limit, cursor=cursor)

    async def replay(self, connector_id: str, event: str) -> InboxEvent:
        """ConflictError when the event is not set aside."""
        async with self._scope.database.write(durable=True) as session:
            inbox = await self._inbox(session, connector_id, lock=True)
            found = (col(InboxEventRow.connector_id) == connector_id, col(InboxEventRow.id) == event)
            row = await self._scope.one(session, "event", InboxEventRow, *found, lock=True)
            if row.status != "set_aside":
                raise ConflictError("Only an event that was set aside can be replayed.")
            inbox.last_sequence += 1
            row.status, row.reason, row.sequence = "waiting", None, inbox.last_sequence
            return _show(row)

    async def rotate(self, connector_id: str, secret: str, *, former_until: datetime) -> None:
        where = col(CredentialRow.connector_id) == connector_id
        async with self._scope.database.write() as session:
            inbox = await self._inbox(session, connector_id, lock=True)
            credential = await self._scope.one(session, NOUN, CredentialRow, where, lock=True)
            before = opened(self._scope, credential)
            update = {"webhook_secret": SecretStr(secret), "former_webhook_secret": before.webhook_secret}
            after = before.model_copy(update=update)
            await session.merge(sealed_row(self._scope, connector_id, after, credential.version + 1))
            inbox.former_until = former_until

    async def dataset(self, connector_id: str) -> str | None:
        async with self._scope.database.read() as session:
            return (await self._inbox(session, connector_id)).dataset_id

    async def bind(self, connector_id: str, dataset_id: str) -> None:
        async with self._scope.database.write() as session:
            (await self._inbox(session, connector_id, lock=True)).dataset_id = dataset_id

    async def waiting(
        self, connector_id: str, *, after: int, most: int, most_bytes: int
    ) -> Sequence[WaitingEvent]:
        sequence = col(InboxEventRow.sequence)
        where = (
            col(InboxEventRow.connector_id) == connector_id,
            col(InboxEventRow.status) == "waiting",
            sequence > after,
        )
        sizes = select(sequence, col(InboxEventRow.size)).where(self._scope.mine(InboxEventRow), *where)
        async with self._scope.database.snapshot() as session:
            measured = (await session.exec(sizes.order_by(sequence).limit(most))).all()
            if not measured:
                return []
            last = _within([(row[0], row[1]) for row in measured], most_bytes)
            # Plain columns: as objects of the ORM a batch takes several times as long.
            events = select_columns(*_WAITING).where(
                self._scope.mine(InboxEventRow), *where, sequence <= last
            )
            connection = await session.connection()
            return [WaitingEvent(*row) for row in await connection.execute(events.order_by(sequence))]

    async def set_aside(self, connector_id: str, reasons: Mapping[str, str]) -> None:
        async with self._scope.database.write() as session:
            for event, reason in reasons.items():
                statement = self._scope.update(
                    InboxEventRow,
                    col(InboxEventRow.connector_id) == connector_id,
                    col(InboxEventRow.id) == event,
                )
                await session.exec(statement.values(status="set_aside", reason=reason))

    async def drained(self, connector_id: str, upto: int) -> None:
        statement = self._scope.update(
            InboxEventRow,
            col(InboxEventRow.connector_id) == connector_id,
            col(InboxEventRow.status) == "waiting",
            col(InboxEventRow.sequence) <= upto,
        )
        async with self._scope.database.write() as session:
            await session.exec(statement.values(status="drained", body=None))

    async def forget(self, connector_id: str, before: datetime) -> None:
        drained = (
            col(InboxEventRow.connector_id) == connector_id,
            col(InboxEventRow.status) == "drained",
        )
        sequence, at = col(InboxEventRow.sequence), col(InboxEventRow.received_at)
        oldest = select(sequence, at).where(self._scope.mine(InboxEventRow), *drained)
        while True:
            async with self._scope.database.write() as session:
                found = (await session.exec(oldest.order_by(sequence).limit(_MOST))).all()
                due = [row[0] for row in found if row[1] < before]
                if due:
                    gone = self._scope.delete(InboxEventRow, *drained, sequence <= due[-1])
                    await session.exec(gone)
            if len(due) < _MOST:
                return

    async def _inbox(self, session: AsyncSession, connector_id: str, *, lock: bool = False) -> InboxRow:
        where = col(InboxRow.connector_id) == connector_id
        return await self._scope.one(session, NOUN, InboxRow, where, lock=lock)


def _within(sizes: Sequence[tuple[int, int]], most_bytes: int) -> int:
    """The last sequence whose bodies, with those before it, stay within the bound; the first at least."""
    taken, last = 0, sizes[0][0]
    for sequence, size in sizes:
        taken += size
        if taken > most_bytes:
            break
        last = sequence
    return last


def _show(row: InboxEventRow) -> InboxEvent:
    return InboxEvent.model_validate(
        {
            "id": row.id,
            "event_id": row.event_id,
            "status": row.status,
            "sequence": row.sequence,
            "received_at": row.received_at,
            "bytes": row.size,
            "reason": row.reason,
        }
    )
