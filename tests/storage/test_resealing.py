import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.crypto import EncryptionService, Keyring, new_master_key
from varlor.errors import InvalidInputError, SealError
from varlor.ports import Clock, Grant, RememberedAnswer
from varlor.storage import SqlStore, create_engine
from varlor.storage.migrate import upgrade
from varlor.storage.resealing import HOLDINGS
from varlor.storage.tables import METADATA

OLD, NEW, WRONG = new_master_key("v1_a"), new_master_key("v2"), new_master_key("v1_a")
BOTH = f"{NEW},{OLD}"
SETTINGS = ConnectorSettings(name="a", base_url="https://api.example.com", auth_type="oauth2")
SECRETS = Secrets.model_validate({"client_secret": "s", "private_key": "p"})
GRANT = Grant("access", "refresh", "Bearer", (), datetime(2026, 1, 1, tzinfo=UTC), None)
ANSWER = RememberedAnswer("print", 201, {"secret": "once"})
TENANTS = ("acme", "beta")

Open = Callable[[str], SqlStore]


@pytest.fixture
async def own_engine(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path
) -> AsyncIterator[AsyncEngine]:
    """A database of this test's own: rotation reaches over all tenants."""
    if database_url.startswith("sqlite"):
        database_url = f"sqlite:///{tmp_path / 'own.db'}"
        upgrade(database_url)
    engine = create_engine(database_url)
    async with engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            await connection.execute(table.delete())
    yield engine
    await engine.dispose()


@pytest.fixture
def under(own_engine: AsyncEngine, clock: Clock) -> Open:
    """The store under these master keys."""
    return lambda keys: SqlStore(
        own_engine,
        EncryptionService(Keyring.parse(keys)),
        clock,
        lambda tenant, dataset: f"{tenant}/{dataset}",
    )


async def furnish(store: SqlStore, connectors: int = 3) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {}
    for name in TENANTS:
        tenant = store.tenant(name)
        made = [
            await tenant.connectors.create(SETTINGS, SECRETS, created_by="ann") for _ in range(connectors)
        ]
        for connector in made:
            await tenant.grants.write(connector.id, GRANT, expected_version=0)
        await tenant.connectors.create(SETTINGS, Secrets(), created_by="ann")
        await tenant.audit.write("canary", actor="ann")
        await tenant.idempotency.begin("key", "print")
        await tenant.idempotency.finish("key", ANSWER)
        await tenant.idempotency.begin("unfinished", "print")
        ids[name] = [connector.id for connector in made]
    return ids


async def reads_all(store: SqlStore, ids: dict[str, list[str]]) -> None:
    for name, connectors in ids.items():
        tenant = store.tenant(name)
        for connector_id in connectors:
            assert await tenant.connectors.secrets(connector_id) == SECRETS
            opened = await tenant.grants.open(connector_id)
            assert opened is not None
            assert (opened[0].access_token, opened[0].refresh_token) == ("access", "refresh")
        assert await tenant.idempotency.begin("key", "print") == ANSWER
        assert await tenant.audit.verify() is None


async def rotate(store: SqlStore, limit: int = 2) -> tuple[int, int, int]:
    after, resealed, skipped, unopened = None, 0, 0, 0
    for _ in range(200):
        done = await store.reseal_batch(after, limit)
        assert done.looked_at <= limit
        resealed += done.resealed
        skipped += done.skipped
        unopened += done.unopened
        after = done.after
        if after is None:
            return resealed, skipped, unopened
    pytest.fail("the rotation does not end")


def test_every_sealed_column_is_known() -> None:
    """A table that seals something says so by a column of one of these names."""
    telling = {"sealed", "key_version", "seal", "answer"}
    sealing = {table.name for table in METADATA.sorted_tables if telling & set(table.columns.keys())}
    assert sealing == {holding.table.__tablename__ for holding in HOLDINGS}


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_everything_moves_to_the_newest_key(under: Open, limit: int) -> None:
    ids = await furnish(under(OLD))
    both = under(BOTH)
    assert await both.key_usage() == {"v2": 0, "v1_a": 16}
    assert await rotate(both, limit) == (16, 0, 0)
    assert await both.key_usage() == {"v2": 16}
    assert await rotate(both, limit) == (0, 0, 0)
    await reads_all(under(NEW), ids)
    with pytest.raises(SealError):
        await under(OLD).tenant("acme").connectors.secrets(ids["acme"][0])


async def test_a_rotation_that_was_killed_goes_on_where_it_was(under: Open) -> None:
    ids = await furnish(under(OLD))
    first = await under(BOTH).reseal_batch(None, 5)
    assert first.resealed == 5
    rest = await under(BOTH).reseal_batch(first.after, 100)  # another process, with the cursor
    assert rest.resealed == 1
    again = await rotate(under(BOTH))  # or without it
    assert again == (10, 0, 0)
    await reads_all(under(NEW), ids)


async def test_a_rotation_under_load_loses_nothing(under: Open) -> None:
    """Old and new processes write while rows are re-sealed; a second pass takes what the old ones wrote."""
    old, both = under(OLD), under(BOTH)
    ids = await furnish(old)
    stop = asyncio.Event()

    async def write(store: SqlStore, tenant: str, connector: str) -> int:
        version = 1
        while not stop.is_set():
            held = store.tenant(tenant)
            version = (await held.grants.write(connector, GRANT, expected_version=version)).version
            await held.audit.write("load", actor="ann")
            await held.connectors.update(connector, SETTINGS, SECRETS)
        return version

    writers = [
        asyncio.create_task(write(store, tenant, ids[tenant][n]))
        for n, (store, tenant) in enumerate([(old, "acme"), (both, "beta")])
    ]
    for _ in range(3):
        await rotate(both)
    stop.set()
    versions = await asyncio.gather(*writers)
    await rotate(both)
    assert set(await both.key_usage()) == {"v2"}
    await reads_all(under(NEW), ids)
    for n, tenant in enumerate(TENANTS):
        state = await both.tenant(tenant).grants.state(ids[tenant][n])
        assert state.version == versions[n]


async def test_an_old_key_cannot_be_dropped_while_a_row_needs_it(under: Open) -> None:
    await under(NEW).check_keys()  # nothing is stored yet
    await furnish(under(OLD))
    await under(OLD).check_keys()
    await under(BOTH).check_keys()
    with pytest.raises(InvalidInputError, match=r"v1_a .* 16 stored rows"):
        await under(NEW).check_keys()
    await rotate(under(BOTH))
    await under(NEW).check_keys()


async def test_another_key_of_the_same_name_is_noticed_at_the_start(under: Open) -> None:
    await furnish(under(OLD))
    for keys in (WRONG, f"{NEW},{WRONG}"):
        with pytest.raises(InvalidInputError, match="v1_a"):
            await under(keys).check_keys()


async def test_a_damaged_value_stops_neither_start_nor_rotation(under: Open, own_engine: AsyncEngine) -> None:
    ids = await furnish(under(OLD))
    async with own_engine.begin() as connection:
        damage = text("UPDATE credentials SET sealed = :value WHERE connector_id = :id")
        sealed = '{"client_secret": "vl1.v1_a.AAAA"}'
        await connection.execute(damage, {"value": sealed, "id": ids["acme"][0]})
    both = under(BOTH)
    await both.check_keys()
    assert await rotate(both) == (15, 0, 1)
    assert await both.key_usage() == {"v2": 15, "v1_a": 1}
