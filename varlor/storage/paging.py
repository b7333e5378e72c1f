"""Keyset pages, newest first: the cursor is where the last page ended, so inserts shift nothing.

It names its table: in another list the same place would leave rows out and say nothing.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import literal, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from varlor.errors import FieldProblem, InvalidInputError
from varlor.ports import Listing
from varlor.storage.tables import TenantRow

Row = TypeVar("Row", bound=TenantRow)
Item = TypeVar("Item")
_LARGEST: Final = 2**63 - 1


async def page(
    session: AsyncSession,
    query: SelectOfScalar[Row],
    show: Callable[[Row], Item],
    *,
    by: Sequence[str],
    limit: int,
    cursor: str | None,
) -> Listing[Item]:
    """Answer up to `limit` rows of `query` in descending order of the columns `by`."""
    columns = [query.selected_columns[name] for name in by]
    table = str(columns[0].table)
    if cursor is not None:
        values = _decode(cursor, table, [column.type.python_type for column in columns])
        bounds = [literal(value, column.type) for value, column in zip(values, columns, strict=True)]
        query = query.where(tuple_(*columns) < tuple_(*bounds))
    rows = (await session.exec(query.order_by(*(column.desc() for column in columns)).limit(limit + 1))).all()
    more = len(rows) > limit
    rows = rows[:limit]
    position = [getattr(rows[-1], name) for name in by] if rows and more else None
    return Listing([show(row) for row in rows], _encode([table, *position]) if position else None)


def _encode(position: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in position]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _decode(cursor: str, table: str, kinds: Sequence[type]) -> Sequence[Any]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        whose, *values = json.loads(text)
        if whose != table:
            raise ValueError  # noqa: TRY301 - answered like any other that does not fit
        return [_value(value, kind) for value, kind in zip(values, kinds, strict=True)]
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError):
        problem = FieldProblem("/cursor", "Use the nextCursor of the page before, unchanged.")
        raise InvalidInputError("The cursor is not one of ours.", problem) from None


def _value(value: object, kind: type) -> Any:
    if kind is datetime and isinstance(value, str):
        time = datetime.fromisoformat(value)
        if time.tzinfo == UTC:  # anything else was not made here
            return time
    if kind is str and isinstance(value, str):
        return value
    if kind is int and isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST:
        return value
    raise ValueError
