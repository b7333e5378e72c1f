"""Tokens that were kept under yesterday's code must be kept under today's: they live for years."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from tests.workflows.recording import TOKENS, fingerprint, hold
from tests.workflows.token_world import World, keeper, onboarding, serving, state, stored
from varlor import names
from varlor.contracts.messages import (
    AuthorizationReceived,
    EnsureFresh,
    KeepFreshInput,
    KeepFreshState,
    RefreshOutcome,
    RetireInput,
)
from workflows.check import CheckConnection
from workflows.keep_fresh import KeepTokenFresh
from workflows.onboard import OnboardConnector
from workflows.retire import RetireConnector

Play = Callable[[WorkflowEnvironment], Awaitable[WorkflowHistory]]


async def ended(handle: Any) -> WorkflowHistory:
    await handle.result()
    return await handle.fetch_history()


def carrying(version: int) -> KeepFreshInput:
    token = state(version, due=timedelta(hours=1))
    return KeepFreshInput(tenant_id="acme", connector_id="con_1", state=KeepFreshState(token=token))


async def begun(env: WorkflowEnvironment) -> WorkflowHandle[KeepTokenFresh, None]:
    """A keeper that has its timer: an update that is delivered with the start comes before it."""
    handle = await keeper(env.client, "con_1", carrying(7))
    await handle.query(KeepTokenFresh.token)
    return handle


async def due(env: WorkflowEnvironment) -> WorkflowHistory:
    world = World(refreshes=[stored(8, due=timedelta(hours=2))])
    async with serving(env.client, world):
        handle = await begun(env)
        await env.sleep(timedelta(hours=1, seconds=30))
        await asyncio.wait_for(world.open.wait(), 20)
        await handle.signal(KeepTokenFresh.connector_retired)
        return await ended(handle)


async def forced(env: WorkflowEnvironment) -> WorkflowHistory:
    async with serving(env.client, World(refreshes=[stored(8)])):
        handle = await begun(env)
        await handle.execute_update(KeepTokenFresh.ensure_fresh, EnsureFresh(seen_version=7, force=True))
        await handle.execute_update(KeepTokenFresh.revoke, "ann")
        await handle.signal(KeepTokenFresh.connector_retired)
        return await ended(handle)


async def restored(env: WorkflowEnvironment) -> WorkflowHistory:
    dead = RefreshOutcome(token=state(7, "needs_reauth", due=None), reason="invalid_grant")
    async with serving(env.client, World(refreshes=[dead, stored(8)])):
        handle = await begun(env)
        want = EnsureFresh(seen_version=7, force=True)
        await handle.execute_update(KeepTokenFresh.ensure_fresh, want)
        await handle.execute_update(KeepTokenFresh.ensure_fresh, want.model_copy(update={"actor": "ann"}))
        await handle.signal(KeepTokenFresh.connector_retired)
        return await ended(handle)


async def connected(env: WorkflowEnvironment) -> WorkflowHistory:
    async with serving(env.client, World()):
        handle = await onboarding(env.client, "con_1", "n1")
        await handle.execute_update(OnboardConnector.prepare)
        await handle.signal(OnboardConnector.authorization_received, AuthorizationReceived(nonce="n1"))
        return await ended(handle)


async def expired(env: WorkflowEnvironment) -> WorkflowHistory:
    async with serving(env.client, World()):
        return await ended(await onboarding(env.client, "con_1", "n1"))


async def retired(env: WorkflowEnvironment) -> WorkflowHistory:
    down = ApplicationError("no", type="token", non_retryable=True)
    async with serving(env.client, World(revoked=down)):
        handle = await env.client.start_workflow(
            RetireConnector.run,
            RetireInput(tenant_id="acme", connector_id="con_1", actor="ann"),
            id=names.retire_id("acme", "con_1"),
            task_queue=names.CONTROL_QUEUE,
        )
        return await ended(handle)


SCENARIOS: dict[str, tuple[str, Play]] = {
    "due": ("keep-token-fresh", due),
    "forced-and-revoked": ("keep-token-fresh", forced),
    "restored": ("keep-token-fresh", restored),
    "connected": ("onboard-connector", connected),
    "expired": ("onboard-connector", expired),
    "not-confirmed": ("retire-connector", retired),
}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_the_commands_are_as_recorded(skipping: WorkflowEnvironment, name: str) -> None:
    workflow, play = SCENARIOS[name]
    history = await play(skipping)
    # A due time is an hour from when the test began: its last seconds are not the workflow's.
    hold(TOKENS, workflow, name, history, fingerprint(history, grain=60), __file__)


@pytest.mark.parametrize("path", sorted(TOKENS.glob("*.*.json")), ids=lambda p: p.stem)
async def test_a_recorded_history_still_replays(path: Path) -> None:
    recorded = await asyncio.to_thread(path.read_text)
    workflows = [CheckConnection, KeepTokenFresh, OnboardConnector, RetireConnector]
    replayer = Replayer(workflows=workflows, data_converter=pydantic_data_converter)
    await replayer.replay_workflow(WorkflowHistory.from_json(path.stem, recorded))
