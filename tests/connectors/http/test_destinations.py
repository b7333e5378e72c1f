"""Nothing that a tenant writes reaches an address that was not judged: a canary must hear nothing."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from tests.connectors.http.conftest import MakeClient, Names, Serve, Server, answer
from varlor.connectors.http import EgressPolicy, GuardedClient, OutRequest, dial
from varlor.errors import SourceError


async def refused(client: GuardedClient, url: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await client.send(OutRequest("GET", url), deadline=5, max_bytes=1000)
    return caught.value


@pytest.fixture
async def canary(serve: Serve) -> Server:
    return await serve(answer(b"secret"))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "localhost.", "LOCALHOST", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "0",
     "0.0.0.0", "127.0.0.1.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
     "[64:ff9b::7f00:1]", "127。0。0。1", "①②⑦.0.0.1", "%31%32%37.0.0.1", "a@127.0.0.1",
     "good.example\\@127.0.0.1", "good.example%2F@127.0.0.1", "good.example%5C@127.0.0.1", "a@b@127.0.0.1",
     "127.0.0.1\t", "127.0.0.1\n", "127.0.0.1\0", "0:0", "app.localhost", "[::1%25lo]"],
)  # fmt: skip
async def test_no_spelling_of_loopback_connects(host: str, canary: Server, names: Names) -> None:
    client = GuardedClient(EgressPolicy())
    try:
        error = await refused(client, f"http://{host}:{canary.port}/")
    finally:
        await client.aclose()
    assert error.kind in ("blocked_destination", "bad_request")
    assert canary.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        [],
    ],
)
async def test_a_name_that_leads_inside_is_refused_whole(
    addresses: Sequence[str], canary: Server, make_client: MakeClient, names: Names
) -> None:
    names.table["inside.example"] = addresses
    error = await refused(make_client(), canary.url(host="inside.example"))
    assert error.kind == "blocked_destination"
    assert canary.connections == 0


async def test_blocked_and_unresolvable_look_the_same(make_client: MakeClient, names: Names) -> None:
    names.table["inside.example"] = ["10.0.0.1"]
    client = make_client()
    blocked = await refused(client, "http://inside.example/")
    unknown = await refused(client, "http://unknown.example/")
    literal = await refused(client, "http://10.0.0.1/")
    for error in (blocked, unknown, literal):
        assert (error.kind, error.detail) == ("blocked_destination", blocked.detail)
        assert "example" not in error.detail
        assert error.__cause__ is None


async def test_an_allowed_host_that_does_not_answer_is_unreachable(
    serve: Serve, make_client: MakeClient
) -> None:
    error = await refused(make_client("127.0.0.1:1"), "http://127.0.0.1:1/")
    assert error.kind == "unreachable"
    assert error.retryable


async def test_rebinding_is_too_late(
    canary: Server, serve: Serve, make_client: MakeClient, names: Names
) -> None:
    good = await serve()
    client = make_client(f"127.0.0.2:{canary.port}", good.entry)
    names.table["shifty.example"] = ["127.0.0.2"]
    turns = iter([["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"]])

    async def shifty(host: str, port: int) -> Sequence[str]:
        names.asked.append(host)
        return next(turns)

    client = GuardedClient(EgressPolicy([f"127.0.0.2:{canary.port}"]), resolver=shifty)
    try:
        first = await refused(client, canary.url(host="shifty.example"))  # nobody listens on 127.0.0.2
        second = await refused(client, canary.url(host="shifty.example"))
    finally:
        await client.aclose()
    assert (first.kind, second.kind) == ("unreachable", "blocked_destination")
    assert names.asked == ["shifty.example"] * 2  # asked once for each connection, never again to connect
    assert canary.connections == 0


async def test_the_next_address_is_tried_when_one_is_dead(
    serve: Serve, make_client: MakeClient, names: Names
) -> None:
    server = await serve()
    names.table["two.example"] = ["127.0.0.9", "127.0.0.1"]
    client = make_client("two.example")
    response = await client.send(
        OutRequest("GET", server.url(host="two.example")), deadline=5, max_bytes=1000
    )
    assert response.status == 200
    assert f"Host: two.example:{server.port}\r\n".encode() in server.requests[0]


async def test_slow_dns_fails_closed_and_alike(
    monkeypatch: pytest.MonkeyPatch, canary: Server, names: Names
) -> None:
    monkeypatch.setattr(dial, "RESOLVE_SECONDS", 0.05)

    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return ["127.0.0.1"]

    client = GuardedClient(EgressPolicy([canary.entry]), resolver=never)
    started = time.monotonic()
    error = await refused(client, canary.url(host="slow.example"))
    await client.aclose()
    assert error.kind == "blocked_destination"
    assert time.monotonic() - started < 2
    assert canary.connections == 0


async def test_the_systems_resolver_is_asked_when_none_is_given(serve: Serve) -> None:
    server = await serve()
    client = GuardedClient(EgressPolicy([f"localhost:{server.port}"]))
    response = await client.send(OutRequest("GET", server.url(host="localhost")), deadline=5, max_bytes=1000)
    await client.aclose()
    assert response.status == 200


async def test_an_open_connection_serves_no_other_policy(serve: Serve, make_client: MakeClient) -> None:
    server = await serve()
    wide, narrow = make_client(server.entry), make_client()
    await wide.send(OutRequest("GET", server.url()), deadline=5, max_bytes=1000)
    assert (await refused(narrow, server.url())).kind == "blocked_destination"
    await wide.send(OutRequest("GET", server.url()), deadline=5, max_bytes=1000)
    assert server.connections == 1


async def test_our_own_parts_are_closed_though_their_network_is_allowed(
    canary: Server, make_client: MakeClient, names: Names
) -> None:
    names.table |= {"redis.internal": ["127.0.0.1"], "alias.example": ["127.0.0.3"]}
    client = make_client(
        "127.0.0.0/8", "alias.example", "redis.internal", own=[("redis.internal", canary.port)]
    )
    for host in ("127.0.0.1", "alias.example", "redis.internal", "127.0.0.3"):
        assert (await refused(client, canary.url(host=host))).kind == "blocked_destination"
    assert canary.connections == 0


async def test_proxies_of_the_environment_are_ignored(
    monkeypatch: pytest.MonkeyPatch, canary: Server, serve: Serve, make_client: MakeClient
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, canary.url())
        monkeypatch.setenv(name.lower(), canary.url())
    server = await serve()
    response = await make_client(server.entry).send(
        OutRequest("GET", server.url()), deadline=5, max_bytes=1000
    )
    assert response.status == 200
    assert canary.connections == 0
