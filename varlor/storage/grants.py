"""One tenant's OAuth tokens: sealed, and every write a compare-and-swap on the version it follows."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from varlor.contracts.connector import ConnectorSettings
from varlor.contracts.oauth import TokenState, TokenStatus
from varlor.errors import ConflictError
from varlor.ports import AuditLine, Grant, HeldToken
from varlor.storage.audit import append
from varlor.storage.credentials import opened
from varlor.storage.scope import Scope
from varlor.storage.tables import ConnectorRow, GrantRow
from varlor.storage.whole import NOUN, show, whole

_TELLING: Final = frozenset({"needs_reauth", "revoked"})  # they are the connector's status too
_WAITING: Final = frozenset({"needs_auth", "needs_reauth", "revoked"})


class SqlGrants:
    """GrantRepository. The connector's row is locked first, so that its status and its token agree."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def state(self, connector_id: str) -> TokenState:
        async with self._scope.database.read() as session:
            await self._connector(session, connector_id)
            row = await find(self._scope, session, connector_id)
        return TokenState() if row is None else state_of(row)

    async def open(self, connector_id: str) -> tuple[Grant, TokenState] | None:
        async with self._scope.database.read() as session:
            await self._connector(session, connector_id)
            row = await find(self._scope, session, connector_id)
        if row is None or not row.sealed:
            return None
        return _opened(self._scope, row), state_of(row)

    async def held(self, connector_id: str) -> HeldToken:
        async with self._scope.database.read() as session:
            row, credential, token, inbox = await whole(self._scope, session, connector_id)
        return HeldToken(
            connector=show(row, credential, token, inbox),
            secrets=opened(self._scope, credential),
            grant=_opened(self._scope, token) if token is not None and token.sealed else None,
            state=TokenState() if token is None else state_of(token),
        )

    async def write(
        self,
        connector_id: str,
        grant: Grant,
        *,
        expected_version: int,
        audience: str | None = None,
        next_refresh_at: datetime | None = None,
        line: AuditLine | None = None,
    ) -> TokenState:
        version = expected_version + 1
        values = _values(grant) | {
            "version": version,
            "status": "active",
            "key_version": self._scope.encryption.key_version,
            "sealed": _sealed(self._scope, connector_id, grant, version),
            "next_refresh_at": next_refresh_at,
        }
        async with self._scope.database.write() as session:
            connector = await self._connector(session, connector_id, lock=True)
            if connector.status == "deleting":
                raise ConflictError("The connector is being deleted.")
            if audience not in (None, ConnectorSettings.model_validate(connector.settings).audience()):
                raise ConflictError("The connector was pointed elsewhere since.")
            row = await self._swap(session, connector_id, expected_version, values)
            if connector.status in _WAITING:
                connector.status = "draft"
            await self._append(session, line)
            return state_of(row)

    async def mark(
        self,
        connector_id: str,
        status: TokenStatus,
        *,
        expected_version: int | None = None,
        next_refresh_at: datetime | None = None,
        line: AuditLine | None = None,
    ) -> TokenState:
        values = {"status": status, "next_refresh_at": next_refresh_at}
        async with self._scope.database.write() as session:
            connector = await self._connector(session, connector_id, lock=True)
            row = await self._swap(session, connector_id, expected_version, values)
            if status in _TELLING and connector.status != "deleting":
                connector.status = status
            await self._append(session, line)
            return state_of(row)

    async def erase(self, connector_id: str) -> TokenState:
        async with self._scope.database.write() as session:
            connector = await self._connector(session, connector_id, lock=True)
            row = await find(self._scope, session, connector_id)
            if row is None:
                return TokenState()
            forget(row, "revoked")
            if connector.status != "deleting":
                connector.status = "revoked"
            return state_of(row)

    async def _swap(
        self, session: AsyncSession, connector_id: str, expected: int | None, values: dict[str, Any]
    ) -> GrantRow:
        """Change the row if it is still of that version; version 0 is also that of no row."""
        where = [_is(connector_id)]
        if expected is not None:
            where.append(col(GrantRow.version) == expected)
        statement = self._scope.update(GrantRow, *where).values(values).returning(GrantRow)
        row = (await session.exec(statement)).scalars().one_or_none()
        if row is None and not expected:
            key = {"tenant_id": self._scope.tenant, "connector_id": connector_id}
            insert = self._scope.database.insert(GrantRow).values(self._blank() | key | values)
            insert = insert.on_conflict_do_nothing().returning(GrantRow)
            row = (await session.exec(insert)).scalars().one_or_none()
        if row is None:
            raise ConflictError("Another token was stored meanwhile.")
        return row

    async def _append(self, session: AsyncSession, line: AuditLine | None) -> None:
        if line is not None:
            await (await session.connection()).run_sync(append, self._scope, line)

    def _blank(self) -> dict[str, Any]:
        return {
            "version": 0,
            "key_version": self._scope.encryption.key_version,
            "sealed": {},
            "token_type": "",
            "scopes": [],
            "issued_at": self._scope.clock.now(),
        }

    async def _connector(
        self, session: AsyncSession, connector_id: str, *, lock: bool = False
    ) -> ConnectorRow:
        where = col(ConnectorRow.id) == connector_id
        return await self._scope.one(session, NOUN, ConnectorRow, where, lock=lock)


async def find(scope: Scope, session: AsyncSession, connector_id: str) -> GrantRow | None:
    return (await session.exec(scope.select(GrantRow, _is(connector_id)))).one_or_none()


def forget(row: GrantRow, status: TokenStatus) -> None:
    """Empty the row of its token; nobody's compare-and-swap on the old version succeeds from here on."""
    row.sealed, row.scopes, row.version = {}, [], row.version + 1
    row.status, row.expires_at, row.next_refresh_at = status, None, None


def _is(connector_id: str) -> ColumnElement[bool]:
    return col(GrantRow.connector_id) == connector_id


def _values(grant: Grant) -> dict[str, Any]:
    return {
        "token_type": grant.token_type,
        "scopes": list(grant.scopes),
        "issued_at": grant.issued_at,
        "expires_at": grant.expires_at,
    }


def _sealed(scope: Scope, connector_id: str, grant: Grant, version: int) -> dict[str, str]:
    return {
        field: scope.encryption.seal(
            secret.encode(),
            tenant=scope.tenant,
            connector=connector_id,
            field=f"grant/{field}",
            version=version,
        )
        for field, secret in (("access_token", grant.access_token), ("refresh_token", grant.refresh_token))
        if secret is not None
    }


def _opened(scope: Scope, row: GrantRow) -> Grant:
    secrets = {
        field: scope.encryption.open(
            token,
            tenant=scope.tenant,
            connector=row.connector_id,
            field=f"grant/{field}",
            version=row.version,
        ).decode()
        for field, token in row.sealed.items()
    }
    return Grant(
        access_token=secrets["access_token"],
        refresh_token=secrets.get("refresh_token"),
        token_type=row.token_type,
        scopes=tuple(row.scopes),
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        key_version=row.key_version,
    )


def state_of(row: GrantRow) -> TokenState:
    return TokenState.model_validate({field: getattr(row, field) for field in TokenState.model_fields})
