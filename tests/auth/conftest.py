"""A clock that tests move, and an identity provider's key page that counts who asks."""

import json
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.auth.token_server import TokenServer
from varlor.auth.oauth2 import OAuth2Service
from varlor.cache import connect
from varlor.connectors.http import EgressPolicy, GuardedClient


class MovableClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Provider:
    """Answers `/jwks` with `body`; `asked` counts the requests."""

    def __init__(self) -> None:
        self.body = b'{"keys": []}'
        self.status = 200
        self.asked = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                self.send_response(provider.status)
                self.send_header("Content-Length", str(len(provider.body)))
                self.end_headers()
                self.wfile.write(provider.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has above
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks"

    def publish(self, *keys: dict[str, Any]) -> None:
        self.body = json.dumps({"keys": keys}).encode()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    thread = threading.Thread(target=provider.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()
    thread.join()


@pytest.fixture
def server() -> Iterator[TokenServer]:
    server = TokenServer()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield server
    server.close()
    thread.join()


@pytest.fixture(scope="session")
def tls() -> ssl.SSLContext:
    """Made once: reading the system's certificates takes half a second."""
    return ssl.create_default_context()


@pytest.fixture
async def oauth(clock: MovableClock, tls: ssl.SSLContext) -> AsyncIterator[OAuth2Service]:
    """Over the real guarded client; loopback is what the operator vouches for."""
    policy = EgressPolicy(["127.0.0.1"])
    client = GuardedClient(policy, verify=tls)
    yield OAuth2Service(client, clock, plain_http=policy.vouches_for)
    await client.aclose()


@pytest.fixture
async def redis(flushed_redis_url: str) -> AsyncIterator[Redis]:
    client = connect(flushed_redis_url)
    await client.flushall()
    yield client
    await client.aclose()
