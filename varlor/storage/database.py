"""Sessions, and the one place where a driver's failure becomes one of ours."""

from asyncio import Lock, get_running_loop
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from varlor.errors import DamagedError, InvalidInputError, PartUnavailableError
from varlor.storage.engine import DURABLE, SNAPSHOT, WRITES, writer_of
from varlor.storage.group_commit import GroupCommit
from varlor.storage.tables import TenantRow

T = TypeVar("T")
Act = Callable[[Connection], Any]
_AWAY = (OperationalError, InterfaceError, InternalError, PoolTimeoutError)
_DAMAGE: Final = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
_NO_TABLE: Final = {"42P01", "42703", 1}  # undefined table, undefined column; SQLite's one code for both


class Database:
    """Reading, writing and snapshot sessions over one engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        postgres = engine.dialect.name == "postgresql"
        self._readers = engine
        self._writers = engine.execution_options(**{WRITES: True})
        self._durable_writers = engine.execution_options(**{WRITES: True, DURABLE: True})
        of_one_moment: dict[str, Any] = (
            {"isolation_level": "REPEATABLE READ"} if postgres else {SNAPSHOT: True}
        )
        self._snapshots = engine.execution_options(**of_one_moment)
        # SQLite has one writer at a time. Those of one process queue here, and go on the moment it is their
        # turn; the driver would sleep and ask again.
        self._turn = nullcontext() if postgres else Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._acts = (
            None if postgres else GroupCommit[tuple[Act, bool], Any](self._by(writer_of(engine)), lambda _: 0)
        )
        self._insert = postgresql.insert if postgres else sqlite.insert
        self._inserts = dict[type[TenantRow], postgresql.Insert | sqlite.Insert]()

    def insert(self, table: type[TenantRow]) -> postgresql.Insert | sqlite.Insert:
        """Return an insert that knows `ON CONFLICT`."""
        if table not in self._inserts:
            self._inserts[table] = self._insert(table)
        return self._inserts[table]

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncSession]:
        with named_failures():
            async with AsyncSession(self._readers, expire_on_commit=False) as session:
                yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[AsyncSession]:
        """Read several statements of one moment."""
        with named_failures():
            async with AsyncSession(self._snapshots, expire_on_commit=False) as session:
                yield session

    @asynccontextmanager
    async def write(self, *, durable: bool = False) -> AsyncGenerator[AsyncSession]:
        """Commit at the end, roll back on any error. `durable`: not even a loss of power undoes it."""
        writers = self._durable_writers if durable else self._writers
        with named_failures():
            async with (
                self._turn,
                AsyncSession(writers, expire_on_commit=False) as session,
                session.begin(),
            ):
                yield session

    async def at_once(self, act: Callable[[Connection], T], *, durable: bool = False) -> T:
        """Run a whole transaction: commit at the end, roll back on any error; `durable` as for `write`.

        `act` executes Core statements as if nothing were asynchronous. On SQLite it runs in a thread of its
        own, together with those that came while that was busy; it may run twice, the first time rolled back.
        """
        with named_failures():
            if self._acts is not None:
                return await self._acts.add((act, durable))
            async with (self._durable_writers if durable else self._writers).begin() as connection:
                return await connection.run_sync(act)

    def _by(self, writer: Engine) -> Callable[[Sequence[tuple[Act, bool]]], Awaitable[Sequence[Any]]]:
        durable_writer = writer.execution_options(**{DURABLE: True})

        async def together(given: Sequence[tuple[Act, bool]]) -> Sequence[Any]:
            engine = durable_writer if any(durable for _, durable in given) else writer
            acts = [act for act, _ in given]
            async with self._turn:
                return await get_running_loop().run_in_executor(self._thread, _transact, engine, acts)

        return together

    async def ping(self) -> None:
        with named_failures():
            async with self._readers.connect() as connection:
                await connection.execute(text("SELECT 1"))


def _transact(engine: Engine, acts: Sequence[Act]) -> Sequence[Any]:
    """Each act's answer, or its exception. One transaction for all; where one fails, one for each."""
    try:
        with engine.begin() as connection:
            return [act(connection) for act in acts]
    except OperationalError:  # the database's own trouble is everybody's
        raise
    except Exception:
        if len(acts) == 1:
            raise
    return [_alone(engine, act) for act in acts]


def _alone(engine: Engine, act: Act) -> Any:
    try:
        with engine.begin() as connection:
            return act(connection)
    except Exception as error:  # noqa: BLE001 - whoever waits for this act raises it
        return error


@contextmanager
def named_failures() -> Generator[None]:
    """Translate; the driver's own words are left out, they may name users, hosts and values."""
    try:
        yield
    except DataError:
        raise InvalidInputError("A value cannot be stored by the database.") from None
    except (*_AWAY, ProgrammingError) as error:
        if _code(error) in _NO_TABLE:
            detail = "The database is not prepared for this version: run `varlor db upgrade`."
            raise PartUnavailableError("database", detail) from None
        if isinstance(error, ProgrammingError):
            raise
        detail = f"The database does not answer ({_kind(error)})."
        raise PartUnavailableError("database", detail) from None
    except DatabaseError as error:  # SQLite's word for a file that it cannot make sense of
        if not _kind(error).startswith(_DAMAGE):
            raise
        detail = "The database's file is damaged, or is no database: restore it from a backup."
        raise DamagedError("database", detail) from None


def _code(error: Exception) -> Any:
    cause = error.orig if isinstance(error, DBAPIError) else None
    return getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorcode", None)


def _kind(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else None
    return getattr(cause, "sqlite_errorname", None) or type(cause or error).__name__
