"""Every sealed value of every tenant, for the one errand that is nobody's own: changing the master key.

A new table with sealed values is one more entry in `HOLDINGS`; a test compares it with the tables.
"""

import json
import typing
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, CursorResult, Text, and_, cast, func, tuple_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from varlor.contracts.messages import ResealProgress
from varlor.errors import InvalidInputError, SealError
from varlor.storage.audit import HEAD_FIELD
from varlor.storage.columns import PositionOf
from varlor.storage.database import Database
from varlor.storage.idempotency import ANSWER_FIELD
from varlor.storage.notifications import SECRET_FIELD
from varlor.storage.scope import Encryption
from varlor.storage.tables import (
    AuditHeadRow,
    CredentialRow,
    GrantRow,
    IdempotencyRow,
    NotificationTargetRow,
    TenantRow,
)

_FORMAT: Final = "vl1."
_SAMPLES: Final = 5  # of each table and key


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value belongs: what `Encryption.open` wants to know beside the tenant."""

    connector: str
    field: str
    version: int


@dataclass(frozen=True, slots=True)
class Holding:
    """A table's sealed values: one text, or one for each field of a JSON object beside `key_version`."""

    table: type[TenantRow]
    key: str
    sealed: str
    place: Callable[[Any, str], Place]

    @property
    def many(self) -> bool:
        return hasattr(self.table, "key_version")

    def column(self, name: str) -> Any:
        return col(getattr(self.table, name))

    def id(self) -> list[Any]:
        return [self.column(name) for name in dict.fromkeys(("tenant_id", self.key))]

    def key_version(self) -> ColumnElement[str]:
        if self.many:
            return self.column("key_version")
        rest = func.substr(self.column(self.sealed), len(_FORMAT) + 1)
        return func.substr(rest, 1, PositionOf(rest, ".") - 1)


HOLDINGS: Final = (
    Holding(
        CredentialRow,
        "connector_id",
        "sealed",
        lambda row, field: Place(row.connector_id, field, row.version),
    ),
    Holding(
        GrantRow,
        "connector_id",
        "sealed",
        lambda row, field: Place(row.connector_id, f"grant/{field}", row.version),
    ),
    Holding(IdempotencyRow, "key", "answer", lambda row, _: Place(row.key, ANSWER_FIELD, 1)),
    Holding(
        NotificationTargetRow, "tenant_id", "sealed", lambda row, _: Place("", SECRET_FIELD, row.version)
    ),
    Holding(AuditHeadRow, "tenant_id", "seal", lambda row, _: Place("", HEAD_FIELD, row.count)),
)


class Resealing:
    """Re-seals row by row, each by compare-and-swap on its old ciphertext, while the system runs."""

    def __init__(self, database: Database, encryption: Encryption) -> None:
        self._database = database
        self._encryption = encryption

    async def batch(self, after: str | None, limit: int) -> ResealProgress:
        number, last = json.loads(after) if after is not None else (0, None)
        holding = HOLDINGS[number]
        async with self._database.read() as session:
            rows = (await session.exec(self._due(holding, last).limit(limit))).all()
        ends = Counter([await self._reseal(holding, row) for row in rows])
        following = [number, [getattr(rows[-1], column.key) for column in holding.id()]] if rows else None
        if len(rows) < limit:
            following = [number + 1, None] if number + 1 < len(HOLDINGS) else None
        cursor = json.dumps(following) if following is not None else None
        return ResealProgress(
            after=cursor,
            looked_at=len(rows),
            resealed=ends["resealed"],
            skipped=ends["skipped"],
            unopened=ends["unopened"],
        )

    async def usage(self) -> Mapping[str, int]:
        found = {self._encryption.key_version: 0}
        async with self._database.snapshot() as session:
            for holding in HOLDINGS:
                version = holding.key_version()
                query = select(version, func.count()).where(_holds(holding)).group_by(version)
                for name, rows in await session.exec(query):
                    found[name] = found.get(name, 0) + rows
        return found

    async def check(self) -> None:
        for version, rows in (await self.lost()).items():
            raise InvalidInputError(
                f"Master key {version} is missing or is another key of that name, and {rows} stored "
                "rows need it: give it after the newest one, then run `varlor keys rotate`."
            )

    async def lost(self) -> Mapping[str, int]:
        """Open some values under each key in use: one may have been damaged, all of them hardly."""
        usage = await self.usage()
        async with self._database.snapshot() as session:
            return {
                version: rows
                for version, rows in usage.items()
                if rows and not await self._any_opens(session, version)
            }

    async def _any_opens(self, session: AsyncSession, version: str) -> bool:
        for holding in HOLDINGS:
            same = holding.key_version() == version
            query = select(holding.table).where(_holds(holding), same).limit(_SAMPLES)
            for row in (await session.exec(query)).all():
                with suppress(SealError):
                    self._opened(holding, row)
                    return True
        return False

    def _due(self, holding: Holding, last: list[str] | None) -> Any:
        """Rows that are not under the newest key, in the order of their ids."""
        query = select(holding.table).where(
            _holds(holding), holding.key_version() != self._encryption.key_version
        )
        if last is not None:
            query = query.where(tuple_(*holding.id()) > tuple_(*last))
        return query.order_by(*holding.id())

    async def _reseal(self, holding: Holding, row: Any) -> Literal["resealed", "skipped", "unopened"]:
        """Answers what came of it: another key or another value may have come in between."""
        try:
            plain = self._opened(holding, row)
        except SealError:
            return "unopened"
        fresh = {
            field: self._encryption.seal(value, tenant=row.tenant_id, **_place(holding, row, field))
            for field, value in plain.items()
        }
        same = [column == getattr(row, column.key) for column in holding.id()]
        if holding.many:
            same += [holding.column(name) == getattr(row, name) for name in ("version", "key_version")]
            values: dict[str, Any] = {holding.sealed: fresh, "key_version": self._encryption.key_version}
        else:
            same.append(holding.column(holding.sealed) == getattr(row, holding.sealed))
            values = {holding.sealed: fresh[holding.sealed]}
        statement = update(holding.table).where(and_(*same)).values(values)
        async with self._database.write() as session:
            done = await session.exec(statement.execution_options(synchronize_session=False))
            return "resealed" if typing.cast("CursorResult[Any]", done).rowcount else "skipped"

    def _opened(self, holding: Holding, row: Any) -> dict[str, bytes]:
        held = getattr(row, holding.sealed)
        return {
            field: self._encryption.open(token, tenant=row.tenant_id, **_place(holding, row, field))
            for field, token in (held.items() if holding.many else [(holding.sealed, held)])
        }


def _holds(holding: Holding) -> ColumnElement[bool]:
    sealed = holding.column(holding.sealed)
    return cast(sealed, Text) != "{}" if holding.many else sealed.is_not(None)


def _place(holding: Holding, row: Any, field: str) -> dict[str, Any]:
    place = holding.place(row, field)
    return {"connector": place.connector, "field": place.field, "version": place.version}
