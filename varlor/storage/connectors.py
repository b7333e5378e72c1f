"""One tenant's connectors and their sealed credentials."""

from datetime import datetime
from secrets import token_urlsafe
from typing import Any, Final

from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from varlor.contracts.check import CheckResult
from varlor.contracts.connector import Connector, ConnectorSettings, ConnectorStatus, Secrets
from varlor.errors import ConflictError
from varlor.ports import Listing
from varlor.storage.credentials import has_token, opened, sealed_row, suffices
from varlor.storage.grants import find, forget
from varlor.storage.ids import new_id
from varlor.storage.paging import page
from varlor.storage.scope import Scope
from varlor.storage.tables import ConnectorRow, CredentialRow, GrantRow, InboxEventRow, InboxRow
from varlor.storage.whole import NOUN, show, whole

_UNUSABLE: Final = frozenset({"needs_auth", "needs_reauth", "revoked"})
_STAYING: Final = frozenset({"deleting", "needs_reauth", "revoked"})  # whatever a test finds out


class SqlConnectors:
    """ConnectorRepository."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def create(self, settings: ConnectorSettings, secrets: Secrets, *, created_by: str) -> Connector:
        now = self._scope.clock.now()
        connector_id = new_id("con", now)
        credential = sealed_row(self._scope, connector_id, secrets, version=1)
        row = ConnectorRow(
            tenant_id=self._scope.tenant,
            id=connector_id,
            settings=_plain(settings),
            status=_status(settings, credential, None, "draft"),
            created_by=created_by,
            created_at=now,
            updated_at=now,
        )
        inbox = self._inbox(connector_id) if settings.api_type == "webhook" else None
        async with self._scope.database.write() as session:
            session.add(row)
            await session.flush()
            session.add_all([credential, *([inbox] if inbox else [])])
        return show(row, credential, None, inbox)

    def _inbox(self, connector_id: str) -> InboxRow:
        """Its address names no tenant and cannot be guessed."""
        hook_id = token_urlsafe(24)
        return InboxRow(tenant_id=self._scope.tenant, connector_id=connector_id, hook_id=hook_id)

    async def get(self, connector_id: str) -> Connector:
        async with self._scope.database.read() as session:
            return show(*await whole(self._scope, session, connector_id))

    async def list(self, *, limit: int, cursor: str | None) -> Listing[Connector]:
        async with self._scope.database.snapshot() as session:
            query = self._scope.select(ConnectorRow)
            rows = await page(
                session, query, lambda row: row, by=("created_at", "id"), limit=limit, cursor=cursor
            )
            ids = [row.id for row in rows.items]
            query = self._scope.select(CredentialRow, col(CredentialRow.connector_id).in_(ids))
            credentials = {row.connector_id: row for row in await session.exec(query)}
            tokens = self._scope.select(GrantRow, col(GrantRow.connector_id).in_(ids))
            grants = {row.connector_id: row for row in await session.exec(tokens)}
            hooks = self._scope.select(InboxRow, col(InboxRow.connector_id).in_(ids))
            inboxes = {row.connector_id: row for row in await session.exec(hooks)}
        shown = [
            show(row, credentials[row.id], grants.get(row.id), inboxes.get(row.id)) for row in rows.items
        ]
        return Listing(shown, rows.next_cursor)

    async def update(
        self, connector_id: str, settings: ConnectorSettings, secrets: Secrets | None
    ) -> Connector:
        async with self._scope.database.write() as session:
            row = await self._row(session, connector_id, lock=True)
            if row.status == "deleting":
                raise ConflictError("The connector is being deleted.")
            credential = await self._credential(session, connector_id)
            grant = await find(self._scope, session, connector_id)
            if ConnectorSettings.model_validate(row.settings).audience() != settings.audience():
                # Neither token nor client secret goes to where an editor has just pointed the connector.
                secrets = Secrets() if secrets is None else secrets
                if grant is not None:
                    forget(grant, "none")
            if secrets is not None:
                fresh = sealed_row(self._scope, connector_id, secrets, credential.version + 1)
                credential = await session.merge(fresh)
            row.settings = _plain(settings)
            row.status = _status(settings, credential, grant, row.status, given=secrets is not None)
            row.updated_at = self._scope.clock.now()
            inbox = self._scope.select(InboxRow, col(InboxRow.connector_id) == connector_id)
            return show(row, credential, grant, (await session.exec(inbox)).one_or_none())

    async def set_status(self, connector_id: str, status: ConnectorStatus) -> None:
        async with self._scope.database.write() as session:
            row = await self._row(session, connector_id, lock=True)
            row.status = status
            row.updated_at = self._scope.clock.now()

    async def secrets(self, connector_id: str) -> Secrets:
        async with self._scope.database.read() as session:
            await self._row(session, connector_id)
            return opened(self._scope, await self._credential(session, connector_id))

    async def erase(self, connector_id: str) -> None:
        async with self._scope.database.write() as session:
            row = await self._row(session, connector_id, lock=True)
            where = col(CredentialRow.connector_id) == connector_id
            await session.exec(self._scope.delete(CredentialRow, where))
            events = col(InboxEventRow.connector_id) == connector_id
            await session.exec(self._scope.delete(InboxEventRow, events))
            await session.delete(row)

    async def record_check(self, connector_id: str, result: CheckResult) -> None:
        async with self._scope.database.write() as session:
            row = await self._row(session, connector_id, lock=True)
            row.last_check = result.model_copy(update={"sample": None}).model_dump(mode="json")
            row.last_check_at = self._scope.clock.now()
            if row.status not in _STAYING and (result.ok or row.status != "needs_auth"):
                row.status = "connected" if result.ok else "error"

    async def last_check(self, connector_id: str) -> tuple[datetime, CheckResult] | None:
        async with self._scope.database.read() as session:
            row = await self._row(session, connector_id)
        if row.last_check is None or row.last_check_at is None:
            return None
        return row.last_check_at, CheckResult.model_validate(row.last_check)

    async def _row(self, session: AsyncSession, connector_id: str, *, lock: bool = False) -> ConnectorRow:
        where = col(ConnectorRow.id) == connector_id
        return await self._scope.one(session, NOUN, ConnectorRow, where, lock=lock)

    async def _credential(self, session: AsyncSession, connector_id: str) -> CredentialRow:
        where = col(CredentialRow.connector_id) == connector_id
        return await self._scope.one(session, NOUN, CredentialRow, where)


def _plain(settings: ConnectorSettings) -> dict[str, Any]:
    """Take the settings alone, also when they come as a whole Connector; what is computed stays out."""
    plain = settings.model_dump(mode="json", include=set(ConnectorSettings.model_fields))
    if plain.get("oauthConfig"):
        plain["oauthConfig"].pop("redirectUri", None)
    return plain


def _status(
    settings: ConnectorSettings,
    credential: CredentialRow,
    grant: GrantRow | None,
    before: str,
    *,
    given: bool = True,
) -> str:
    """Lacking its credential, a connector needs one; given it, it starts again as a draft."""
    if settings.auth_type != "none" and not suffices(settings, credential.sealed, token=has_token(grant)):
        return "revoked" if grant is not None and grant.status == before == "revoked" else "needs_auth"
    if settings.auth_type == "oauth2" and before == "needs_reauth" and not given:
        return before
    return "draft" if before in _UNUSABLE else before
