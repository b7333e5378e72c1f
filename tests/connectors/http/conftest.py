"""Loopback servers that say exactly what a test wants, and a client that may reach only them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import pytest
import trustme

from varlor.connectors.http import EgressPolicy, GuardedClient

Talk = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""Answers one request (its head and body as they came)."""


@dataclass
class Server:
    """A listener that counts connections and keeps what it was sent."""

    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list[bytes])
    server_names: list[str | None] = field(default_factory=list["str | None"])

    @property
    def entry(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/", *, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


Serve = Callable[..., Awaitable[Server]]
MakeClient = Callable[..., GuardedClient]


def answer(body: bytes = b"{}", *headers: str, status: str = "200 OK", length: bool = True) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def always(raw: bytes) -> Talk:
    async def talk(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return talk


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    if b"content-length:" in lower:
        head += await reader.readexactly(int(lower.split(b"content-length:")[1].split(b"\r\n")[0]))
    return head


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """`await serve(talk or raw answer, tls=context)` → a running Server."""
    running: list[asyncio.Server] = []
    writers: set[asyncio.StreamWriter] = set()

    async def start(talk: Talk | bytes = b"", *, tls: ssl.SSLContext | None = None) -> Server:
        server = Server()
        act = always(talk or answer()) if isinstance(talk, bytes) else talk

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            server.connections += 1
            writers.add(writer)
            try:
                while True:
                    server.requests.append(await _read_request(reader))
                    await act(server.requests[-1], writer)
            except (asyncio.IncompleteReadError, ConnectionError, RuntimeError):
                writer.close()

        if tls is not None:
            tls.sni_callback = lambda _socket, name, _context: server.server_names.append(name)
        listener = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
        server.port = listener.sockets[0].getsockname()[1]
        running.append(listener)
        return server

    yield start
    for listener in running:
        listener.close()
    for writer in writers:
        writer.close()


class Names:
    """A resolver that answers from a table, and keeps count."""

    def __init__(self) -> None:
        self.table: dict[str, Sequence[str]] = {}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.table:
            raise OSError(-2, "Name or service not known")
        return self.table[host]


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """Verifies as the default context does, and trusts the tests' authority alone."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
async def make_client(names: Names, trusting: ssl.SSLContext) -> AsyncIterator[MakeClient]:
    """`make_client(*egress_allow)` → a client whose names come from `names`."""
    made: list[GuardedClient] = []

    def make(*allow: str, own: Sequence[tuple[str, int]] = (), proxy_url: str | None = None) -> GuardedClient:
        policy = EgressPolicy(allow, own)
        client = GuardedClient(policy, proxy_url=proxy_url, verify=trusting, resolver=names)
        made.append(client)
        return client

    yield make
    for client in made:
        await client.aclose()
