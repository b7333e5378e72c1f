"""What goes over the wire, and what an answer becomes."""

import asyncio
import traceback
from collections.abc import Mapping, Sequence

import pytest

from tests.connectors.http.conftest import MakeClient, Serve, Talk, answer
from varlor.connectors.http import OutRequest, OutResponse
from varlor.errors import SourceError
from varlor.ports import AuthParts

CANARY = "c4nary"


async def send(make_client: MakeClient, entry: str, request: OutRequest) -> OutResponse:
    return await make_client(entry).send(request, deadline=5, max_bytes=100_000)


async def test_a_request_arrives_as_it_was_meant(serve: Serve, make_client: MakeClient) -> None:
    server = await serve(answer(b'{"a":1}', "Content-Type: application/json; charset=utf-8", "X-Mine: yes"))
    request = OutRequest(
        "post",
        server.url("/v1/items?page=1&keep=a%2Fb&api_key=old"),
        headers={"accept": "application/json", "X-Groesse": "grün"},
        params={"page": "2", "tag": ["a b", "c&d"], "$filter": "x eq 'y'"},
        body=b'{"q":1}',
        auth=AuthParts(headers={"X-API-Key": CANARY}, params={"api_key": CANARY}),
    )
    response = await send(make_client, server.entry, request)

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    query = "keep=a%2Fb&page=2&tag=a%20b&tag=c%26d&%24filter=x%20eq%20%27y%27"
    assert line == f"POST /v1/items?{query}&api_key={CANARY} HTTP/1.1"
    assert sorted(lines) == [
        "Accept-Encoding: gzip, deflate",
        "Content-Length: 7",
        f"Host: {server.entry}",
        "User-Agent: varlor",
        f"X-API-Key: {CANARY}",
        "X-Groesse: grün",
        "accept: application/json",
    ]
    assert body == b'{"q":1}'
    assert (response.status, response.reason, response.body) == (200, "OK", b'{"a":1}')
    assert response.headers["x-mine"] == "yes"
    assert response.content_type == "application/json; charset=utf-8"
    assert response.url == server.url(f"/v1/items?{query}")
    assert 0 <= response.elapsed_ms < 5000


@pytest.mark.parametrize(
    "status", ["400 Bad Request", "401 Unauthorized", "429 Too Many", "500 Oops", "599 Odd"]
)
async def test_no_status_is_an_error(status: str, serve: Serve, make_client: MakeClient) -> None:
    server = await serve(answer(b"why", status=status))
    response = await send(make_client, server.entry, OutRequest("GET", server.url()))
    assert f"{response.status} {response.reason}" == status
    assert response.body == b"why"


async def test_connections_are_kept_and_cookies_are_not(serve: Serve, make_client: MakeClient) -> None:
    server = await serve(answer(b"{}", "Set-Cookie: session=abc"))
    client = make_client(server.entry)
    for _ in range(10):
        await client.send(OutRequest("GET", server.url()), deadline=5, max_bytes=100)
    assert server.connections == 1
    assert not any(b"cookie" in request.lower() for request in server.requests)


@pytest.mark.parametrize(
    ("method", "status"), [("GET", "204 No Content"), ("GET", "304 Not Modified"), ("HEAD", "200 OK")]
)
async def test_answers_without_a_body_end(
    method: str, status: str, serve: Serve, make_client: MakeClient
) -> None:
    server = await serve(
        answer(b"", "Content-Encoding: gzip", "Content-Length: 9999999", status=status, length=False)
    )
    response = await send(make_client, server.entry, OutRequest(method, server.url()))
    assert (f"{response.status} {response.reason}", response.body) == (status, b"")


async def test_chunks_are_put_together(serve: Serve, make_client: MakeClient) -> None:
    chunks = b"3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
    server = await serve(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert (await send(make_client, server.entry, OutRequest("GET", server.url()))).body == b"abcde"


def hang_up_after(raw: bytes) -> Talk:
    async def talk(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        writer.close()

    return talk


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", "unreachable"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "unreachable"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "truncated"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "server_error"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "server_error"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "server_error"),
    ],
)
async def test_broken_answers_are_named(raw: bytes, kind: str, serve: Serve, make_client: MakeClient) -> None:
    server = await serve(hang_up_after(raw))
    with pytest.raises(SourceError) as caught:
        await send(make_client, server.entry, OutRequest("GET", server.url()))
    assert caught.value.kind == kind
    assert caught.value.retryable


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(b"abc"),
        b"HTTP/1.1 150 Odd\r\nContent-Length: 4\r\n\r\nevil" + answer(b"abc"),
        b"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc",
        answer(b"abc", "X-A: folded", " line", "X-B: bell \x07"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3  \r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
async def test_an_odd_answer_is_read(raw: bytes, serve: Serve, make_client: MakeClient) -> None:
    server = await serve(raw)
    response = await send(make_client, server.entry, OutRequest("GET", server.url()))
    assert (response.status, response.body) == (200, b"abc")
    assert "link" not in response.headers


@pytest.mark.parametrize("header", ["X-A: nothing said", "Connection: close"])
async def test_a_connection_that_ended_is_not_used_again(
    header: str, serve: Serve, make_client: MakeClient
) -> None:
    hung_up = asyncio.Event()

    async def talk(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"{}", header))
        writer.close()
        await writer.wait_closed()
        hung_up.set()

    server = await serve(talk)
    client = make_client(server.entry)
    for _ in range(3):
        hung_up.clear()
        await client.send(OutRequest("GET", server.url()), deadline=5, max_bytes=100)
        await hung_up.wait()
        await asyncio.sleep(0)  # a turn of the loop, in which the client hears of it
    assert server.connections == 3


async def test_what_came_while_nobody_looked_is_no_answer_to_the_next(
    serve: Serve, make_client: MakeClient
) -> None:
    forging = asyncio.Event()

    async def talk(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(request.split()[1]))
        await writer.drain()
        await forging.wait()
        writer.write(answer(b"forged"))

    server = await serve(talk)
    client = make_client(server.entry)
    await client.send(OutRequest("GET", server.url("/a")), deadline=5, max_bytes=100)
    forging.set()
    await asyncio.sleep(0)  # the server's turn; the client asks again before its own comes
    following = await client.send(OutRequest("GET", server.url("/b")), deadline=5, max_bytes=100)
    assert following.body == b"/b"
    assert server.connections == 2


async def test_an_exchange_given_up_leaves_nothing_to_the_next(serve: Serve, make_client: MakeClient) -> None:
    """Cancelled in the head or in the body; the answer that comes late must be nobody's."""
    asked = asyncio.Event()

    async def late(request: bytes, writer: asyncio.StreamWriter) -> None:
        raw, half = answer(request.split()[1]), 10 if b"/head" in request else -2
        writer.write(raw[:half])
        asked.set()
        if b"/next" not in request:
            await asyncio.sleep(0.05)
        writer.write(raw[half:])

    server = await serve(late)
    client = make_client(server.entry)
    for path in ("/head", "/body"):
        asked.clear()
        call = asyncio.create_task(
            client.send(OutRequest("GET", server.url(path)), deadline=5, max_bytes=100)
        )
        await asked.wait()
        call.cancel()
        assert isinstance((await asyncio.gather(call, return_exceptions=True))[0], asyncio.CancelledError)
        following = await client.send(OutRequest("GET", server.url("/next")), deadline=5, max_bytes=100)
        assert following.body == b"/next"


@pytest.mark.parametrize("coding", ["length", "chunked", "end"])
async def test_a_large_body_arrives_whole_at_a_slow_readers_pace(
    coding: str, serve: Serve, make_client: MakeClient
) -> None:
    body = bytes(range(256)) * 40_000
    head = {"length": f"Content-Length: {len(body)}", "chunked": "Transfer-Encoding: chunked", "end": "X: y"}
    chunks = (body[at : at + 100_000] for at in range(0, len(body), 100_000))

    async def talk(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\n{head[coding]}\r\n\r\n".encode())
        for chunk in chunks:
            writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if coding == "chunked" else chunk)
            await writer.drain()
        writer.write(b"0\r\n\r\n" if coding == "chunked" else b"")
        if coding == "end":
            writer.close()

    server = await serve(talk)
    client = make_client(server.entry)
    response = await client.send(OutRequest("GET", server.url()), deadline=20, max_bytes=len(body))
    assert response.body == body


async def test_a_body_may_end_with_the_connection(serve: Serve, make_client: MakeClient) -> None:
    server = await serve(hang_up_after(b"HTTP/1.0 200 OK\r\n\r\nall of it"))
    assert (await send(make_client, server.entry, OutRequest("GET", server.url()))).body == b"all of it"


INJECTIONS: list[tuple[str, Mapping[str, str], Mapping[str, str | Sequence[str]]]] = [
    ("GET", {"X-A": f"{CANARY}\r\nX-Evil: 1"}, {}),
    ("GET", {"X-A": f"{CANARY}\nX-Evil: 1"}, {}),
    ("GET", {"X-A": f"{CANARY}\0"}, {}),
    ("GET", {"X-A": f"{CANARY}\u2028"}, {}),
    ("GET", {f"X-{CANARY}\r\nX-Evil": "1"}, {}),
    ("GET", {"X A": CANARY}, {}),
    ("GET", {"": CANARY}, {}),
    ("GET", {"Host": "internal"}, {}),
    ("GET", {"Content-Length": "0"}, {}),
    ("GET", {"transfer-encoding": "chunked"}, {}),
    ("GET", {"Connection": "upgrade"}, {}),
    ("GET", {}, {"a": f"{CANARY}\r\nX-Evil: 1"}),
    ("GET", {}, {"a\n": CANARY}),
    ("GET", {}, {"a": ["1", f"{CANARY}\0"]}),
    ("GET / HTTP/1.1\r\nX-Evil: 1\r\n\r\nGET", {}, {}),
    ("", {}, {}),
]


@pytest.mark.parametrize(("method", "headers", "params"), INJECTIONS)
async def test_nothing_is_smuggled_into_a_request(
    method: str,
    headers: Mapping[str, str],
    params: Mapping[str, str | Sequence[str]],
    serve: Serve,
    make_client: MakeClient,
) -> None:
    server = await serve()
    with pytest.raises(SourceError) as caught:
        await send(
            make_client, server.entry, OutRequest(method, server.url(), headers=headers, params=params)
        )
    assert caught.value.kind == "bad_request"
    assert server.requests == []
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("key", [f"{CANARY}\r\nX-Evil: 1", f"{CANARY}\0"])
async def test_a_key_with_a_line_break_is_not_sent(key: str, serve: Serve, make_client: MakeClient) -> None:
    server = await serve()
    request = OutRequest("GET", server.url(), auth=AuthParts(params={"api_key": key}))
    with pytest.raises(SourceError, match="line break") as caught:
        await send(make_client, server.entry, request)
    assert server.requests == []
    assert CANARY not in str(caught.value)


async def test_nothing_secret_has_a_repr(serve: Serve, make_client: MakeClient) -> None:
    server = await serve(answer(CANARY.encode(), f"X-Token: {CANARY}"))
    request = OutRequest("GET", server.url(f"/?key={CANARY}"), auth=AuthParts(headers={"X-Key": CANARY}))
    response = await send(make_client, server.entry, request)
    assert CANARY not in f"{request!r}{request.auth!r}{response!r}"


async def test_many_at_once_share_a_client(serve: Serve, make_client: MakeClient) -> None:
    server = await serve(answer(b"{}"))
    client = make_client(server.entry)
    calls = [client.send(OutRequest("GET", server.url()), deadline=10, max_bytes=100) for _ in range(150)]
    assert {response.status for response in await asyncio.gather(*calls)} == {200}
