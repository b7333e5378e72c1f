"""The async engine for SQLite and PostgreSQL, set up so that several processes can share either."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy import create_engine as create_plain_engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from varlor.errors import InvalidInputError
from varlor.storage.one_visit import OneVisitDriver

LastAct = TypeVar("LastAct", bound=Callable[[Connection], None])
WRITES: Final = "varlor_writes"
"""The execution option of a connection that is going to write."""
DURABLE: Final = "varlor_durable"
"""The execution option of a writing connection whose commit must outlive a loss of power."""
SNAPSHOT: Final = "varlor_snapshot"
"""The execution option of a connection whose statements are to read one moment."""
_LAST: Final = "varlor_last"  # where a connection keeps the last acts of its transaction
BUSY_SECONDS: Final = 15
CONNECT_SECONDS: Final = 5
POOL_SECONDS: Final = 15
SQLITE_CONNECTIONS: Final = 8
SILENCE_SECONDS: Final = 30  # unanswered TCP data for this long means that the server is gone


def create_engine(url: str) -> AsyncEngine:
    """Make the engine for `sqlite:///path` or `postgresql://…`; nothing connects before first use."""
    address = database_url(url)
    if address.get_backend_name() == "sqlite":
        engine = create_async_engine(
            address.set(drivername="sqlite+aiosqlite"),
            module=OneVisitDriver(),
            hide_parameters=True,
            pool_timeout=POOL_SECONDS,
            pool_size=SQLITE_CONNECTIONS,
            max_overflow=0,  # a connection beyond the pool would cost a thread and its pragmas each time
        )
        prepare_sqlite(engine.sync_engine)
        return engine
    engine = create_async_engine(
        address,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_timeout=POOL_SECONDS,
        connect_args=postgres_arguments(),
    )
    _prepare_commits(engine.sync_engine)
    return engine


def at_commit(connection: Connection, key: str, make: Callable[[], LastAct]) -> LastAct:
    """Answer this transaction's act of the key: called right before the commit, forgotten by a rollback."""
    acts: dict[str, LastAct] = connection.info.setdefault(_LAST, {})
    if key not in acts:
        acts[key] = make()
    return acts[key]


def writer_of(engine: AsyncEngine) -> Engine:
    """Make SQLite's engine for one writing thread; it is disposed of together with `engine`."""
    plain = create_plain_engine(
        engine.url.set(drivername="sqlite"), hide_parameters=True, pool_size=1, max_overflow=0
    )
    prepare_sqlite(plain)

    def dispose(_: Engine) -> None:
        plain.dispose()

    event.listen(engine.sync_engine, "engine_disposed", dispose)
    return plain.execution_options(**{WRITES: True})


def database_url(url: str) -> URL:
    """Read the setting; answers a URL for a synchronous driver. The text is never part of an error."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise InvalidInputError("VARLOR_DATABASE_URL is not a database URL.") from None
    backend = address.get_backend_name()
    if backend in {"postgresql", "postgres"}:
        return address.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and address.database not in {None, "", ":memory:"}:
        return address.set(drivername="sqlite")
    raise InvalidInputError("VARLOR_DATABASE_URL must begin with sqlite:///<path> or postgresql://.")


def postgres_arguments() -> dict[str, Any]:
    """Say when a PostgreSQL that does not answer counts as away."""
    return {"connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": SILENCE_SECONDS * 1000}


def prepare_sqlite(engine: Engine) -> None:
    """Give every connection its pragmas, and writers a lock from the first statement.

    A transaction that reads first and then writes fails at once when another process wrote in
    between, whatever its busy timeout; one that begins immediate waits for its turn. What only reads
    needs none: a statement sees one moment by itself.
    """
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    _prepare_commits(engine)


def _prepare_commits(engine: Engine) -> None:
    event.listen(engine, "commit", _finish)
    event.listen(engine, "rollback", _forget)


def _finish(connection: Connection) -> None:
    for act in connection.info.pop(_LAST, {}).values():
        act(connection)


def _forget(connection: Connection) -> None:
    if not connection.invalidated:  # one that was lost takes its notes along, and must not be asked for them
        connection.info.pop(_LAST, None)


def _set_pragmas(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    del entry
    connection.isolation_level = None  # the driver must not begin transactions behind our back
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(WRITES, False):
        _sync(connection, full=options.get(DURABLE, False))
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif options.get(SNAPSHOT, False):
        connection.exec_driver_sql("BEGIN")
    # Other reads see each statement's own moment, as PostgreSQL's do.


def _sync(connection: Connection, *, full: bool) -> None:
    """NORMAL keeps the file whole but may forget the last commits when power is lost; FULL does not."""
    if connection.info.get(DURABLE, False) != full:
        connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
        connection.info[DURABLE] = full


def make_folder(address: URL) -> None:
    """SQLite makes its file but not the folder around it."""
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
