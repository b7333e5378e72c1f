"""The door and the shape of every refusal: 401 before anything is read, problems as RFC 9457 says."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest

from tests.api.conftest import PUBLIC_URL, Door, token

PLAIN_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def is_problem(answer: httpx2.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"urn:varlor:problem:{slug}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["correlationId"] == answer.headers["x-request-id"]
    return body


async def test_nobody_gets_in_and_learns_nothing(nobody: httpx2.AsyncClient) -> None:
    unread = await nobody.post(
        "/connectors", content=b"{not json", headers={"Content-Type": "application/json"}
    )
    for answer in (unread, await nobody.get("/connectors"), await nobody.get("/no-such-place")):
        is_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "bearer\tx", "Token x", "Bearer é"]
)
async def test_a_bad_authorization_header_is_401(nobody: httpx2.AsyncClient, value: str) -> None:
    answer = await nobody.get("/connectors", headers=[(b"Authorization", value.encode())])
    is_problem(answer, 401, "unauthenticated")


async def test_two_authorization_headers_are_one_too_many(door: Door) -> None:
    good = f"Bearer {token(door.tenant, 'viewer')}"
    async with door.client() as client:
        headers = [("Authorization", good), ("Authorization", good)]
        is_problem(await client.get("/connectors", headers=headers), 401, "unauthenticated")


async def test_an_expired_token_is_401(door: Door) -> None:
    headers = {"Authorization": f"Bearer {token(door.tenant, 'viewer', ttl=-60)}"}
    async with door.client(headers=headers) as client:
        is_problem(await client.get("/connectors"), 401, "unauthenticated")


async def test_unknown_places_and_methods_are_problems_too(viewer: httpx2.AsyncClient) -> None:
    is_problem(await viewer.get("/no-such-place"), 404, "not-found")
    refused = await viewer.put("/connectors")
    is_problem(refused, 405, "method-not-allowed")
    assert refused.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"name": NaN}',
        b'{"name": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 20_000,
        b"9" * 5_000,
        b'"text"',
        b"[]",
        b"null",
    ],
    ids=lambda raw: raw[:12].decode(errors="replace"),
)
async def test_bodies_that_are_no_object_are_422(editor: httpx2.AsyncClient, raw: bytes) -> None:
    answer = await editor.post("/connectors", content=raw, headers={"Content-Type": "application/json"})
    is_problem(answer, 422, "invalid-input")


async def test_json_under_another_name_is_422(editor: httpx2.AsyncClient) -> None:
    body = json.dumps({"name": "Shop", "baseUrl": "https://api.example.com"})
    answer = await editor.post("/connectors", content=body, headers={"Content-Type": "text/plain"})
    is_problem(answer, 422, "invalid-input")


async def test_a_million_fields_name_only_some(editor: httpx2.AsyncClient) -> None:
    answer = await editor.post("/connectors", json={f"x{n}": n for n in range(50_000)})
    assert len(is_problem(answer, 422, "invalid-input")["errors"]) <= 20


async def test_a_body_beyond_a_mebibyte_is_413_announced_or_not(editor: httpx2.AsyncClient) -> None:
    large = b'{"name": "' + b"x" * 1024 * 1024 + b'"}'

    async def in_pieces() -> AsyncGenerator[bytes]:
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    headers = {"Content-Type": "application/json"}
    is_problem(await editor.post("/connectors", content=large, headers=headers), 413, "too-large")
    is_problem(await editor.post("/connectors", content=in_pieces(), headers=headers), 413, "too-large")


async def test_the_correlation_id_is_taken_when_sound_and_made_when_not(viewer: httpx2.AsyncClient) -> None:
    given = await viewer.get("/connectors", headers={"X-Request-Id": "trace-1234.abc"})
    assert given.headers["x-request-id"] == "trace-1234.abc"
    for bad in ("short", "x" * 65, "a b c d e f g", 'a"b{c}d<e>'):
        made = (await viewer.get("/connectors", headers={"X-Request-Id": bad})).headers["x-request-id"]
        assert made != bad
        assert len(made) == 32


async def test_every_answer_carries_safe_headers(
    viewer: httpx2.AsyncClient, nobody: httpx2.AsyncClient
) -> None:
    for answer in (
        await viewer.get("/connectors"),
        await nobody.get("/connectors"),
        await nobody.get("/health/live"),
        await nobody.get(f"{PUBLIC_URL}/status"),
        await nobody.get("/docs"),
    ):
        assert PLAIN_HEADERS.items() <= dict(answer.headers).items()
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "script-src" not in answer.headers["content-security-policy"]


async def test_pages_run_no_script_and_load_nothing_from_elsewhere(nobody: httpx2.AsyncClient) -> None:
    for place in (f"{PUBLIC_URL}/status", "/docs"):
        page = (await nobody.get(place)).text
        assert "<script" not in page
        assert "src=" not in page
    operations = (await nobody.get("/docs")).text
    document = (await nobody.get("/openapi.json")).json()
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["operationId"] in operations


async def test_liveness_readiness_and_metrics_ask_nobodys_name(nobody: httpx2.AsyncClient) -> None:
    assert (await nobody.get("/health/live")).json() == {"status": "ok"}
    ready = await nobody.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["parts"] == {
        name: {"state": "up"} for name in ("database", "redis", "temporal", "storage")
    }
    metrics = (await nobody.get("/metrics")).text
    assert 'varlor_http_requests_total{method="GET",route="/health/live",status="200"} 1.0' in metrics


async def test_metrics_name_routes_and_never_what_was_asked_for(
    viewer: httpx2.AsyncClient, nobody: httpx2.AsyncClient, tenant: str
) -> None:
    await viewer.get("/connectors/con_canary?token=canary")
    await viewer.request("CANARY", "/connectors")
    metrics = (await nobody.get("/metrics")).text
    assert "canary" not in metrics.lower()
    assert tenant not in metrics
