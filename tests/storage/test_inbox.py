"""The inbox on both databases: durable in groups, each event once, numbered as they become visible."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.storage.conftest import SteppingClock
from varlor.contracts.connector import Connector, ConnectorSettings, Secrets
from varlor.contracts.webhook import WebhookConfig
from varlor.errors import ConflictError, NotFoundError, PartUnavailableError
from varlor.ports import Arrival, Hook
from varlor.storage import SqlStore
from varlor.storage.group_commit import MOST_WAITING_BYTES
from varlor.storage.hooks import event_key
from varlor.storage.store import SqlTenantStore

SETTINGS = ConnectorSettings(name="events", api_type="webhook", webhook_config=WebhookConfig())
FIRST, SECOND = "first-secret-of-all", "second-secret-of-all"


@pytest.fixture
async def connector(tenant: SqlTenantStore) -> Connector:
    secrets = Secrets.model_validate({"webhook_secret": FIRST})
    return await tenant.connectors.create(SETTINGS, secrets, created_by="ann")


@pytest.fixture
async def hook(store: SqlStore, connector: Connector) -> Hook:
    return await found(store, connector)


async def found(store: SqlStore, connector: Connector, *, newest: bool = False) -> Hook:
    hook = await store.hooks.find(connector.hook_id or "", newest=newest)
    assert hook is not None
    return hook


def arrival(number: int, body: bytes = b'{"a":1}') -> Arrival:
    return Arrival(f"e{number}", body)


async def test_a_hook_is_found_by_its_address_alone(
    store: SqlStore, hook: Hook, connector: Connector
) -> None:
    assert (hook.connector_id, list(hook.secrets)) == (connector.id, [FIRST])
    assert await store.hooks.find("no-such-address") is None
    assert FIRST not in repr(hook)


async def test_many_at_once_are_each_stored_once_and_in_order(
    store: SqlStore, tenant: SqlTenantStore, hook: Hook
) -> None:
    numbers = [*range(700), *range(0, 700, 7)]
    kept = await asyncio.gather(*(store.hooks.accept(hook, arrival(number)) for number in numbers))
    assert all(kept)
    events = await tenant.inbox.waiting(hook.connector_id, after=0, most=10_000, most_bytes=10**9)
    assert [event.event_id for event in events] == [f"e{number}" for number in range(700)]
    assert [event.sequence for event in events] == sorted({event.sequence for event in events})
    assert (await tenant.inbox.state(hook.connector_id)).waiting == 700
    assert [(ref.tenant_id, ref.connector_id) for ref in await store.waiting_inboxes()].count(
        (hook.tenant_id, hook.connector_id)
    ) == 1


async def test_an_id_that_holds_a_nul_is_stored_on_either_database(
    store: SqlStore, tenant: SqlTenantStore, hook: Hook
) -> None:
    for event_id in ("a\0", "a\0", "a\ufffd", "\0"):
        assert await store.hooks.accept(hook, Arrival(event_id, b"{}"))
    events = await tenant.inbox.waiting(hook.connector_id, after=0, most=10, most_bytes=10**9)
    assert [event.event_id for event in events] == ["a\ufffd", "a\ufffd", "\ufffd"]


async def test_two_processes_number_without_a_gap_that_a_reader_could_fall_into(
    store: SqlStore,
    make_store: Callable[[str], SqlStore],
    tenant: SqlTenantStore,
    hook: Hook,
    master_key: str,
) -> None:
    """A reader that has seen a number has seen all before it, whoever commits last."""
    other = make_store(master_key)
    seen, done = list[int](), asyncio.Event()

    async def watch() -> None:
        while not done.is_set() or len(seen) < 200:
            after = seen[-1] if seen else 0
            events = await tenant.inbox.waiting(hook.connector_id, after=after, most=10_000, most_bytes=10**9)
            seen.extend(event.sequence for event in events)

    watching = asyncio.create_task(watch())
    writers = [(store if number % 2 else other).hooks.accept(hook, arrival(number)) for number in range(200)]
    await asyncio.gather(*writers)
    done.set()
    await asyncio.wait_for(watching, 30)
    assert len(seen) == len(set(seen)) == 200


async def test_the_same_event_is_known_again_after_it_was_drained(
    store: SqlStore, tenant: SqlTenantStore, hook: Hook, engine: AsyncEngine
) -> None:
    await store.hooks.accept(hook, arrival(1))
    await tenant.inbox.drained(hook.connector_id, 1)
    await store.hooks.accept(hook, arrival(1))
    await store.hooks.accept(hook, arrival(2))
    events = await tenant.inbox.waiting(hook.connector_id, after=0, most=10, most_bytes=10**9)
    assert [event.event_id for event in events] == ["e2"]
    query = text("SELECT body FROM inbox_events WHERE connector_id = :id AND status = 'drained'")
    async with engine.connect() as connection:
        kept = (await connection.execute(query, {"id": hook.connector_id})).all()
    assert [row[0] for row in kept] == [None]


async def test_old_ids_are_forgotten_and_young_ones_are_not(
    store: SqlStore, tenant: SqlTenantStore, hook: Hook, clock: SteppingClock
) -> None:
    await store.hooks.accept(hook, arrival(1))
    await tenant.inbox.drained(hook.connector_id, 1)
    clock.move(timedelta(days=8))
    await store.hooks.accept(hook, arrival(2))
    await tenant.inbox.drained(hook.connector_id, 2)
    await tenant.inbox.forget(hook.connector_id, clock.now() - timedelta(days=7))
    for number in (1, 2):
        await store.hooks.accept(hook, arrival(number))
    events = await tenant.inbox.waiting(hook.connector_id, after=0, most=10, most_bytes=10**9)
    assert [event.event_id for event in events] == ["e1"]


async def test_a_batch_stays_within_its_bytes_but_one_event_always_goes(
    store: SqlStore, tenant: SqlTenantStore, hook: Hook
) -> None:
    for number in range(3):
        await store.hooks.accept(hook, arrival(number, b"x" * 1000))

    async def sizes(after: int, most_bytes: int) -> list[int]:
        found = await tenant.inbox.waiting(hook.connector_id, after=after, most=10, most_bytes=most_bytes)
        return [event.sequence for event in found]

    assert await sizes(0, 2500) == [1, 2]
    assert await sizes(0, 10) == [1]
    assert await sizes(3, 10) == []


async def test_what_is_set_aside_waits_no_more_until_it_is_replayed(
    store: SqlStore, tenant: SqlTenantStore, hook: Hook
) -> None:
    for number in range(3):
        await store.hooks.accept(hook, arrival(number))
    inbox, bad = tenant.inbox, event_key("e1")
    await inbox.set_aside(hook.connector_id, {bad: "not JSON"})
    await inbox.drained(hook.connector_id, 3)
    listed = await inbox.list(hook.connector_id, limit=10, cursor=None)
    assert [(event.id, event.status, event.reason) for event in listed.items] == [
        (bad, "set_aside", "not JSON")
    ]
    assert (await inbox.replay(hook.connector_id, bad)).status == "waiting"
    with pytest.raises(ConflictError):
        await inbox.replay(hook.connector_id, bad)
    again = await inbox.waiting(hook.connector_id, after=3, most=10, most_bytes=10**9)
    assert [(event.event_id, event.sequence) for event in again] == [("e1", 4)]


async def test_two_secrets_are_valid_until_the_grace_time_has_passed(
    store: SqlStore, tenant: SqlTenantStore, hook: Hook, connector: Connector, clock: SteppingClock
) -> None:
    until = clock.now() + timedelta(minutes=5)
    await tenant.inbox.rotate(connector.id, SECOND, former_until=until)
    store.hooks._known.clear()  # pyright: ignore[reportPrivateUsage]
    assert list((await found(store, connector)).secrets) == [SECOND, FIRST]
    clock.move(timedelta(minutes=6))
    store.hooks._known.clear()  # pyright: ignore[reportPrivateUsage]
    assert list((await found(store, connector)).secrets) == [SECOND]


async def test_a_bad_signature_has_a_newer_secret_looked_for_within_a_second(
    store: SqlStore,
    tenant: SqlTenantStore,
    hook: Hook,
    connector: Connector,
    clock: SteppingClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await tenant.inbox.rotate(connector.id, SECOND, former_until=clock.now())
    at = time.monotonic() + 1
    monkeypatch.setattr("varlor.storage.hooks.monotonic", lambda: at)
    assert list((await found(store, connector)).secrets) == list(hook.secrets) == [FIRST]
    assert list((await found(store, connector, newest=True)).secrets) == [SECOND]


async def test_a_connector_that_is_being_deleted_has_no_address_any_more(
    store: SqlStore, tenant: SqlTenantStore, connector: Connector
) -> None:
    await tenant.connectors.set_status(connector.id, "deleting")
    assert await store.hooks.find(connector.hook_id or "") is None


async def test_events_of_a_deleted_connector_are_refused_though_its_hook_is_remembered(
    store: SqlStore, tenant: SqlTenantStore, hook: Hook, engine: AsyncEngine
) -> None:
    await store.hooks.accept(hook, arrival(1))
    await tenant.connectors.erase(hook.connector_id)
    assert await store.hooks.accept(hook, arrival(2)) is False
    query = text("SELECT count(*) FROM inbox_events WHERE connector_id = :id")
    async with engine.connect() as connection:
        assert (await connection.execute(query, {"id": hook.connector_id})).scalar() == 0
    with pytest.raises(NotFoundError):
        await tenant.inbox.state(hook.connector_id)


async def test_another_tenant_reaches_nothing_of_it(
    store: SqlStore, tenant: SqlTenantStore, hook: Hook, clock: SteppingClock
) -> None:
    await store.hooks.accept(hook, arrival(1))
    foreign, mine, first = store.tenant("tenant-eve").inbox, hook.connector_id, event_key("e1")
    assert not await foreign.waiting(mine, after=0, most=10, most_bytes=10**9)
    await foreign.drained(mine, 10)
    await foreign.set_aside(mine, {first: "eve"})
    await foreign.forget(mine, clock.now() + timedelta(days=1))
    for refused in (
        foreign.state(mine),
        foreign.list(mine, limit=10, cursor=None),
        foreign.replay(mine, first),
        foreign.rotate(mine, SECOND, former_until=clock.now()),
        foreign.dataset(mine),
        foreign.bind(mine, "dat_eve"),
    ):
        with pytest.raises(NotFoundError):
            await refused
    events = await tenant.inbox.waiting(mine, after=0, most=10, most_bytes=10**9)
    assert [each.event_id for each in events] == ["e1"]


async def test_a_flood_beyond_all_memory_is_told_to_come_again(store: SqlStore, hook: Hook) -> None:
    large = arrival(1, bytes(MOST_WAITING_BYTES + 1))
    with pytest.raises(PartUnavailableError):
        await store.hooks.accept(hook, large)


async def test_power_may_be_lost_right_after_an_event_was_accepted(
    store: SqlStore, hook: Hook, engine: AsyncEngine
) -> None:
    """SQLite's write-ahead log is flushed by each of these commits; other writes leave that to the system."""
    if engine.dialect.name != "sqlite":
        async with engine.connect() as connection:
            assert (await connection.execute(text("SHOW synchronous_commit"))).scalar() == "on"
        return
    seen: list[str] = []

    def executed(*given: Any) -> None:
        seen.append(given[2])

    def committed(_: Connection) -> None:
        seen.append("COMMIT")

    event.listen(Engine, "before_cursor_execute", executed)
    event.listen(Engine, "commit", committed)
    try:
        await store.hooks.accept(hook, arrival(1))
    finally:
        event.remove(Engine, "before_cursor_execute", executed)
        event.remove(Engine, "commit", committed)
    assert seen[0] == "PRAGMA synchronous = FULL"
    assert seen[-1] == "COMMIT"
    assert any("INSERT INTO inbox_events" in statement for statement in seen)
