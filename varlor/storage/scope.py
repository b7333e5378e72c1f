"""One tenant's view of the tables: every statement of a repository starts here, already filtered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import ColumnElement, Delete, Update, and_, delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from varlor.errors import NotFoundError
from varlor.ports import Clock
from varlor.storage.database import Database
from varlor.storage.tables import TenantRow

Row = TypeVar("Row", bound=TenantRow)


class Encryption(Protocol):
    """Seals a value for one place; `open` raises SealError anywhere else."""

    @property
    def key_version(self) -> str: ...
    def seal(self, plaintext: bytes, *, tenant: str, connector: str, field: str, version: int) -> str: ...
    def open(self, token: str, *, tenant: str, connector: str, field: str, version: int) -> bytes: ...


@dataclass(frozen=True, slots=True, repr=False)
class Scope:
    """What a repository works with; `locate` answers where a dataset's table lies, by tenant and id."""

    tenant: str
    database: Database
    encryption: Encryption
    clock: Clock
    locate: Callable[[str, str], str]

    def mine(self, table: type[TenantRow]) -> ColumnElement[bool]:
        return col(table.tenant_id) == self.tenant

    def select(self, table: type[Row], *where: ColumnElement[bool]) -> SelectOfScalar[Row]:
        return select(table).where(self.mine(table), *where)

    def update(self, table: type[TenantRow], *where: ColumnElement[bool]) -> Update:
        statement = update(table).where(and_(self.mine(table), *where))
        return statement.execution_options(synchronize_session=False)

    def delete(self, table: type[TenantRow], *where: ColumnElement[bool]) -> Delete:
        statement = delete(table).where(and_(self.mine(table), *where))
        return statement.execution_options(synchronize_session=False)

    async def one(
        self,
        session: AsyncSession,
        noun: str,
        table: type[Row],
        *where: ColumnElement[bool],
        lock: bool = False,
    ) -> Row:
        """Answer the row, locked until the transaction ends if asked; NotFoundError names the noun alone."""
        query = self.select(table, *where)
        row = (await session.exec(query.with_for_update() if lock else query)).one_or_none()
        if row is None:
            raise NotFoundError(f"No such {noun}.")
        return row
