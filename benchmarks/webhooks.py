"""Signed events accepted beside a route that only reads the body, while a sync runs; then an inbox drained.

BENCH_EVENTS events are drained (100,000 if not set); they are stored by the product's own group commit,
with the worker held, so that the drain has all of them before it.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import monotonic, sleep
from typing import Any

import orjson
import pyarrow as pa
from deltalake import DeltaTable

from benchmarks.machine import ROOT, cpu, free_port, mock_api, peak_mb, sign_in, stack
from benchmarks.mock_api import record
from benchmarks.table import show, spread
from examples.sample_api.webhooks import post, signed
from tests.stack.launched import Launched, eventually
from varlor.bootstrap import SystemClock, build_encryption
from varlor.ports import Arrival
from varlor.settings import Settings
from varlor.stack.state import StateDir
from varlor.storage import SqlStore, create_engine

EVENTS = int(os.environ.get("BENCH_EVENTS", "100000"))
REQUESTS, AT_ONCE, ROUNDS = 4_000, 64, 5
AT_ONCE_STORED = 5_000


@dataclass(frozen=True)
class Inbox:
    """A webhook connector of the running stack."""

    id: str
    hook_id: str
    url: str
    secret: str


def make_inbox(launched: Launched) -> Inbox:
    body = {"name": f"bench {uuid.uuid4().hex[:6]}", "apiType": "webhook"}
    made = sign_in(launched).ok("POST", "/connectors", body)
    return Inbox(made["id"], made["hookId"], made["webhookUrl"], made["webhookSecret"])


def requests_for(inbox: Inbox, place: str) -> Sequence[bytes]:
    """Whole signed requests, each with an id of its own, as bytes on a kept connection."""
    body = event(7)
    return [
        request(place, body, signed("standard", inbox.secret, body, event_id=uuid.uuid4().hex))
        for _ in range(REQUESTS)
    ]


def event(number: int) -> bytes:
    return orjson.dumps(record(number))


def request(place: str, body: bytes, headers: dict[str, str]) -> bytes:
    told = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"POST {place} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def rate(port: int, sent: Sequence[bytes]) -> float:
    """Requests a second over AT_ONCE kept connections; every answer must be 202."""
    waiting = iter(sent)

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for each in waiting:
            writer.write(each)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 202"):
                raise SystemExit(head.decode(errors="replace"))
        writer.close()

    began = monotonic()
    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    return len(sent) / (monotonic() - began)


@contextmanager
def plain_server() -> Generator[int]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.plain_route:app", "--port", str(port)]
    server = subprocess.Popen([*command, "--no-access-log", "--log-level", "warning"], cwd=ROOT)
    try:
        eventually("the plain route answers", lambda: _answers(port))
        yield port
    finally:
        server.terminate()
        server.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def accepting(launched: Launched, address: str) -> None:
    """Rounds of both, one after the other, beside one long sync."""
    inbox, api = make_inbox(launched), sign_in(launched)
    connector = api.connector(f"http://{address}")
    order = {
        "path": "/offset",
        "pagination": {"type": "offset", "limit": 500, "totalPath": "$.total"},
        "dataset": {"name": "beside", "writeMode": "append"},
    }
    run = api.ok("POST", f"/connectors/{connector}/fetch", order)["runId"]
    api_port = int(launched.facts["api_url"].rpartition(":")[2])
    rates: list[tuple[float, float]] = []
    with plain_server() as port:
        asyncio.run(rate(port, requests_for(inbox, "/plain")))  # warm-up
        for _ in range(ROUNDS):
            ours = asyncio.run(rate(api_port, requests_for(inbox, f"/api/v2/hooks/{inbox.hook_id}")))
            rates.append((ours, asyncio.run(rate(port, requests_for(inbox, "/plain")))))
    beside = api.ok("GET", f"/runs/{run}")
    rows = [
        (name, spread([each[at] for each in rates]), median(each[0] / each[at] for each in rates))
        for at, name in enumerate(
            ("POST /hooks/{hookId}, signed and durable", "a route that only reads the body")
        )
    ]
    heads = ("", "events/s, median (range)", "ours in that round, ratio")
    show(
        f"Events accepted, {AT_ONCE} at once, beside a sync ({beside['status']}, {beside['rows']:,} rows)",
        heads,
        rows,
    )


async def fill(launched: Launched, inbox: Inbox) -> float:
    """EVENTS into the inbox by the product's own group commit; events a second."""
    state = StateDir(launched.state)
    settings = Settings(mode="embedded", master_keys=state.keys().master)  # pyright: ignore[reportArgumentType] - text
    engine = create_engine(f"sqlite:///{launched.state / 'varlor.db'}")
    store = SqlStore(
        engine, build_encryption(settings), SystemClock(), lambda tenant, dataset: f"{tenant}/{dataset}"
    )
    hook = await store.hooks.find(inbox.hook_id)
    if hook is None:
        raise SystemExit("the hook is not there")
    began, numbers = monotonic(), iter(range(EVENTS))

    async def some() -> None:
        for number in numbers:
            await store.hooks.accept(hook, Arrival(f"event-{number}", event(number)))

    await asyncio.gather(*(some() for _ in range(AT_ONCE_STORED)))
    await engine.dispose()
    return EVENTS / (monotonic() - began)


def draining(launched: Launched) -> None:
    inbox, api, pids = make_inbox(launched), sign_in(launched), launched.facts["pids"]
    os.kill(pids["worker"], signal.SIGSTOP)
    try:
        stored = asyncio.run(fill(launched, inbox))
    finally:
        os.kill(pids["worker"], signal.SIGCONT)
    began, before = monotonic(), cpu(pids["worker"])
    body = event(EVENTS)
    post(inbox.url, body, signed("standard", inbox.secret, body, event_id="the last"))
    while api.ok("GET", f"/connectors/{inbox.id}/health")["inbox"]["waiting"]:
        sleep(1)
    seconds, spent = monotonic() - began, cpu(pids["worker"]) - before
    found = ids_in(api, inbox)
    if len(found) != EVENTS + 1 or len(found.unique()) != EVENTS + 1:
        raise SystemExit(f"{len(found):,} rows of {len(found.unique()):,} events, not {EVENTS + 1:,}")
    rows = [
        ("events, each once", EVENTS + 1),
        ("stored, events/s", stored),
        ("drained, events/s", (EVENTS + 1) / seconds),
        ("worker's peak, MB", peak_mb(pids["worker"])),
        ("worker CPU-s per million", spent * 1_000_000 / EVENTS),
    ]
    show("An inbox drained", ("", ""), rows)


def ids_in(api: Any, inbox: Inbox) -> pa.ChunkedArray:
    runs = api.ok("GET", f"/runs?connectorId={inbox.id}")["items"]
    table: Any = DeltaTable(api.location(runs[0]["datasetId"])).to_pyarrow_table(columns=["_event_id"])
    return table.column("_event_id")


def main() -> None:
    with mock_api(20_000_000) as address, stack(allow=address) as launched:
        accepting(launched, address)
    with stack() as launched:
        draining(launched)


if __name__ == "__main__":
    main()
