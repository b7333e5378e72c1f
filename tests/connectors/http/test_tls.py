"""The connection goes by address; name and certificate are still the host's."""

import asyncio
import ssl

import pytest
import trustme

from tests.connectors.http.conftest import MakeClient, Names, Serve, answer
from varlor.connectors.http import EgressPolicy, GuardedClient, OutRequest
from varlor.errors import SourceError


def presenting(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


async def test_the_server_sees_the_host_name(
    serve: Serve, make_client: MakeClient, names: Names, authority: trustme.CA
) -> None:
    server = await serve(answer(b"hello"), tls=presenting(authority, "api.example"))
    names.table["api.example"] = ["127.0.0.1"]
    client = make_client(server.entry)
    for _ in range(2):
        url = server.url("/v1", host="api.example", scheme="https")
        response = await client.send(OutRequest("GET", url), deadline=5, max_bytes=1000)
        assert response.body == b"hello"
        assert response.url == url
    assert server.server_names == ["api.example"]
    assert server.connections == 1
    assert f"Host: api.example:{server.port}\r\n".encode() in server.requests[0]


@pytest.mark.parametrize("certificate", ["other.example", "127.0.0.1"])
async def test_a_certificate_for_another_host_is_refused(
    certificate: str, serve: Serve, make_client: MakeClient, names: Names, authority: trustme.CA
) -> None:
    server = await serve(tls=presenting(authority, certificate))
    names.table["api.example"] = ["127.0.0.1"]
    with pytest.raises(SourceError) as caught:
        await make_client(server.entry).send(
            OutRequest("GET", server.url(host="api.example", scheme="https")), deadline=5, max_bytes=1000
        )
    assert caught.value.kind == "tls"
    assert "not valid for 'api.example'" in caught.value.detail
    assert server.requests == []


async def test_an_unknown_authority_is_refused(serve: Serve, make_client: MakeClient, names: Names) -> None:
    server = await serve(tls=presenting(trustme.CA(), "api.example"))
    names.table["api.example"] = ["127.0.0.1"]
    with pytest.raises(SourceError) as caught:
        await make_client(server.entry).send(
            OutRequest("GET", server.url(host="api.example", scheme="https")), deadline=5, max_bytes=1000
        )
    assert caught.value.kind == "tls"
    assert not caught.value.retryable
    assert server.requests == []


async def test_the_systems_authorities_are_the_default(
    serve: Serve, names: Names, authority: trustme.CA
) -> None:
    server = await serve(tls=presenting(authority, "127.0.0.1"))
    client = GuardedClient(EgressPolicy([server.entry]))
    with pytest.raises(SourceError) as caught:
        await client.send(OutRequest("GET", server.url(scheme="https")), deadline=5, max_bytes=1000)
    await client.aclose()
    assert caught.value.kind == "tls"


async def test_a_plain_server_behind_https_is_a_tls_failure(make_client: MakeClient) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(status="400 Bad Request"))

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        with pytest.raises(SourceError) as caught:
            await make_client(f"127.0.0.1:{port}").send(
                OutRequest("GET", f"https://127.0.0.1:{port}/"), deadline=5, max_bytes=1000
            )
    assert caught.value.kind == "tls"
