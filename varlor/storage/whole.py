"""A connector whole: its row, its credential and its token in one statement, and what may be told of them."""

from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from varlor.contracts.connector import Connector, ConnectorSettings
from varlor.errors import NotFoundError
from varlor.storage.credentials import has_token, suffices
from varlor.storage.scope import Scope
from varlor.storage.tables import ConnectorRow, CredentialRow, GrantRow, InboxRow

NOUN: Final = "connector"


def of_connector(table: type[CredentialRow | GrantRow | InboxRow]) -> ColumnElement[bool]:
    """Join what hangs on a connector to its row."""
    same_tenant = col(table.tenant_id) == col(ConnectorRow.tenant_id)
    return and_(same_tenant, col(table.connector_id) == col(ConnectorRow.id))


_WHOLE: Final = (
    select(ConnectorRow, CredentialRow, GrantRow, InboxRow)
    .where(col(ConnectorRow.tenant_id) == bindparam("tenant"), col(ConnectorRow.id) == bindparam("connector"))
    .join(CredentialRow, of_connector(CredentialRow))
    .outerjoin(GrantRow, of_connector(GrantRow))
    .outerjoin(InboxRow, of_connector(InboxRow))
)
"""Built once: every act begins with it."""


async def whole(
    scope: Scope, session: AsyncSession, connector_id: str
) -> tuple[ConnectorRow, CredentialRow, GrantRow | None, InboxRow | None]:
    """Raises NotFoundError for an unknown or foreign id."""
    key = {"tenant": scope.tenant, "connector": connector_id}
    found = (await session.exec(_WHOLE, params=key)).one_or_none()
    if found is None:
        raise NotFoundError(f"No such {NOUN}.")
    return found[0], found[1], found[2], found[3]


def show(
    row: ConnectorRow, credential: CredentialRow, grant: GrantRow | None, inbox: InboxRow | None
) -> Connector:
    settings = ConnectorSettings.model_validate(row.settings)
    return Connector.model_validate(
        {
            **settings.model_dump(by_alias=False),
            "id": row.id,
            "status": row.status,
            "has_credential": suffices(settings, credential.sealed, token=has_token(grant)),
            "hook_id": None if inbox is None else inbox.hook_id,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }
    )
