"""Events and dying parts: what was answered 202 is there, what was not may come again, nothing is doubled."""

import asyncio
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from api.services import Services
from examples.sample_api.webhooks import events
from tests.api.conftest import Door, uvicorn_command
from tests.api.processes import environment, running, wait_for_port
from tests.api.test_hooks import connector, headers_for, path
from tests.api.test_inbox import dataset_named, empty, rows_of
from tests.api.test_outage import without
from tests.ports import free_port
from varlor.settings import Settings
from varlor.storage import create_engine

pytestmark = pytest.mark.stack
BURST = 1_500


@contextmanager
def serving(settings: Settings, port: int, log: Path) -> Generator[subprocess.Popen[bytes]]:
    with running(uvicorn_command(port), log, environment(settings)) as process:
        wait_for_port(port, process, log)
        yield process


async def deliver(
    url: str, made: dict[str, Any], sent: list[tuple[str, bytes]], acknowledged: set[str]
) -> None:
    """All at once over 64 connections; one that is cut or refused is nothing acknowledged."""
    gate = asyncio.Semaphore(64)
    limits = httpx2.Limits(max_connections=64)
    async with httpx2.AsyncClient(base_url=url, timeout=30, limits=limits, trust_env=False) as client:

        async def one(event_id: str, body: bytes) -> None:
            async with gate:
                try:
                    headers = headers_for(made, body, event_id=event_id)
                    answer = await client.post(f"/api/v2{path(made)}", content=body, headers=headers)
                except httpx2.TransportError:
                    return
                if answer.status_code == 202:
                    acknowledged.add(event_id)

        await asyncio.gather(*(one(event_id, body) for event_id, body in sent))


async def stored(settings: Settings, made: dict[str, Any]) -> list[str]:
    """Every event that the database knows, whether a worker has drained it by now or not."""
    engine = create_engine(settings.database_url)
    query = text("SELECT event_id FROM inbox_events WHERE connector_id = :id")
    async with engine.connect() as connection:
        found = (await connection.execute(query, {"id": made["id"]})).scalars().all()
    await engine.dispose()
    return sorted(found)


async def test_a_killed_api_has_kept_every_event_that_it_acknowledged(
    settings: Settings, editor: httpx2.AsyncClient, tmp_path: Path
) -> None:
    made, port, log = await connector(editor), free_port(), tmp_path / "log"
    sent, acknowledged = list(events("standard", BURST)), set[str]()
    address = f"http://127.0.0.1:{port}"
    with serving(settings, port, log) as process:
        burst = asyncio.create_task(deliver(address, made, sent, acknowledged))
        while len(acknowledged) < BURST // 5 and not burst.done():  # noqa: ASYNC110 - many senders add to it
            await asyncio.sleep(0.01)
        process.kill()
        await burst
    assert 0 < len(acknowledged) < BURST
    assert acknowledged <= set(await stored(settings, made))
    with serving(settings, port, log):  # the senders try again, all of them and everything
        await deliver(address, made, sent, acknowledged)
    assert acknowledged == {event_id for event_id, _ in sent}
    assert await stored(settings, made) == sorted(acknowledged)


@pytest.mark.usefixtures("worker_log")
async def test_events_that_came_while_temporal_and_redis_were_away_are_found_by_the_worker(
    settings: Settings, editor: httpx2.AsyncClient, services: Services, door: Door
) -> None:
    made, sent = await connector(editor, dataset="outage"), list(events("standard", 20))
    nowhere = f"127.0.0.1:{free_port()}"
    away = {"temporal_address": nowhere, "redis_url": f"redis://{nowhere}/0"}
    async with without(settings, door.tenant, **away) as alone, alone.client() as nobody:
        for event_id, body in sent:
            headers = headers_for(made, body, event_id=event_id)
            assert (await nobody.post(path(made), content=body, headers=headers)).status_code == 202
    await empty(editor, made)
    rows = await rows_of(services, door, await dataset_named(editor, "outage"))
    assert [row["_event_id"] for row in rows] == [event_id for event_id, _ in sent]


async def test_without_the_database_an_event_is_not_acknowledged(settings: Settings, tenant: str) -> None:
    away = {"database_url": "sqlite:////nowhere/at/all.db"}
    async with without(settings, tenant, **away) as door, door.client() as nobody:
        answer = await nobody.post("/hooks/some-address", content=b"{}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_a_body_beyond_a_mebibyte_is_refused_before_it_came(
    editor: httpx2.AsyncClient, api_url: str
) -> None:
    made = await connector(editor)
    host, port = api_url.removeprefix("http://").split(":")

    def asked(framing: bytes) -> bytes:
        with socket.create_connection((host, int(port)), timeout=30) as peer:
            head = b"POST /api/v2%s HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n" % (path(made).encode(), framing)
            peer.sendall(head)
            if framing.startswith(b"Transfer"):
                chunk = b"10000\r\n" + bytes(2**16) + b"\r\n"
                for _ in range(17):
                    peer.sendall(chunk)
            return peer.recv(64)

    for framing in (b"Content-Length: 2147483648", b"Transfer-Encoding: chunked"):
        began = time.monotonic()
        assert b" 413 " in await asyncio.to_thread(asked, framing)
        assert time.monotonic() - began < 30
