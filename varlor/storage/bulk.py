"""Many rows in one statement: SQLite hands the interpreter over at each step it takes."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, Table


def insert_new(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> int:
    """Insert those of `rows` (values in the order of `columns`) whose keys are new; answers how many were."""
    dialect = connection.dialect
    processors = [_processor(table, column, dialect) for column in columns]
    values = ((p(value) if p else value for p, value in zip(processors, row, strict=True)) for row in rows)
    text = _text(table.name, tuple(columns), len(rows), "?" if dialect.paramstyle == "qmark" else "%s")
    return connection.exec_driver_sql(text, tuple(chain.from_iterable(values))).rowcount


def _processor(table: Table, column: str, dialect: Dialect) -> Any:
    return table.c[column].type.dialect_impl(dialect).bind_processor(dialect)


@lru_cache(maxsize=1024)
def _text(table: str, columns: tuple[str, ...], rows: int, mark: str) -> str:
    row = f"({', '.join([mark] * len(columns))})"
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)} ON CONFLICT DO NOTHING"  # noqa: S608 - our own names, no value
    )
