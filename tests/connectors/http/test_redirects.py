"""A redirect is a new destination, and no credential leaves its origin."""

import asyncio

import pytest
import trustme

from tests.connectors.http.conftest import MakeClient, Names, Serve, Server, Talk, answer
from tests.connectors.http.test_tls import presenting
from varlor.connectors.http import OutRequest, OutResponse
from varlor.errors import SourceError
from varlor.ports import AuthParts

CANARY = "c4nary"


def to(location: str, status: str = "302 Found") -> bytes:
    return answer(b"", f"Location: {location}", "Set-Cookie: session=abc", status=status)


def by_path(**answers: bytes) -> Talk:
    async def talk(request: bytes, writer: asyncio.StreamWriter) -> None:
        path = request.split(b" ")[1].decode().partition("?")[0].strip("/")
        writer.write(answers.get(path, answer(b"end")))

    return talk


async def get(make_client: MakeClient, url: str, *allow: str) -> OutResponse:
    auth = AuthParts(headers={"Authorization": CANARY, "X-API-Key": CANARY}, params={"api_key": CANARY})
    request = OutRequest(
        "GET", url, headers={"X-Tenant-Key": CANARY, "Cookie": CANARY, "Accept": "text/x"}, auth=auth
    )
    return await make_client(*allow).send(request, deadline=5, max_bytes=1000)


def blocked(error: pytest.ExceptionInfo[SourceError]) -> bool:
    return error.value.kind == "blocked_destination"


@pytest.fixture
async def canary(serve: Serve) -> Server:
    return await serve()


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1:{}/", "//127.0.0.1:{}/", "http://169.254.169.254/latest/meta-data", "http://[::1]:{}/",
     "http://0x7f.1:{}/", "http://u:p@127.0.0.1:{}/", "file:///etc/passwd", "gopher://127.0.0.1:{}/",
     "http:\\\\127.0.0.1:{}\\", "javascript:1", "http://h:0/", "https://[/"],
)  # fmt: skip
async def test_no_redirect_leads_to_a_refused_address(
    location: str, serve: Serve, make_client: MakeClient, canary: Server
) -> None:
    server = await serve(to(location.format(canary.port)))
    with pytest.raises(SourceError) as caught:
        await get(make_client, server.url(), server.entry)
    assert blocked(caught)
    assert canary.connections == 0


async def test_credentials_stay_within_the_origin(serve: Serve, make_client: MakeClient) -> None:
    server = await serve(by_path(start=to("/next?page=2"), next=to("end?page=3", "307 Temporary Redirect")))
    response = await get(make_client, server.url("/start?page=1"), server.entry)
    assert response.body == b"end"
    assert response.url == server.url("/end?page=3")
    assert len(server.requests) == 3
    for request in server.requests:
        head = request.decode()
        assert f"Authorization: {CANARY}" in head
        assert f"X-API-Key: {CANARY}" in head
        assert head.count(f"api_key={CANARY}") == 1
        assert "session=abc" not in head  # no cookie is kept


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
@pytest.mark.parametrize("where", ["port", "name"])
async def test_no_credential_leaves_its_origin(
    status: str, where: str, serve: Serve, make_client: MakeClient, names: Names
) -> None:
    other = await serve()
    names.table["elsewhere.example"] = ["127.0.0.1"]
    host = "127.0.0.1" if where == "port" else "elsewhere.example"
    # A server that forwards with $request_uri hands the key parameter on; it is taken out again.
    server = await serve(to(other.url(f"/p?page=2&api_key={CANARY}&api%5Fkey={CANARY}", host=host), status))
    response = await get(
        make_client, server.url(), server.entry, other.entry, f"elsewhere.example:{other.port}"
    )
    assert response.url == other.url("/p?page=2", host=host)
    assert CANARY.encode() not in other.requests[0]
    assert b"Accept: text/x\r\n" in other.requests[0]


async def test_a_credential_does_not_come_back_after_leaving(serve: Serve, make_client: MakeClient) -> None:
    home = Server()
    away = await serve(lambda _request, writer: _write(writer, to(home.url("/end"))))
    server = await serve(by_path(start=to(away.url("/"))))
    home.port = server.port
    response = await get(make_client, server.url("/start"), server.entry, away.entry)
    assert response.body == b"end"
    assert CANARY.encode() not in server.requests[1]


async def _write(writer: asyncio.StreamWriter, raw: bytes) -> None:
    writer.write(raw)


async def test_https_does_not_fall_back_to_http(
    serve: Serve, make_client: MakeClient, canary: Server, authority: trustme.CA
) -> None:
    server = await serve(to(canary.url()), tls=presenting(authority, "127.0.0.1"))
    with pytest.raises(SourceError, match="https to http") as caught:
        await get(make_client, server.url(scheme="https"), server.entry, canary.entry)
    assert blocked(caught)
    assert canary.connections == 0


async def test_a_circle_of_redirects_ends(serve: Serve, make_client: MakeClient) -> None:
    server = await serve(to("/again"))
    with pytest.raises(SourceError, match="more than 5 times"):
        await get(make_client, server.url(), server.entry)
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [("303 See Other", "GET", b""), ("302 Found", "GET", b""), ("301 Moved", "GET", b""),
     ("307 Temporary", "POST", b'{"q":1}'), ("308 Permanent", "POST", b'{"q":1}')],
)  # fmt: skip
async def test_a_post_becomes_a_get_where_http_says_so(
    status: str, method: str, body: bytes, serve: Serve, make_client: MakeClient
) -> None:
    server = await serve(by_path(start=to("/end", status)))
    request = OutRequest(
        "POST", server.url("/start"), headers={"Content-Type": "application/json"}, body=b'{"q":1}'
    )
    await make_client(server.entry).send(request, deadline=5, max_bytes=1000)
    head, _, sent = server.requests[1].partition(b"\r\n\r\n")
    assert head.startswith(f"{method} /end ".encode())
    assert sent == body
    assert (b"Content-Type" in head) is bool(body)


async def test_a_body_does_not_go_to_another_origin(
    serve: Serve, make_client: MakeClient, canary: Server
) -> None:
    server = await serve(to(canary.url(), "307 Temporary Redirect"))
    with pytest.raises(SourceError, match="base URL"):
        await make_client(server.entry, canary.entry).send(
            OutRequest("POST", server.url(), body=b"secret"), deadline=5, max_bytes=1000
        )
    assert canary.connections == 0


async def test_a_redirect_can_be_left_alone(serve: Serve, make_client: MakeClient, canary: Server) -> None:
    server = await serve(to(canary.url()))
    request = OutRequest("POST", server.url(), body=b"grant", follow_redirects=False)
    response = await make_client(server.entry, canary.entry).send(request, deadline=5, max_bytes=1000)
    assert (response.status, response.headers["location"]) == (302, canary.url())
    assert canary.connections == 0


@pytest.mark.parametrize("raw", [answer(b"", status="304 Not Modified"), answer(b"", status="302 Found")])
async def test_a_redirect_to_nowhere_is_the_answer(raw: bytes, serve: Serve, make_client: MakeClient) -> None:
    server = await serve(raw)
    response = await get(make_client, server.url(), server.entry)
    assert response.status in (302, 304)
