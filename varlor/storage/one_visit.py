"""SQLite's statements in one visit to the connection's thread each, where SQLAlchemy's adapter makes four.

A visit costs a hundred times what a small statement does, because two threads hand the interpreter to
each other. Behaviour is the adapter's own, but for a rollback where there is nothing to roll back.
"""

import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import aiosqlite
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_connection
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util import EMPTY_DICT
from sqlalchemy.util.concurrency import await_


class _Answer(NamedTuple):
    """What a closed cursor leaves behind."""

    rows: Sequence[Any]
    description: Any
    rowcount: int
    lastrowid: int | None


_NOTHING: Final = _Answer((), None, -1, None)


class OneVisitCursor(AsyncAdapt_aiosqlite_cursor):
    """Executes, fetches and closes at once; the rows wait on this side."""

    __slots__ = ("_answer",)

    def __init__(self, adapt_connection: AsyncAdapt_dbapi_connection) -> None:
        inside: Any = adapt_connection  # the adapter's parts are each other's, not the public's
        self._adapt_connection = inside
        self._connection = inside._connection  # noqa: SLF001 - see above
        self._soft_closed_memoized = EMPTY_DICT
        self._rows = deque[Any]()
        self._answer = _NOTHING

    @property
    def description(self) -> Any:
        return self._answer.description

    @property
    def rowcount(self) -> int:
        return self._answer.rowcount

    @property
    def lastrowid(self) -> int:
        return self._answer.lastrowid or 0

    def execute(self, operation: Any, parameters: Any = None) -> Any:
        self._visit(operation, parameters or (), many=False)

    def executemany(self, operation: Any, seq_of_parameters: Any) -> Any:
        self._visit(operation, seq_of_parameters, many=True)

    def close(self) -> None:
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """Closed since it was executed."""

    def _visit(self, operation: str, parameters: Any, *, many: bool) -> None:
        adapter: Any = self._adapt_connection
        thread: Any = self._connection
        try:
            visit = thread._execute(_run, thread._conn, operation, parameters, many)  # noqa: SLF001 - its queue
            self._answer = await_(visit)
        except Exception as error:  # noqa: BLE001 - the adapter sorts them, as after its own visits
            adapter._handle_exception(error)  # noqa: SLF001 - see __init__
        self._rows = deque(self._answer.rows)


class OneVisitConnection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()

    _cursor_cls = OneVisitCursor

    def rollback(self) -> None:
        """The pool asks for one at each return, mostly after reads that began no transaction."""
        thread: Any = self._connection
        driver: sqlite3.Connection | None = thread._connection  # noqa: SLF001 - None once it is closed
        if driver is not None and driver.in_transaction:
            super().rollback()


class OneVisitDriver(AsyncAdapt_aiosqlite_dbapi):
    """What `create_async_engine` takes as its `module`."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arg: Any, **kw: Any) -> OneVisitConnection:
        plain: Any = super().connect(*arg, **kw)
        return OneVisitConnection(self, plain._connection)  # noqa: SLF001 - see OneVisitCursor


def _run(connection: sqlite3.Connection, operation: str, parameters: Any, many: bool) -> _Answer:
    cursor = connection.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(operation, parameters)
        rows = cursor.fetchall() if cursor.description else ()
        return _Answer(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()
