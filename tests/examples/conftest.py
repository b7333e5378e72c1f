"""The sample API on a real server, small enough to be read whole in every style."""

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx2
import pytest_asyncio
import uvicorn

from examples.sample_api import create_app
from tests.examples.oauth_party import Party, register


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server() -> AsyncIterator[httpx2.AsyncClient]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(scale=0.02), log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listening]))
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx2.AsyncClient(base_url=base, trust_env=False) as client:
            await _answering(client)
            yield client
        server.should_exit = True
        await serving


@pytest_asyncio.fixture(loop_scope="session")
async def api(server: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A client of the server, with no fault in force and nothing counted."""
    await server.delete("/_faults")
    await server.delete("/_stats")
    return server


@pytest_asyncio.fixture(loop_scope="session")
async def party(api: httpx2.AsyncClient) -> AsyncIterator[Party]:
    """A public OAuth client, on a server that knows no other."""
    await api.post("/_oauth/reset")
    await register(api, client_id="shop")
    yield Party(api, "shop")
    await api.post("/_oauth/reset")


async def _answering(client: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await client.get("/_stats")
            except httpx2.ConnectError:
                await asyncio.sleep(0.01)
            else:
                return
