"""One tenant's notification target and outbox: messages leave in the order in which things happened."""

from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import func
from sqlalchemy import select as select_value
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from varlor.contracts.notification import (
    TEST_EVENT,
    Notification,
    NotificationSettings,
    NotificationStatus,
    NotificationTarget,
)
from varlor.errors import FieldProblem, InvalidInputError
from varlor.ports import Listing, OutgoingNotification
from varlor.storage.paging import page
from varlor.storage.scope import Scope
from varlor.storage.tables import NotificationRow, NotificationTargetRow

PATIENCE: Final = timedelta(days=1)  # how long a message is tried for
SECRET_FIELD: Final = "notification/secret"  # noqa: S105 - a field's name
_SECRET: Final = "secret"  # noqa: S105 - a field's name


class SqlNotifications:
    """NotificationRepository."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def settings(self) -> NotificationSettings:
        async with self._scope.database.read() as session:
            return await self._show(session, await self._target(session))

    async def configure(self, target: NotificationTarget, secret: SecretStr | None) -> NotificationSettings:
        async with self._scope.database.write() as session:
            row = await self._target(session, lock=True)
            if row is None:
                row = self._blank()
            if target.url is not None and secret is None and not row.sealed:
                problem = FieldProblem("/secret", "Give the secret that signs the messages: whsec_…")
                raise InvalidInputError("Messages need a secret to be signed with.", problem)
            self._fill(row, target, secret)
            session.add(row)
            await session.flush()
            if target.url is None:
                await session.exec(self._update_pending().values(status="unsent", next_attempt_at=None))
            return await self._show(session, row)

    def _fill(self, row: NotificationTargetRow, target: NotificationTarget, secret: SecretStr | None) -> None:
        row.url, row.events = target.url, list(target.events)
        row.disabled, row.failures, row.failing_since, row.last_error = False, 0, None, None
        row.updated_at = self._scope.clock.now()
        if target.url is None:
            row.sealed = {}
        elif secret is not None:
            row.version += 1
            row.key_version = self._scope.encryption.key_version
            sealed = self._scope.encryption.seal(
                secret.get_secret_value().encode(),
                tenant=self._scope.tenant,
                connector="",
                field=SECRET_FIELD,
                version=row.version,
            )
            row.sealed = {_SECRET: sealed}

    async def record(
        self, message_id: str, type_: str, data: dict[str, Any]
    ) -> tuple[bool, NotificationStatus]:
        async with self._scope.database.write() as session:
            target = await self._target(session)
            values = {
                "tenant_id": self._scope.tenant,
                "id": message_id,
                "type": type_,
                "data": data,
                "status": "pending" if _wants(target, type_) else "unsent",
                "attempts": 0,
                "created_at": self._scope.clock.now(),
            }
            insert = self._scope.database.insert(NotificationRow).values(values).on_conflict_do_nothing()
            fresh = (await session.exec(insert.returning(NotificationRow))).scalars().one_or_none()
            row = fresh or await self._row(session, message_id)
            return fresh is not None, _notification(row).status

    async def next(self) -> OutgoingNotification | None:
        oldest = self._scope.select(NotificationRow, col(NotificationRow.status) == "pending")
        oldest = oldest.order_by(col(NotificationRow.created_at), col(NotificationRow.id)).limit(1)
        async with self._scope.database.read() as session:
            row, target = (await session.exec(oldest)).first(), await self._target(session)
        if row is None or target is None or target.url is None or target.disabled:
            return None
        secret = self._scope.encryption.open(
            target.sealed[_SECRET],
            tenant=self._scope.tenant,
            connector="",
            field=SECRET_FIELD,
            version=target.version,
        )
        return OutgoingNotification(
            _notification(row), target.url, SecretStr(secret.decode()), target.failures
        )

    async def delivered(self, message_id: str) -> None:
        async with self._scope.database.write() as session:
            row = await self._row(session, message_id, lock=True)
            row.status, row.error, row.next_attempt_at = "delivered", None, None
            row.attempts += 1
            row.delivered_at = self._scope.clock.now()
            well = {"failures": 0, "failing_since": None, "last_error": None}
            await session.exec(self._scope.update(NotificationTargetRow).values(well))

    async def missed(self, message_id: str, error: str, *, next_attempt_at: datetime) -> None:
        now = self._scope.clock.now()
        async with self._scope.database.write() as session:
            row = await self._row(session, message_id, lock=True)
            row.attempts, row.error, row.next_attempt_at = row.attempts + 1, error, next_attempt_at
            target = await self._target(session, lock=True)
            if target is not None:
                target.failures, target.last_error = target.failures + 1, error
                target.failing_since = target.failing_since or now
            await session.flush()
            late = col(NotificationRow.created_at) < now - PATIENCE
            failed = {"status": "failed", "next_attempt_at": None, "error": error}
            await session.exec(self._update_pending(late).values(failed))

    async def disable(self, message_id: str, url: str, error: str) -> None:
        async with self._scope.database.write() as session:
            target = await self._target(session, lock=True)
            if target is None or target.url != url:
                return
            target.disabled, target.last_error = True, error
            (await self._row(session, message_id, lock=True)).attempts += 1
            await session.flush()
            failed = {"status": "failed", "next_attempt_at": None, "error": error}
            await session.exec(self._update_pending().values(failed))

    async def list(
        self, *, limit: int, cursor: str | None, status: NotificationStatus | None = None
    ) -> Listing[Notification]:
        where = [] if status is None else [col(NotificationRow.status) == status]
        async with self._scope.database.read() as session:
            query = self._scope.select(NotificationRow, *where)
            return await page(
                session, query, _notification, by=("created_at", "id"), limit=limit, cursor=cursor
            )

    def _update_pending(self, *where: Any) -> Any:
        return self._scope.update(NotificationRow, col(NotificationRow.status) == "pending", *where)

    async def _target(self, session: AsyncSession, *, lock: bool = False) -> NotificationTargetRow | None:
        query = self._scope.select(NotificationTargetRow)
        return (await session.exec(query.with_for_update() if lock else query)).one_or_none()

    async def _row(self, session: AsyncSession, message_id: str, *, lock: bool = False) -> NotificationRow:
        where = col(NotificationRow.id) == message_id
        return await self._scope.one(session, "notification", NotificationRow, where, lock=lock)

    def _blank(self) -> NotificationTargetRow:
        return NotificationTargetRow(
            tenant_id=self._scope.tenant,
            events=[],
            version=0,
            key_version=self._scope.encryption.key_version,
            sealed={},
            updated_at=self._scope.clock.now(),
        )

    async def _show(self, session: AsyncSession, row: NotificationTargetRow | None) -> NotificationSettings:
        if row is None:
            return NotificationSettings()
        waiting = select_value(func.count()).where(
            self._scope.mine(NotificationRow), col(NotificationRow.status) == "pending"
        )
        return NotificationSettings.model_validate(
            {
                "url": row.url,
                "events": row.events,
                "status": _status(row),
                "pending": await session.scalar(waiting) or 0,
                "failing_since": row.failing_since,
                "last_error": row.last_error,
                "updated_at": row.updated_at,
            }
        )


def _wants(target: NotificationTargetRow | None, type_: str) -> bool:
    if target is None or target.url is None or target.disabled:
        return False
    return type_ == TEST_EVENT or type_ in target.events


def _status(row: NotificationTargetRow) -> str:
    if row.url is None:
        return "off"
    if row.disabled:
        return "disabled"
    return "failing" if row.failing_since is not None else "active"


def _notification(row: NotificationRow) -> Notification:
    return Notification.model_validate({name: getattr(row, name) for name in Notification.model_fields})
