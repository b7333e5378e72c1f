"""Canary secrets go through the whole job, failures included; then all that keeps anything is searched."""

import asyncio
import base64
import threading
import time
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx2
import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from tests.api.conftest import token
from varlor.settings import Settings

pytestmark = pytest.mark.stack
BEARER = "canary-bearer/8c1f+2e77=a90b4d"
API_KEY = "canary-apikey/51aa+77b0=c3d9ee"
IN_URL = "canary-password-44d1c9"
CANARIES = (BEARER, API_KEY, IN_URL)


class Mirror(BaseHTTPRequestHandler):
    """The worst kind of API: fails, and repeats every secret it was given in body, header and reason."""

    def do_GET(self) -> None:
        key = self.headers.get("X-Key", "") + self.headers.get("Authorization", "")
        twice = base64.b64encode(key.encode()).decode()
        echo = f'{{"error": "bad credential {key} / {twice} / {quote(key, safe="")}", "url": "{self.path}"}}'
        status = 500 if self.path.startswith("/broken") else 401
        if self.path.startswith("/refused"):
            status = 400
        self.send_response(status, "no")
        self.send_header("X-Echo", quote(key))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(echo)))
        self.end_headers()
        self.wfile.write(echo.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has above
        """Keep the test's output clean."""


@pytest.fixture
def mirror() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def forms(secret: str) -> Iterator[bytes]:
    """The secret as it is, URL-encoded, and in base64 at each of the three offsets it can start from."""
    yield secret.encode()
    yield quote(secret, safe="").encode()
    yield quote_plus(secret).encode()
    for offset in range(3):
        encoded = base64.b64encode(b"x" * offset + secret.encode()).rstrip(b"=")
        yield encoded[4 if offset else 0 : -2]
        yield encoded[4 if offset else 0 : -2].translate(bytes.maketrans(b"+/", b"-_"))


@pytest.fixture
async def said(api_url: str, tenant: str) -> AsyncIterator[tuple[httpx2.AsyncClient, list[bytes]]]:
    """A client of the served API, and everything that it was ever answered."""
    heard: list[bytes] = []

    async def listen(answer: httpx2.Response) -> None:
        heard.append(await answer.aread() + repr(answer.headers.raw).encode())

    headers = {"Authorization": f"Bearer {token(tenant, 'admin')}"}
    hooks = {"response": [listen]}
    async with httpx2.AsyncClient(
        base_url=f"{api_url}/api/v2", headers=headers, event_hooks=hooks, trust_env=False, timeout=40
    ) as client:
        yield client, heard


async def scenario(client: httpx2.AsyncClient, sample: str, mirror: str) -> None:
    """Everything that can be done with a credential, going well and going wrong."""
    in_header = {"keyName": "X-Key", "location": "header"}
    in_query = {"keyName": "k", "location": "query"}
    drafts: list[dict[str, Any]] = [
        {"baseUrl": mirror, "authType": "bearer", "bearerToken": BEARER},
        {"baseUrl": mirror, "authType": "apikey", "apiKey": API_KEY, "apiKeyConfig": in_header},
        {"baseUrl": mirror, "authType": "apikey", "apiKey": API_KEY, "apiKeyConfig": in_query},
        {"baseUrl": f"{sample}/bearer", "authType": "bearer", "bearerToken": BEARER},
        {"baseUrl": "http://127.0.0.1:1", "authType": "bearer", "bearerToken": BEARER},
    ]
    for number, draft in enumerate(drafts):
        whole = {"name": f"c{number}"} | draft
        await client.post("/connectors/test-api", json={"connector": whole, "path": "/v1/users"})
        connector = (await client.post("/connectors", json=whole)).json()["id"]
        place = f"/connectors/{connector}"
        await client.post("/connectors/test-api", json={"connectorId": connector, "path": "/refused"})
        if number == 0:
            await client.get(f"{place}/endpoints")
        await client.get(f"{place}/health")
        for path in ("/refused", "/v1/users", "/broken")[: 3 if number == 0 else 2]:
            order = {"path": path, "dataset": {"name": f"d{number}"}, "limits": {"maxRequests": 2}}
            await finished(client, (await client.post(f"{place}/fetch", json=order)).json()["runId"])
        await client.patch(place, json={"name": "renamed", "unknown": BEARER})
        await client.delete(place)
    await refused(client)
    for place in ("/connectors", "/runs", "/datasets", "/audit", "/metrics", "/openapi.json", "/docs"):
        await client.get(place)


async def refused(client: httpx2.AsyncClient) -> None:
    """What never gets in is not repeated either."""
    bad: list[dict[str, Any]] = [
        {"name": "x", "baseUrl": f"https://u:{IN_URL}@api.example.com"},
        {"name": "x", "baseUrl": "https://api.example.com", "bearerToken": [BEARER]},
        {"name": "x", "baseUrl": "https://api.example.com", "headers": {"Authorization": BEARER}},
        {"name": {"bearerToken": BEARER}, "baseUrl": IN_URL, "apiKey": API_KEY},
        {"name": "x", "baseUrl": "https://api.example.com", "pagination": {"type": BEARER}},
    ]
    for body in bad:
        assert (await client.post("/connectors", json=body)).status_code == 422
    await client.post("/connectors", content=f'{{"bearerToken": "{BEARER}"'.encode())
    await client.post("/session", json={"code": BEARER})
    await client.get("/connectors", headers={"Authorization": f"Bearer {BEARER}"})
    await client.get("/connectors", params={"cursor": BEARER, "token": API_KEY})


async def finished(client: httpx2.AsyncClient, run: str) -> None:
    """Wait for the run's end, and make one of it where an API's passing failures are waited out."""
    started = time.monotonic()
    async with asyncio.timeout(60):
        while True:
            answer = (await client.get(f"/runs/{run}")).json()
            if answer["status"] in {"succeeded", "failed", "canceled"}:
                break
            if time.monotonic() - started > 2:
                await client.post(f"/runs/{run}/cancel")
            await asyncio.sleep(0.1)
    await client.get(f"/runs/{run}/requests?limit=200")


async def histories(settings: Settings, tenant: str) -> bytes:
    """Every event of every workflow of the tenant, as Temporal keeps it: codec not applied."""
    client = await Client.connect(settings.temporal_address)
    found = [w async for w in client.list_workflows(f"VarlorTenant = '{tenant}'")]
    assert found, "the scenario left no workflow to search"
    raw = b""
    for workflow in found:
        handle = client.get_workflow_handle(workflow.id, run_id=workflow.run_id)
        raw += workflow.raw_info.SerializeToString()
        async for event in handle.fetch_history_events():
            raw += event.SerializeToString()
    return raw


async def cached(settings: Settings) -> bytes:
    """Every value in Redis, by its serialised form and, for streams, by its entries."""
    raw = b""
    async with Redis.from_url(settings.redis_url) as redis:
        async for key in redis.scan_iter("*"):
            raw += key + (await redis.dump(key) or b"")
            if await redis.type(key) == b"stream":
                raw += repr(await redis.xrange(key)).encode()
    return raw


def stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_no_secret_is_kept_or_told_anywhere(
    said: tuple[httpx2.AsyncClient, list[bytes]],
    settings: Settings,
    sample_url: str,
    mirror: str,
    tenant: str,
    worker_log: Path,
    api_log: Path,
) -> None:
    client, heard = said
    await scenario(client, sample_url, mirror)
    own_token = client.headers["authorization"].removeprefix("Bearer ")
    sinks = {
        "answers": b"\n".join(heard),
        "logs": stored(api_log.parent) + stored(worker_log.parent),
        "database and datasets": stored(settings.state_dir),
        "Redis": await cached(settings),
        "Temporal": await histories(settings, tenant),
    }
    for sink, content in sinks.items():
        assert content, f"{sink} was not searched"
        for secret in (*CANARIES, own_token):
            for form in forms(secret):
                at = content.find(form)
                assert at < 0, f"{sink}: …{content[max(at - 200, 0) : at + 60]!r}…"
