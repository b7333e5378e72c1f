"""Which token leaves with a request: a real database, a real Redis, and a keep-token-fresh in small."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from redis.asyncio import Redis

from tests.auth.conftest import MovableClock
from tests.auth.keeper import SETTINGS, TENANT, KeepFresh, sent
from varlor import names
from varlor.auth.tokens import TokenManagerService
from varlor.cache import RedisTokenCache, connect
from varlor.connectors import APIConnectorService
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.contracts.connector import Connector, ConnectorSettings, Secrets
from varlor.contracts.oauth import OAuthConfig
from varlor.crypto import EncryptionService, Keyring, new_master_key
from varlor.errors import AuthRequiredError, PartUnavailableError
from varlor.ports import Discoverer, Grant, RateWindow, WaitRequiredError
from varlor.storage import SqlStore, create_engine
from varlor.storage.migrate import upgrade


@pytest.fixture
def sealing() -> EncryptionService:
    return EncryptionService(Keyring.parse(new_master_key()))


@pytest.fixture
async def store(tmp_path: Path, sealing: EncryptionService, clock: MovableClock) -> AsyncIterator[SqlStore]:
    url = f"sqlite:///{tmp_path / 'varlor.db'}"
    upgrade(url)
    engine = create_engine(url)
    yield SqlStore(engine, sealing, clock, lambda tenant, dataset: f"{tenant}/{dataset}")
    await engine.dispose()


@pytest.fixture
def keeper(store: SqlStore, clock: MovableClock) -> KeepFresh:
    return KeepFresh(store, clock)


@pytest.fixture
async def manager(
    store: SqlStore,
    redis: Redis,
    sealing: EncryptionService,
    keeper: KeepFresh,
    clock: MovableClock,
    tls: ssl.SSLContext,
) -> AsyncIterator[TokenManagerService]:
    client = GuardedClient(EgressPolicy(), verify=tls)
    nothing_is_sent = cast("RateWindow", None), cast("Discoverer", None)
    connectors = APIConnectorService(client, *nothing_is_sent, clock)
    yield TokenManagerService(store, connectors, RedisTokenCache(redis, sealing, clock), keeper, clock)
    await client.aclose()


@pytest.fixture
async def connector(store: SqlStore) -> Connector:
    return await store.tenant(TENANT).connectors.create(SETTINGS, Secrets(), created_by="ann")


async def test_a_static_credential_goes_as_it_is(manager: TokenManagerService, store: SqlStore) -> None:
    settings = ConnectorSettings(name="a", base_url="https://api.example.com", auth_type="bearer")
    secrets = Secrets.model_validate({"bearer_token": "t"})
    made = await store.tenant(TENANT).connectors.create(settings, secrets, created_by="ann")
    assert await sent(manager, made) == "Bearer t"


async def test_a_fresh_token_asks_nobody_and_only_its_access_half_is_in_redis(
    manager: TokenManagerService, keeper: KeepFresh, connector: Connector, redis: Redis
) -> None:
    await keeper.connect(connector.id)
    assert await sent(manager, connector) == "Bearer access-1"
    kept = [key async for key in redis.scan_iter("connector:*")]  # events of other tests may come late
    assert len(kept) == 1
    assert await sent(manager, connector) == "Bearer access-1"
    await redis.flushall()
    assert await sent(manager, connector) == "Bearer access-1"
    assert keeper.asked == []


async def test_redis_away_loses_nothing(
    store: SqlStore, sealing: EncryptionService, keeper: KeepFresh, clock: MovableClock, connector: Connector
) -> None:
    await keeper.connect(connector.id)
    away = connect("redis://127.0.0.1:1")
    cache = RedisTokenCache(away, sealing, clock)
    manager = TokenManagerService(store, cast("APIConnectorService", None), cache, keeper, clock)
    assert await sent(manager, connector) == "Bearer access-1"
    await away.aclose()


async def test_a_token_about_to_end_is_renewed_first(
    manager: TokenManagerService, keeper: KeepFresh, clock: MovableClock, connector: Connector
) -> None:
    await keeper.connect(connector.id, life=60)
    auth = await manager.auth(TENANT, connector)
    assert (await auth.parts()).headers["Authorization"] == "Bearer access-1"
    clock.move(56)
    assert (await auth.parts()).headers["Authorization"] == "Bearer access-2"
    assert keeper.asked == [(1, False)]


async def test_a_token_that_others_renewed_is_picked_up_with_the_next_request(
    manager: TokenManagerService, keeper: KeepFresh, connector: Connector
) -> None:
    await keeper.connect(connector.id)
    running = await manager.auth(TENANT, connector)
    await running.parts()
    await keeper.connect(connector.id, 1)
    other = await manager.auth(TENANT, connector)
    assert await other.refused() is False  # it has sent nothing
    await manager.stored(TENANT, connector)
    assert (await running.parts()).headers["Authorization"] == "Bearer access-2"
    assert keeper.asked == []


NO_TOKEN = "The authorization server gives no new token now."


async def test_a_failing_provider_is_no_matter_until_the_token_ends(
    manager: TokenManagerService, keeper: KeepFresh, clock: MovableClock, connector: Connector
) -> None:
    await keeper.connect(connector.id, life=60)
    keeper.down = True
    clock.move(57)
    assert await sent(manager, connector) == "Bearer access-1"
    clock.move(5)
    with pytest.raises(WaitRequiredError) as caught:
        await sent(manager, connector)
    assert (caught.value.reason, caught.value.seconds) == ("retry", 30)
    assert (caught.value.told().kind, caught.value.told().detail) == ("unreachable", NO_TOKEN)
    keeper.down = False
    assert await sent(manager, connector) == "Bearer access-2"


async def test_temporal_away_is_no_matter_until_the_token_ends(
    manager: TokenManagerService, keeper: KeepFresh, clock: MovableClock, connector: Connector
) -> None:
    await keeper.connect(connector.id, life=60)
    keeper.away = True
    clock.move(57)
    assert await sent(manager, connector) == "Bearer access-1"
    clock.move(5)
    with pytest.raises(PartUnavailableError):
        await sent(manager, connector)


async def test_a_refused_token_is_renewed_once(
    manager: TokenManagerService, keeper: KeepFresh, connector: Connector
) -> None:
    await keeper.connect(connector.id)
    first, second = [await manager.auth(TENANT, connector) for _ in range(2)]
    for auth in (first, second):
        await auth.parts()
    for auth in (first, second):
        assert await auth.refused()
        assert (await auth.parts()).headers["Authorization"] == "Bearer access-2"
    assert keeper.asked == [(1, True)]  # the second found what the first had brought about


async def test_a_refused_token_is_not_sent_again_while_redis_is_away(
    store: SqlStore, sealing: EncryptionService, keeper: KeepFresh, clock: MovableClock, connector: Connector
) -> None:
    await keeper.connect(connector.id)
    away = connect("redis://127.0.0.1:1")
    cache = RedisTokenCache(away, sealing, clock)
    auth = await TokenManagerService(store, cast("APIConnectorService", None), cache, keeper, clock).auth(
        TENANT, connector
    )
    await auth.parts()
    assert await auth.refused()
    assert (await auth.parts()).headers["Authorization"] == "Bearer access-2"
    await away.aclose()


async def test_a_redis_restored_under_a_reading_does_not_bring_an_older_token_back(
    manager: TokenManagerService, keeper: KeepFresh, connector: Connector, redis: Redis
) -> None:
    await keeper.connect(connector.id)
    await sent(manager, connector)
    key = names.token_key(TENANT, connector.id)
    copy = await redis.dump(key)
    auth = await manager.auth(TENANT, connector)
    await keeper.connect(connector.id, 1)
    await manager.stored(TENANT, connector)
    assert (await auth.parts()).headers["Authorization"] == "Bearer access-2"
    await redis.restore(key, 60_000, copy or b"", replace=True)
    assert (await auth.parts()).headers["Authorization"] == "Bearer access-2"


async def test_a_redis_restored_from_an_old_copy_costs_one_refused_request(
    manager: TokenManagerService, keeper: KeepFresh, connector: Connector
) -> None:
    await keeper.connect(connector.id)
    await sent(manager, connector)  # Redis holds the first token
    await keeper.connect(connector.id, 1)  # which the database has a successor of
    auth = await manager.auth(TENANT, connector)
    assert (await auth.parts()).headers["Authorization"] == "Bearer access-1"
    assert await auth.refused()
    assert (await auth.parts()).headers["Authorization"] == "Bearer access-2"
    assert await sent(manager, connector) == "Bearer access-2"
    assert keeper.asked == []  # nothing was refreshed for that


async def test_a_refused_token_waits_for_a_failing_provider(
    manager: TokenManagerService, keeper: KeepFresh, connector: Connector
) -> None:
    await keeper.connect(connector.id)
    auth = await manager.auth(TENANT, connector)
    await auth.parts()
    keeper.down = True
    with pytest.raises(WaitRequiredError) as caught:
        await auth.refused()
    assert caught.value.reason == "retry"


@pytest.mark.parametrize(("again", "seconds"), [(3600, 300), (-60, 5), (None, 5), (30, 30)])
async def test_a_failing_provider_is_waited_for_but_neither_briefly_nor_blindly(
    manager: TokenManagerService,
    keeper: KeepFresh,
    clock: MovableClock,
    connector: Connector,
    again: float | None,
    seconds: float,
) -> None:
    await keeper.connect(connector.id, life=60)
    keeper.down, keeper.again = True, again
    clock.move(61)
    with pytest.raises(WaitRequiredError) as caught:
        await sent(manager, connector)
    assert caught.value.seconds == seconds


async def test_a_clock_that_is_ahead_stops_no_token_that_its_keeper_holds_for_good(
    manager: TokenManagerService, keeper: KeepFresh, clock: MovableClock, connector: Connector
) -> None:
    await keeper.connect(connector.id, life=60)
    keeper.content = True
    clock.move(120)
    assert await sent(manager, connector) == "Bearer access-1"
    assert keeper.asked == [(1, False)]


async def test_only_the_user_can_help_when_there_is_no_token(
    manager: TokenManagerService, keeper: KeepFresh, store: SqlStore, connector: Connector, redis: Redis
) -> None:
    with pytest.raises(AuthRequiredError):
        await sent(manager, connector)
    await keeper.connect(connector.id)
    auth = await manager.auth(TENANT, connector)
    await auth.parts()
    await store.tenant(TENANT).grants.mark(connector.id, "needs_reauth", expected_version=1)
    with pytest.raises(AuthRequiredError):
        await auth.refused()
    await redis.flushall()
    with pytest.raises(AuthRequiredError):
        await sent(manager, connector)
    await keeper.connect(connector.id, 1)
    assert await sent(manager, connector) == "Bearer access-2"
    await store.tenant(TENANT).grants.erase(connector.id)
    await redis.flushall()
    with pytest.raises(AuthRequiredError):
        await sent(manager, connector)


async def test_a_machines_first_token_is_fetched_when_it_is_needed(
    manager: TokenManagerService, keeper: KeepFresh, store: SqlStore
) -> None:
    config = OAuthConfig(grant="client_credentials", token_url="https://id.example.com/t", client_id="c")
    machine = SETTINGS.model_copy(update={"oauth_config": config})
    made = await store.tenant(TENANT).connectors.create(machine, Secrets(), created_by="ann")
    assert await sent(manager, made) == "Bearer access-1"
    assert keeper.asked == [(0, False)]


async def test_a_token_without_an_end_is_used_until_it_is_refused(
    manager: TokenManagerService,
    keeper: KeepFresh,
    store: SqlStore,
    clock: MovableClock,
    connector: Connector,
) -> None:
    grant = Grant("opaque", None, "Bearer", (), clock.now(), None)
    await store.tenant(TENANT).grants.write(connector.id, grant, expected_version=0)
    clock.move(86_400 * 365)
    assert await sent(manager, connector) == "Bearer opaque"
    assert keeper.asked == []
