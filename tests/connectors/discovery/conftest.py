"""A listening site that serves just the files a test puts on it, and what discovers it."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.connectors.kit import FixedClock, FreeWindow, connector, serve
from varlor.connectors.auth import StaticAuth
from varlor.connectors.discovery import DocumentDiscoverer
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.contracts.check import Discovery, Endpoint
from varlor.ports import AuthParts

DOCUMENTS = Path(__file__).parent / "documents"
NO_ROOTS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nothing here speaks TLS, and loading roots takes time
AUTH = AuthParts(headers={"Authorization": "Bearer canary-secret"})


@dataclass
class Site:
    """`url` is its origin; `files` are its answers by path, everything else is 404 (or `missing`)."""

    url: str = ""
    files: dict[str, Response] = field(default_factory=dict[str, Response])
    missing: Response = field(default_factory=lambda: Response(status_code=404))
    requests: list[Request] = field(default_factory=list[Request])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        self.requests.append(request)
        await self.files.get(request.url.path, self.missing)(scope, receive, send)

    def clear(self) -> None:
        self.files.clear()
        self.requests.clear()
        self.missing = Response(status_code=404)

    def put(self, path: str, content: Any, kind: str = "application/json", **headers: str) -> None:
        body = content if isinstance(content, bytes | str) else orjson.dumps(content)
        self.files[path] = Response(body, media_type=kind, headers=headers)

    def put_document(self, path: str, name: str = "shop-3.1.json", **changes: Any) -> None:
        content = (DOCUMENTS / name).read_bytes()
        if changes:
            content = orjson.dumps(orjson.loads(content) | changes)
        self.put(path, content, "application/yaml" if name.endswith("yaml") else "application/json")

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]


Discover = Callable[..., Awaitable[Discovery]]


def _site() -> Iterator[Site]:
    site = Site()
    for url in serve(site):
        site.url = url
        yield site


@pytest.fixture(scope="session")
def only_site() -> Iterator[Site]:
    yield from _site()


@pytest.fixture(scope="session")
def second_site() -> Iterator[Site]:
    yield from _site()


@pytest.fixture
def site(only_site: Site) -> Site:
    only_site.clear()
    return only_site


@pytest.fixture
def elsewhere(second_site: Site) -> Site:
    """Another origin, which must never see the credential."""
    second_site.clear()
    return second_site


@pytest.fixture
def window() -> FreeWindow:
    return FreeWindow()


@pytest.fixture
async def discover(window: FreeWindow) -> AsyncIterator[Discover]:
    client = GuardedClient(EgressPolicy(allow=["127.0.0.1"]), verify=NO_ROOTS)
    discoverer = DocumentDiscoverer(client, FixedClock(), window)

    async def run(base_url: str, **settings: Any) -> Discovery:
        return await discoverer.discover("t1", connector(base_url, **settings), StaticAuth(AUTH))

    yield run
    await client.aclose()


def by_path(found: Discovery) -> dict[str, Endpoint]:
    return {endpoint.path: endpoint for endpoint in found.endpoints}
