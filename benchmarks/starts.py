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

STARTS, AT_ONCE, ROUNDS = 200, 16, 9
Start = Callable[[], Awaitable[object]]


async def rate(start: Start) -> float:
    gate = asyncio.Semaphore(AT_ONCE)

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

    async def ask(self, request: bytes) -> None:
        """Send one request; fail unless it was accepted."""
        if self._streams is None or self._streams[0].at_eof():  # the API closes idle connections
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = await reader.readexactly(int(length.partition(b":")[2]))
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
    free = [Line(url.hostname or "", url.port or 80) for _ in range(AT_ONCE)]

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


async def measure(launched: Launched, connector: str) -> tuple[list[tuple[float, float, float]], float]:
    """Rates of each round, and the API's CPU milliseconds a start."""
    same, plain = await the_same(launched, connector), await bare(launched, connector)
    api, rounds, spent = launched.facts["pids"]["api"], list[tuple[float, float, float]](), 0.0
    ours = by_api(launched, connector)
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
