"""Workflow starts a second through the API beside the SDK alone, on the same server in the same run.

The worker is held (SIGSTOP) during all of them, so that only starting is measured. `the same start` carries
what ours carries: encrypted payloads, search attributes, summary and fairness key; `bare` carries nothing.
The API besides checks the token, reads the connector, makes the run's row and writes the audit's line.
"""

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from statistics import median
from time import monotonic

import httpx2
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.common import (
    Priority,
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
)

from benchmarks.machine import cpu, sign_in, stack
from benchmarks.table import show, spread
from tests.e2e.kit import mint
from tests.stack.launched import Launched
from varlor import names
from varlor.contracts.messages import SyncInput
from varlor.settings import Settings
from varlor.stack.state import StateDir
from varlor.temporal import connect

STARTS, AT_ONCE, ROUNDS = 200, 16, 5
Start = Callable[[], Awaitable[object]]


async def rate(start: Start) -> float:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with gate:
            await start()

    began = monotonic()
    await asyncio.gather(*(one() for _ in range(STARTS)))
    return STARTS / (monotonic() - began)


@asynccontextmanager
async def by_api(launched: Launched, connector: str) -> AsyncGenerator[Start]:
    bearer = {"Authorization": f"Bearer {mint(launched.state)}"}
    body = {"path": "/offset", "dataset": {"name": uuid.uuid4().hex}}
    async with httpx2.AsyncClient(base_url=launched.facts["api_url"], headers=bearer, timeout=60) as http:

        async def start() -> None:
            (await http.post(f"/api/v2/connectors/{connector}/fetch", json=body)).raise_for_status()

        yield start


def order(connector: str) -> SyncInput:
    run = f"run_{uuid.uuid4().hex}"
    return SyncInput(tenant_id="bench", run_id=run, connector_id=connector, dataset_id="dat")


async def the_same(launched: Launched, connector: str) -> Start:
    """The SDK with what the product's own starts carry."""
    state = StateDir(launched.state)
    settings = Settings(temporal_address=_temporal(launched), codec_keys=SecretStr(state.keys().codec))
    client = await connect(settings)
    tenant, connector_key = names.TENANT_ATTRIBUTE, names.CONNECTOR_ATTRIBUTE

    async def start() -> None:
        given = order(connector)
        pairs = [(tenant, given.tenant_id), (connector_key, connector)]
        found = [SearchAttributePair(SearchAttributeKey.for_keyword(k), v) for k, v in pairs]
        await client.start_workflow(
            "sync-dataset",
            given,
            id=names.sync_id(given.tenant_id, given.run_id),
            task_queue=names.CONTROL_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=TypedSearchAttributes(found),
            priority=Priority(fairness_key=given.tenant_id),
            static_summary=f"{connector} → {given.dataset_id}",
        )

    return start


async def bare(launched: Launched, connector: str) -> Start:
    """The SDK with an id, a queue and one small argument."""
    client = await Client.connect(_temporal(launched))

    async def start() -> None:
        given = order(connector)
        await client.start_workflow(
            "sync-dataset",
            given.model_dump(mode="json"),
            id=names.sync_id(given.tenant_id, given.run_id),
            task_queue=names.CONTROL_QUEUE,
        )

    return start


def _temporal(launched: Launched) -> str:
    ports = StateDir(launched.state).ports()
    if ports is None:
        raise SystemExit("the stack has not noted its ports")
    return f"127.0.0.1:{ports.temporal}"


async def measure(launched: Launched, connector: str) -> tuple[list[tuple[float, float, float]], float]:
    """Rates of each round, and the API's CPU milliseconds a start."""
    same, plain = await the_same(launched, connector), await bare(launched, connector)
    api, rounds, spent = launched.facts["pids"]["api"], list[tuple[float, float, float]](), 0.0
    async with by_api(launched, connector) as ours:
        for start in (ours, same, plain):  # warm-up
            await rate(start)
        for _ in range(ROUNDS):
            before = cpu(api)
            mine = await rate(ours)
            spent += cpu(api) - before
            rounds.append((mine, await rate(same), await rate(plain)))
    return rounds, spent * 1000 / (ROUNDS * STARTS)


def main() -> None:
    with stack() as launched:
        connector = sign_in(launched).connector("https://api.example.com")
        worker = launched.facts["pids"]["worker"]
        os.kill(worker, signal.SIGSTOP)
        try:
            rounds, spent = asyncio.run(measure(launched, connector))
        finally:
            os.kill(worker, signal.SIGCONT)
    rows = [
        (name, spread([each[at] for each in rounds]), median(each[0] / each[at] for each in rounds))
        for at, name in enumerate(("POST /connectors/{id}/fetch", "SDK, the same start", "SDK, bare"))
    ]
    heads = ("", "starts/s, median (range)", "ours in that round, ratio")
    show(f"Workflow starts, {AT_ONCE} at once; CPU of the API {spent:.1f} ms a start", heads, rows)


if __name__ == "__main__":
    main()
