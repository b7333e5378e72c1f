"""Behind an egress proxy the policy still holds, and the environment still has no say."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import trustme

from tests.connectors.http.conftest import MakeClient, Names, Serve, answer
from tests.connectors.http.test_bombs import endlessly
from tests.connectors.http.test_tls import presenting
from varlor.connectors.http import OutRequest
from varlor.errors import SourceError


class Proxy:
    """A small forward proxy on loopback: whatever is asked for, it goes to 127.0.0.1 at that port."""

    def __init__(self) -> None:
        self.url = ""
        self.heads: list[bytes] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            method, target = head.split(b" ")[:2]
            port = int(target.removeprefix(b"http://").partition(b"/")[0].rpartition(b":")[2])
            upstream, onward = await asyncio.open_connection("127.0.0.1", port)
            if method == b"CONNECT":
                writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            else:
                onward.write(head)
            async with asyncio.TaskGroup() as both:
                both.create_task(pump(reader, onward))
                both.create_task(pump(upstream, writer))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
    writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    proxy = Proxy()
    listener = await asyncio.start_server(proxy.handle, "127.0.0.1", 0)
    proxy.url = f"http://me:pa%40ss@127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    yield proxy
    listener.close()


async def test_requests_go_through_the_proxy_by_name(
    proxy: Proxy, serve: Serve, make_client: MakeClient, names: Names, authority: trustme.CA
) -> None:
    plain = await serve(answer(b"plain"))
    secure = await serve(answer(b"secure"), tls=presenting(authority, "api.example"))
    names.table["api.example"] = ["127.0.0.1"]
    client = make_client("api.example", proxy_url=proxy.url)
    for server, scheme in ((plain, "http"), (secure, "https")):
        url = server.url("/v1", host="api.example", scheme=scheme)
        response = await client.send(OutRequest("GET", url), deadline=5, max_bytes=1000)
        assert response.body.decode() == ("plain" if scheme == "http" else "secure")
    await client.aclose()
    assert proxy.heads[0].startswith(f"GET http://api.example:{plain.port}/v1 ".encode())
    assert proxy.heads[1].startswith(f"CONNECT api.example:{secure.port} ".encode())
    assert all(b"Proxy-Authorization: Basic bWU6cGFAc3M=" in head for head in proxy.heads)
    assert secure.server_names == ["api.example"]
    assert b"Proxy-Authorization" not in secure.requests[0]


async def test_the_policy_holds_behind_the_proxy(
    proxy: Proxy, serve: Serve, make_client: MakeClient, names: Names
) -> None:
    canary = await serve()
    names.table |= {"inside.example": ["10.0.0.1"], "mixed.example": ["8.8.8.8", "10.0.0.1"]}
    client = make_client(proxy_url=proxy.url)
    for host in ("127.0.0.1", "localhost", "inside.example", "mixed.example", "unknown.example"):
        with pytest.raises(SourceError) as caught:
            await client.send(OutRequest("GET", canary.url(host=host)), deadline=5, max_bytes=1000)
        assert caught.value.kind == "blocked_destination"
    assert proxy.heads == []
    assert canary.connections == 0


async def test_the_proxy_itself_may_speak_tls(
    proxy: Proxy, serve: Serve, make_client: MakeClient, names: Names, authority: trustme.CA
) -> None:
    secure = await serve(answer(b"secure"), tls=presenting(authority, "api.example"))
    names.table["api.example"] = ["127.0.0.1"]
    tls = presenting(authority, "localhost")
    async with await asyncio.start_server(proxy.handle, "127.0.0.1", 0, ssl=tls) as listener:
        port = listener.sockets[0].getsockname()[1]
        client = make_client("api.example", proxy_url=f"https://localhost:{port}")
        url = secure.url(host="api.example", scheme="https")
        response = await client.send(OutRequest("GET", url), deadline=5, max_bytes=1000)
        await client.aclose()
    assert response.body == b"secure"


async def test_a_proxy_that_refuses_is_not_the_hosts_fault(
    serve: Serve, make_client: MakeClient, names: Names
) -> None:
    refusing = await serve(answer(b"", status="403 Forbidden"))
    names.table["api.example"] = ["127.0.0.1"]
    client = make_client("api.example", proxy_url=refusing.url())
    with pytest.raises(SourceError, match="egress proxy") as caught:
        await client.send(OutRequest("GET", "https://api.example/"), deadline=5, max_bytes=1000)
    assert caught.value.kind == "unreachable"


async def test_a_flood_of_interim_answers_through_the_proxy_is_refused(
    proxy: Proxy, serve: Serve, make_client: MakeClient, names: Names
) -> None:
    server = await serve(endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000))
    names.table["api.example"] = ["127.0.0.1"]
    client = make_client("api.example", proxy_url=proxy.url)
    request = OutRequest("GET", server.url(host="api.example"))
    with pytest.raises(SourceError) as caught:
        await client.send(request, deadline=20, max_bytes=1000)
    assert caught.value.kind == "too_large"
