"""What never ends or swells ends in a clear error, in bounded time and memory."""

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest

from tests.connectors.http.conftest import MakeClient, Serve, Talk, answer
from varlor.connectors.http import OutRequest, OutResponse
from varlor.errors import SourceError

MIB = 1 << 20


async def get(make_client: MakeClient, url: str, entry: str, *, deadline: float = 20) -> OutResponse:
    return await make_client(entry).send(OutRequest("GET", url), deadline=deadline, max_bytes=2 * MIB)


async def fails(
    make_client: MakeClient, serve: Serve, talk: Talk | bytes, *, deadline: float = 20
) -> SourceError:
    server = await serve(talk)
    with pytest.raises(SourceError) as caught:
        await get(make_client, server.url(), server.entry, deadline=deadline)
    return caught.value


def packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)  # test ids do not change with the clock


def endlessly(head: bytes, piece: bytes, pause: float = 0) -> Talk:
    async def talk(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return talk


def zeros(format_: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, format_)
    packed = b"".join(packer.compress(bytes(MIB)) for _ in range(64))
    return packed + packer.flush()


@pytest.fixture
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 * MIB


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(("coding", "format_"), [("gzip", 31), ("deflate", 15), ("deflate", -15)])
async def test_a_bomb_is_too_large(coding: str, format_: int, serve: Serve, make_client: MakeClient) -> None:
    bomb = answer(zeros(format_), f"Content-Encoding: {coding}")
    error = await fails(make_client, serve, bomb)
    assert error.kind == "too_large"


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(
    "coding", ["br", "zstd", "gzip, gzip", "gzip, br", "compress", "gzip, " * 100 + "gzip"]
)
async def test_codings_nobody_asked_for_are_not_read(
    coding: str, serve: Serve, make_client: MakeClient
) -> None:
    error = await fails(make_client, serve, answer(packed(bytes(MIB)), f"Content-Encoding: {coding}"))
    assert error.kind == "not_json"
    assert "coding" in error.detail


@pytest.mark.usefixtures("little_memory")
async def test_a_body_without_end_is_too_large(serve: Serve, make_client: MakeClient) -> None:
    for head in (b"", b"Content-Encoding: gzip\r\n"):
        talk = endlessly(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + packed(b"a"), b"\0" * 65_536)
        error = await fails(make_client, serve, talk, deadline=3)
        assert error.kind == ("not_json" if head else "too_large")


async def test_a_declared_length_is_believed_at_once(serve: Serve, make_client: MakeClient) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {3 * MIB}\r\n\r\n".encode()
    error = await fails(make_client, serve, endlessly(head, b"", 0.05), deadline=20)
    assert error.kind == "too_large"


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 ", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n"],
)  # fmt: skip
async def test_dripping_ends_with_the_deadline(head: bytes, serve: Serve, make_client: MakeClient) -> None:
    started = time.monotonic()
    error = await fails(make_client, serve, endlessly(head, b"a", 0.02), deadline=0.5)
    assert error.kind == "timeout"
    assert time.monotonic() - started < 2


async def test_silence_ends_with_the_deadline_and_the_client_lives(
    serve: Serve, make_client: MakeClient
) -> None:
    async def silent(_request: bytes, _writer: asyncio.StreamWriter) -> None: ...

    mute, server = await serve(silent), await serve()
    client = make_client(mute.entry, server.entry)
    calls = [client.send(OutRequest("GET", mute.url()), deadline=0.3, max_bytes=9) for _ in range(20)]
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert {error.kind for error in errors if isinstance(error, SourceError)} == {"timeout"}
    assert (await client.send(OutRequest("GET", server.url()), deadline=5, max_bytes=9)).status == 200


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(
    "header", [b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(100_000)), b"X: " + b"a" * 10 * MIB + b"\r\n"]
)
async def test_headers_without_measure_are_too_large(
    header: bytes, serve: Serve, make_client: MakeClient
) -> None:
    async def talk(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + header + b"Content-Length: 0\r\n\r\n")
        await writer.drain()

    error = await fails(make_client, serve, talk)
    assert error.kind == "too_large"


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(
    ("begun", "more"),
    [(b"0\r\n", b"X-Trailer: 1\r\n" * 4096), (b"0\r\nX-Trailer: ", b"a" * 65_536), (b"1;", b"b" * 65_536)],
)
async def test_trailers_and_chunk_extensions_without_end_are_too_large(
    begun: bytes, more: bytes, serve: Serve, make_client: MakeClient
) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
    error = await fails(make_client, serve, endlessly(head + begun, more))
    assert error.kind == "too_large"


async def test_endless_early_hints_end_with_the_deadline(serve: Serve, make_client: MakeClient) -> None:
    error = await fails(
        make_client, serve, endlessly(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.001), deadline=0.5
    )
    assert error.kind == "timeout"


async def test_a_flood_of_interim_answers_is_refused_and_holds_nobody(
    serve: Serve, make_client: MakeClient
) -> None:
    flood = b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000
    error = await fails(make_client, serve, endlessly(b"", flood), deadline=20)
    assert error.kind == "too_large"


async def test_what_follows_a_whole_answer_is_not_taken_for_the_next(
    serve: Serve, make_client: MakeClient
) -> None:
    for surplus in (b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000, answer(b"forged"), b"noise"):
        server = await serve(answer(b"{}") + surplus)
        client = make_client(server.entry)
        for _ in range(2):
            response = await client.send(OutRequest("GET", server.url()), deadline=20, max_bytes=MIB)
            assert response.body == b"{}"
        assert server.connections == 2


@pytest.mark.usefixtures("little_memory")
async def test_a_body_in_tiny_chunks_costs_no_more_than_another(
    serve: Serve, make_client: MakeClient
) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server = await serve(head + b"2\r\nab\r\n" * MIB + b"0\r\n\r\n")
    assert len((await get(make_client, server.url(), server.entry)).body) == 2 * MIB


async def test_endless_tiny_members_end(serve: Serve, make_client: MakeClient) -> None:
    body = packed(b"") * 5000
    error = await fails(make_client, serve, answer(body, "Content-Encoding: gzip"))
    assert error.kind == "not_json"


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", packed(b"hello")), ("x-gzip", packed(b"hel") + packed(b"lo")),
     ("GZIP", packed(b"hello")), ("deflate", zlib.compress(b"hello")),
     ("deflate", zlib.compress(b"hello", wbits=-15)), ("identity", b"hello"), ("", b"hello")],
)  # fmt: skip
async def test_an_honest_body_is_decoded(
    coding: str, body: bytes, serve: Serve, make_client: MakeClient
) -> None:
    server = await serve(answer(body, f"Content-Encoding: {coding}"))
    response = await get(make_client, server.url(), server.entry)
    assert response.body == b"hello"
    assert b"Accept-Encoding: gzip, deflate\r\n" in server.requests[0]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (answer(packed(b"x" * 9999)[:-9], "Content-Encoding: gzip"), "truncated"),
        (answer(b"no gzip", "Content-Encoding: gzip"), "not_json"),
        (answer(b"no deflate", "Content-Encoding: deflate"), "not_json"),
    ],
)
async def test_a_damaged_body_is_told_from_a_cut_one(
    raw: bytes, kind: str, serve: Serve, make_client: MakeClient
) -> None:
    assert (await fails(make_client, serve, raw)).kind == kind
