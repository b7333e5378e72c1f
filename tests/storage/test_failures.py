import asyncio
import threading
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from varlor.errors import InvalidInputError, PartUnavailableError
from varlor.ports import Clock, Store
from varlor.storage import Encryption, SqlStore, create_engine
from varlor.storage.database import Database
from varlor.storage.store import SqlTenantStore


@pytest.fixture
async def elsewhere(sealing: Encryption, clock: Clock) -> AsyncIterator[Callable[[str], SqlStore]]:
    """A store at another address."""
    engines: list[AsyncEngine] = []

    def make(url: str) -> SqlStore:
        engines.append(create_engine(url))
        return SqlStore(engines[-1], sealing, clock, lambda tenant, dataset: f"{tenant}/{dataset}")

    yield make
    for engine in engines:
        await engine.dispose()
    await no_threads()


async def no_threads() -> None:
    """Wait for the driver's threads to end."""
    async with asyncio.timeout(30):
        while "_connection_worker" in str(threading.enumerate()):  # noqa: ASYNC110 - threads ring no event
            await asyncio.sleep(0.01)


async def test_a_database_that_answers_is_no_news(store: Store) -> None:
    await store.ping()


async def test_a_database_that_is_away_is_named_and_its_address_is_not(
    elsewhere: Callable[[str], SqlStore],
) -> None:
    away = elsewhere("postgresql://varlor:canary-password@127.0.0.1:1/canary-name")
    tenant = away.tenant("acme")
    for act in (away.ping(), tenant.runs.get("run_1"), tenant.audit.write("a", actor="ann")):
        with pytest.raises(PartUnavailableError) as caught:
            await act
        assert caught.value.part == "database"
        assert caught.value.retryable
        assert "canary" not in "".join(traceback.format_exception(caught.value))


async def test_connections_that_the_server_dropped_are_made_again(
    elsewhere: Callable[[str], SqlStore], postgres_url: str
) -> None:
    dropped, other = elsewhere(postgres_url), create_engine(postgres_url)
    await asyncio.gather(*(dropped.ping() for _ in range(4)))
    theirs = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {theirs}"  # noqa: S608 - constants
    async with other.connect() as connection:
        await connection.execute(text(end))
    await asyncio.gather(*(dropped.ping() for _ in range(4)))
    await other.dispose()


async def test_a_connection_lost_within_a_transaction_is_a_database_away(postgres_url: str) -> None:
    engine, lost = create_engine(postgres_url), text("SELECT pg_terminate_backend(pg_backend_pid())")
    database = Database(engine)
    with pytest.raises(PartUnavailableError, match="AdminShutdown"):
        await database.at_once(lambda connection: connection.execute(lost))
    for session_of in (database.read, database.snapshot, database.write):
        with pytest.raises(PartUnavailableError, match="AdminShutdown"):
            async with session_of() as session:
                await (await session.connection()).execute(lost)
    await database.ping()
    await engine.dispose()


async def test_a_file_that_cannot_be_opened_is_a_database_away(
    elsewhere: Callable[[str], SqlStore], tmp_path: Path
) -> None:
    with pytest.raises(PartUnavailableError, match="CANTOPEN"):
        await elsewhere(f"sqlite:///{tmp_path / 'no' / 'folder.db'}").ping()


async def test_a_database_without_tables_says_what_to_do(
    elsewhere: Callable[[str], SqlStore], tmp_path: Path, postgres_url: str
) -> None:
    empty = postgres_url.replace("/postgres?", "/template1?")
    for url in (f"sqlite:///{tmp_path / 'empty.db'}", empty):
        with pytest.raises(PartUnavailableError, match="varlor db upgrade"):
            await elsewhere(url).tenant("acme").runs.get("run_1")


async def test_a_value_the_database_cannot_hold_is_the_callers_fault(tenant: SqlTenantStore) -> None:
    made = await tenant.datasets.create("a\x00\ud800b", connector_id=None)
    assert await tenant.datasets.find("a\x00\ud800b") == made
    assert await tenant.datasets.find("other\x00") is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "canary",
        "mysql://canary:canary@host/db",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://canary:canary@host:canary/db",
    ],
)
def test_an_address_of_another_kind_is_refused_without_echo(url: str) -> None:
    with pytest.raises(InvalidInputError, match="VARLOR_DATABASE_URL") as caught:
        create_engine(url)
    assert "canary" not in str(caught.value)


def test_both_spellings_of_postgresql_are_known() -> None:
    for url in ("postgres://h/db", "postgresql://h/db", "postgresql+psycopg://h/db"):
        assert create_engine(url).dialect.driver == "psycopg"


async def test_a_canceled_call_leaves_pool_and_threads_whole(
    tenant: SqlTenantStore, engine: AsyncEngine
) -> None:
    for _ in range(30):
        call = asyncio.create_task(tenant.audit.write("a", actor="ann"))
        await asyncio.sleep(0.001)  # into the middle of the call: that is what is tried here
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    await tenant.audit.write("a", actor="ann")
    assert await tenant.audit.verify() is None
    await engine.dispose()
    await no_threads()
