"""What keep-token-fresh decides: when to ask, who shares an answer, and when to leave a provider alone."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from tests.api.processes import new_namespace
from tests.workflows.token_world import World, keeper, serving, state, stored
from varlor.contracts.messages import EnsureFresh, KeepFreshInput, KeepFreshState, RefreshOutcome
from varlor.contracts.oauth import TokenState
from workflows import options
from workflows.keep_fresh import KeepTokenFresh

Keeper = WorkflowHandle[KeepTokenFresh, None]


def carrying(token: TokenState) -> KeepFreshInput:
    return KeepFreshInput(tenant_id="acme", connector_id="con_1", state=KeepFreshState(token=token))


async def ensured(handle: Keeper, **want: Any) -> TokenState:
    return await handle.execute_update(KeepTokenFresh.ensure_fresh, EnsureFresh(**want))


async def until(handle: Keeper, version: int) -> TokenState:
    async with asyncio.timeout(20):
        while True:
            token = await handle.query(KeepTokenFresh.token)
            if token.version >= version:
                return token
            await asyncio.sleep(0.02)


async def test_a_token_is_refreshed_when_it_is_due_and_again_after_that(
    skipping: WorkflowEnvironment,
) -> None:
    now = await skipping.get_current_time()
    due = [now + timedelta(hours=hours) for hours in (1, 2, 3)]
    states = [TokenState(status="active", version=n + 1, next_refresh_at=at) for n, at in enumerate(due)]
    world = World(refreshes=[RefreshOutcome(token=token, refreshed=True) for token in states])
    async with serving(skipping.client, world):
        handle = await keeper(skipping.client, "con_1")
        await until(handle, 1)
        await skipping.sleep(timedelta(hours=1, seconds=5))
        assert (await until(handle, 2)).version == 2
        await skipping.sleep(timedelta(hours=1))
        assert (await until(handle, 3)).version == 3
        await handle.signal(KeepTokenFresh.connector_retired)
        await handle.result()
    assert [(order.seen_version, order.force) for order in world.asked] == [(0, False), (1, True), (2, True)]


async def test_fifty_callers_share_one_refresh(skipping: WorkflowEnvironment) -> None:
    world = World(refreshes=[stored(8)], hold=True)
    async with serving(skipping.client, world):
        handle = await keeper(skipping.client, "con_1", carrying(state(7)))
        callers = [asyncio.create_task(ensured(handle, seen_version=7, force=True)) for _ in range(50)]
        await asyncio.wait_for(world.open.wait(), 20)
        world.gate.set()
        tokens = await asyncio.gather(*callers)
        late = await ensured(handle, seen_version=7, force=True)
    assert {token.version for token in tokens} == {8}
    assert late.version == 8
    assert world.seen == ["refresh"]


async def test_callers_share_a_failure_and_a_provider_in_trouble_is_left_alone(
    skipping: WorkflowEnvironment,
) -> None:
    down = RefreshOutcome(
        token=state(7, "degraded", due=timedelta(minutes=4)), reason="passing", retry_seconds=240
    )
    world = World(refreshes=[down, stored(8)], hold=True)
    world.gate.set()
    async with serving(skipping.client, world):
        handle = await keeper(skipping.client, "con_1", carrying(state(7)))
        tokens = await asyncio.gather(*(ensured(handle, seen_version=7, force=True) for _ in range(20)))
        assert {token.status for token in tokens} == {"degraded"}
        assert world.seen == ["refresh"]
        asked = await ensured(handle, seen_version=7, force=True, actor="ann")
        assert (asked.status, asked.version) == ("active", 8)
    assert world.asked[1].failures == 1


async def test_a_failing_provider_is_asked_again_after_its_wait(skipping: WorkflowEnvironment) -> None:
    now = await skipping.get_current_time()
    waits = [timedelta(seconds=30), timedelta(seconds=90)]
    down = [
        RefreshOutcome(
            token=TokenState(status="degraded", version=7, next_refresh_at=now + wait),
            reason="passing",
            retry_seconds=wait.total_seconds(),
        )
        for wait in waits
    ]
    world = World(refreshes=[*down, stored(8, due=timedelta(days=30))])
    async with serving(skipping.client, world):
        handle = await keeper(skipping.client, "con_1", carrying(state(7, due=timedelta(seconds=1))))
        await skipping.sleep(timedelta(minutes=2))
        assert (await until(handle, 8)).status == "active"
    assert [order.failures for order in world.asked] == [0, 1, 2]


async def test_needs_reauth_parks_until_a_user_connects(skipping: WorkflowEnvironment) -> None:
    dead = RefreshOutcome(token=state(7, "needs_reauth", due=None), reason="invalid_grant")
    world = World(refreshes=[dead])
    async with serving(skipping.client, world):
        handle = await keeper(skipping.client, "con_1", carrying(state(7)))
        first = await ensured(handle, seen_version=7, force=True)
        again = await ensured(handle, seen_version=7, force=True)
        await skipping.sleep(timedelta(days=40))
        assert (first.status, again.status) == ("needs_reauth", "needs_reauth")
        assert world.seen == ["refresh"]
        await handle.signal(KeepTokenFresh.token_stored, state(8, due=timedelta(days=90)))
        assert (await until(handle, 8)).status == "active"
    assert world.seen == ["refresh"]


async def test_news_that_is_old_never_replaces_what_a_user_has_stored(skipping: WorkflowEnvironment) -> None:
    world = World(refreshes=[stored(8)], hold=True)
    async with serving(skipping.client, world):
        handle = await keeper(skipping.client, "con_1", carrying(state(7)))
        caller = asyncio.create_task(ensured(handle, seen_version=7, force=True))
        await asyncio.wait_for(world.open.wait(), 20)
        await handle.signal(KeepTokenFresh.token_stored, state(9))
        world.gate.set()
        assert (await caller).version == 9


async def test_a_caller_who_has_seen_more_makes_it_read_again(skipping: WorkflowEnvironment) -> None:
    world = World(refreshes=[RefreshOutcome(token=state(9))])
    async with serving(skipping.client, world):
        handle = await keeper(skipping.client, "con_1", carrying(state(7, "needs_reauth", due=None)))
        assert (await ensured(handle, seen_version=9)).version == 9


async def test_a_missing_key_degrades_and_does_not_kill(skipping: WorkflowEnvironment) -> None:
    broken = ApplicationError("no key", type="seal", non_retryable=True)
    world = World(refreshes=[broken, stored(8)])
    async with serving(skipping.client, world):
        handle = await keeper(skipping.client, "con_1", carrying(state(7)))
        assert (await ensured(handle, seen_version=7, force=True)).status == "degraded"
        assert (await ensured(handle, seen_version=7, force=True, actor="ann")).version == 8


async def test_a_deleted_connector_ends_it(skipping: WorkflowEnvironment) -> None:
    world = World(refreshes=[RefreshOutcome(token=TokenState(status="revoked"), reason="gone")])
    async with serving(skipping.client, world):
        handle = await keeper(skipping.client, "con_1")
        await handle.result()
    assert world.seen == ["refresh"]


async def test_a_senseless_update_is_refused(skipping: WorkflowEnvironment) -> None:
    async with serving(skipping.client, World()):
        handle = await keeper(skipping.client, "con_1", carrying(state(7)))
        with pytest.raises(WorkflowUpdateFailedError):
            await ensured(handle, seen_version=-1)


async def test_it_continues_as_new_and_every_update_is_answered(
    temporal_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "CONTINUE_AFTER_UPDATES", 5)
    space = await asyncio.to_thread(new_namespace, temporal_address)  # other tests' workers are elsewhere
    client = await Client.connect(temporal_address, namespace=space, data_converter=pydantic_data_converter)
    async with serving(client, World(), sandboxed=False):  # a sandbox has options of its own
        first = await keeper(client, f"con_{uuid.uuid4().hex[:8]}", carrying(state(7)))
        handle = client.get_workflow_handle_for(KeepTokenFresh.run, first.id)
        for _ in range(4):
            tokens = await asyncio.gather(*(ensured(handle, seen_version=6) for _ in range(6)))
            assert {token.version for token in tokens} == {7}
        assert (await handle.describe()).run_id != first.first_execution_run_id
        assert (await handle.query(KeepTokenFresh.token)).version == 7
        await handle.terminate()


async def test_a_revocation_stops_the_token_first_and_erases_it_though_the_provider_refuses(
    skipping: WorkflowEnvironment,
) -> None:
    world = World(revoked=ApplicationError("no", type="token", non_retryable=True))
    async with serving(skipping.client, world):
        handle = await keeper(skipping.client, "con_1", carrying(state(7)))
        token = await handle.execute_update(KeepTokenFresh.revoke, "ann")
        assert (token.status, token.version) == ("revoked", 8)
        assert (await ensured(handle, seen_version=8, force=True)).status == "revoked"
    assert world.seen == ["stop", "revoke"]
    assert [(order.version, order.result) for order in world.erased] == [(7, "not_confirmed")]
