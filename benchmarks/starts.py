"""Workflow starts a second through the API beside the SDK alone, on the same server in the same run.

The worker is held (SIGSTOP) during all of them, so that only starting is measured. `the same start` carries
what ours carries: encrypted payloads, search attributes, summary and fairness key; `bare` carries nothing.
The API besides checks the token, reads the connector, makes the run's row and writes the audit's line.
"""

import asyncio
import json
import os
import signal
import uuid
from collections.abc import Awaitable, Callable
from statistics import median
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

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

STARTS, ROUNDS = 200, 5
WIDTHS = (16, 32, 64)  # callers at once
IDLE_SECONDS = 2  # then a caller connects anew; the API closes what is idle for five
Start = Callable[[], Awaitable[object]]


async def rate(start: Start, width: int) -> float:
    gate = asyncio.Semaphore(width)

    async def one() -> None:
        async with gate:
            await start()

    began = monotonic()
    await asyncio.gather(*(one() for _ in range(STARTS)))
    return STARTS / (monotonic() - began)


class Line:
    """One kept connection of a caller that costs next to nothing, so that the API's own cost shows."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used = 0.0

    async def ask(self, request: bytes) -> None:
        """Send one request; fail unless it was accepted."""
        if self._streams is None or monotonic() - self._used > IDLE_SECONDS:
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = await reader.readexactly(int(length.partition(b":")[2]))
        self._used = monotonic()
        if not head.startswith(b"HTTP/1.1 202"):
            raise SystemExit(f"the API did not accept a start: {body.decode()}")


def by_api(launched: Launched, connector: str) -> Start:
    url = urlsplit(launched.facts["api_url"])
    body = json.dumps({"path": "/offset", "dataset": {"name": uuid.uuid4().hex}})
    heads = (
        f"POST /api/v2/connectors/{connector}/fetch HTTP/1.1",
        f"Host: {url.netloc}",
        f"Authorization: Bearer {mint(launched.state)}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    request = "\r\n".join((*heads, "", body)).encode()
    free = [Line(url.hostname or "", url.port or 80) for _ in range(max(WIDTHS))]

    async def start() -> None:
        line = free.pop()
        await line.ask(request)
        free.append(line)

    return start


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


class Found(NamedTuple):
    """Starts a second of the API, of the SDK with the same start, and of the bare SDK, by round."""

    rounds: list[tuple[float, float, float]]
    spent: float  # CPU milliseconds of the API for a start

    def ratio(self, other: int) -> float:
        return median(each[0] / each[other] for each in self.rounds)


async def measure(launched: Launched, connector: str) -> list[Found]:
    """What was found with each of `WIDTHS`."""
    ours, same, plain = (
        by_api(launched, connector),
        await the_same(launched, connector),
        await bare(launched, connector),
    )
    api, found = launched.facts["pids"]["api"], list[Found]()
    for start in (ours, same, plain):  # warm-up
        await rate(start, WIDTHS[0])
    for width in WIDTHS:
        rounds, spent = list[tuple[float, float, float]](), 0.0
        for _ in range(ROUNDS):
            before = cpu(api)
            mine = await rate(ours, width)
            spent += cpu(api) - before
            rounds.append((mine, await rate(same, width), await rate(plain, width)))
        found.append(Found(rounds, spent * 1000 / (ROUNDS * STARTS)))
    return found


def main() -> None:
    with stack() as launched:
        connector = sign_in(launched).connector("https://api.example.com")
        worker = launched.facts["pids"]["worker"]
        os.kill(worker, signal.SIGSTOP)
        try:
            found = asyncio.run(measure(launched, connector))
        finally:
            os.kill(worker, signal.SIGCONT)
    rows = [
        (
            width,
            *(spread([each[at] for each in case.rounds]) for at in range(3)),
            case.ratio(1),
            case.ratio(2),
            f"{case.spent:.1f}",
        )
        for width, case in zip(WIDTHS, found, strict=True)
    ]
    heads = (
        "callers at once",
        "POST /connectors/{id}/fetch",
        "SDK, the same start",
        "SDK, bare",
        "ours, of the same",
        "ours, of bare",
        "API's CPU ms a start",
    )
    show("Workflow starts a second, median (range); ratios within a round, median", heads, rows)


if __name__ == "__main__":
    main()
