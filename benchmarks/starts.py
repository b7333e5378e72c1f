"""Workflow starts a second through the API beside the bare SDK, on the same server in the same run.

The worker is held (SIGSTOP) during both, so that only starting is measured. The API also checks the token,
writes the run's row and the idempotency of the request; the SDK only starts.
"""

import asyncio
import os
import signal
import uuid
from collections.abc import Awaitable, Callable
from statistics import median
from time import monotonic

import httpx2
from temporalio.client import Client

from benchmarks.machine import sign_in, stack
from benchmarks.table import show, spread
from tests.e2e.kit import mint
from tests.stack.launched import Launched
from varlor import names
from varlor.contracts.messages import SyncInput
from varlor.stack.state import StateDir

STARTS, AT_ONCE, ROUNDS = 200, 16, 5


async def rate(start: Callable[[int], Awaitable[object]]) -> float:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with gate:
            await start(number)

    began = monotonic()
    await asyncio.gather(*(one(n) for n in range(STARTS)))
    return STARTS / (monotonic() - began)


async def measure(launched: Launched, connector: str) -> tuple[list[float], list[float]]:
    ports = StateDir(launched.state).ports()
    if ports is None:
        raise SystemExit("the stack has not noted its ports")
    client = await Client.connect(f"127.0.0.1:{ports.temporal}")
    dataset = uuid.uuid4().hex
    bearer = {"Authorization": f"Bearer {mint(launched.state)}"}
    async with httpx2.AsyncClient(base_url=launched.facts["api_url"], headers=bearer, timeout=60) as http:

        async def by_api(_: int) -> None:
            body = {"path": "/offset", "dataset": {"name": dataset}}
            answer = await http.post(f"/api/v2/connectors/{connector}/fetch", json=body)
            answer.raise_for_status()

        async def by_sdk(_: int) -> None:
            run = uuid.uuid4().hex
            order = {"tenantId": "bench", "runId": run, "connectorId": "con", "datasetId": "dat"}
            await client.start_workflow(
                "sync-dataset",
                SyncInput.model_validate(order).model_dump(mode="json"),
                id=names.sync_id("bench", run),
                task_queue=names.CONTROL_QUEUE,
            )

        await rate(by_api)  # warm-up
        pairs = [(await rate(by_api), await rate(by_sdk)) for _ in range(ROUNDS)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def main() -> None:
    with stack() as launched:
        connector = sign_in(launched).connector("https://api.example.com")
        worker = launched.facts["pids"]["worker"]
        os.kill(worker, signal.SIGSTOP)
        try:
            ours, bare = asyncio.run(measure(launched, connector))
        finally:
            os.kill(worker, signal.SIGCONT)
    ratio = median(a / b for a, b in zip(ours, bare, strict=True))
    show(
        f"Workflow starts a second, {AT_ONCE} at once",
        ("", "starts/s, median (range)", "ratio"),
        [("POST /connectors/{id}/fetch", spread(ours), ratio), ("bare SDK", spread(bare), 1.0)],
    )


if __name__ == "__main__":
    main()
