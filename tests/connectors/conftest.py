"""A real listening API with every paging style and every bad habit."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.connectors.kit import FixedClock, FreeWindow, NoDiscoverer, Reader, serve
from tests.connectors.odd_api import OddApi
from varlor.connectors import APIConnectorService
from varlor.connectors.http import EgressPolicy, GuardedClient


@pytest.fixture(scope="session")
def odd_api() -> OddApi:
    return OddApi()


@pytest.fixture(scope="session")
def base_url(odd_api: OddApi) -> Iterator[str]:
    yield from serve(odd_api)


@pytest.fixture(scope="session")
def other_url(odd_api: OddApi) -> Iterator[str]:
    """The same API at another origin."""
    yield from serve(odd_api)


@pytest.fixture
def window() -> FreeWindow:
    return FreeWindow()


@pytest.fixture
async def service(window: FreeWindow) -> AsyncIterator[APIConnectorService]:
    client = GuardedClient(EgressPolicy(allow=["127.0.0.1"]))
    yield APIConnectorService(client, window, NoDiscoverer(), FixedClock())
    await client.aclose()


@pytest.fixture
def reader(service: APIConnectorService, base_url: str, odd_api: OddApi) -> Reader:
    odd_api.reset()
    return Reader(service, base_url, odd_api)
