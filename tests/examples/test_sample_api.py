"""The sample API is itself trusted by other tests, so its own promises are shown here."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from examples.sample_api.data import make_data

pytestmark = pytest.mark.asyncio(loop_scope="session")

Answer = httpx2.Response
Turn = Callable[[Answer, int], dict[str, Any] | str | None]
"""From an answer and the records read so far to the next page's parameters or address; None at the end."""


def _records(body: Any) -> list[dict[str, Any]]:
    if isinstance(body, list):
        return body
    return next(body[name] for name in ("items", "data", "results") if name in body)


def _full(answer: Answer, then: dict[str, Any]) -> dict[str, Any] | None:
    return then if _records(answer.json()) else None


def _cursor(token: str | None) -> dict[str, Any] | None:
    return {"cursor": token} if token else None


STYLES: dict[str, Turn] = {
    "link": lambda answer, _: answer.links.get("next", {}).get("url"),
    "next-url": lambda answer, _: answer.json()["next"],
    "next-url-relative": lambda answer, _: answer.json()["next"],
    "cursor": lambda answer, _: _cursor(answer.json()["meta"]["next_cursor"]),
    "cursor-header": lambda answer, _: _cursor(answer.headers.get("X-Next-Cursor")),
    "offset": lambda answer, read: {"offset": read} if read < answer.json()["total"] else None,
    "offset-bare": lambda answer, read: _full(answer, {"offset": read}),
    "page": lambda answer, _: (
        {"page": answer.json()["page"] + 1} if answer.json()["page"] < answer.json()["total_pages"] else None
    ),
    "page-zero": lambda answer, _: _full(answer, {"page": answer.json().get("page") + 1}),
    "page-bare": lambda answer, _: _full(answer, {"page": int(answer.url.params.get("page", 1)) + 1}),
    "keyset": lambda answer, _: {"since_id": answer.json()[-1]["id"]} if answer.json() else None,
}


async def _pages(api: httpx2.AsyncClient, path: str, turn: Turn) -> AsyncIterator[list[dict[str, Any]]]:
    read, then = 0, turn
    answer = await api.get(path)
    for _ in range(20):
        assert answer.status_code == 200
        records = _records(answer.json())
        read += len(records)
        yield records
        step = then(answer, read)
        if step is None:
            return
        answer = await (api.get(step) if isinstance(step, str) else api.get(path, params=step))
    pytest.fail(f"{path} does not end")


@pytest.mark.parametrize("collection", ["users", "orders", "events"])
@pytest.mark.parametrize("style", STYLES)
async def test_each_style_yields_each_record_once(
    api: httpx2.AsyncClient, style: str, collection: str
) -> None:
    wanted = getattr(make_data(scale=0.02), collection).records
    seen = [row async for page in _pages(api, f"/{style}/{collection}", STYLES[style]) for row in page]
    assert seen == wanted


async def test_the_search_pages_by_a_cursor_in_its_body(api: httpx2.AsyncClient) -> None:
    wanted = [row for row in make_data(scale=0.02).orders.records if row["status"] == "paid"]
    seen: list[dict[str, Any]] = []
    body: dict[str, Any] = {"status": "paid", "limit": 10}
    while "cursor" not in body or body["cursor"]:
        page = (await api.post("/v1/orders/search", json=body)).json()
        seen += page["results"]
        body["cursor"] = page["next_cursor"]
    assert seen == wanted


async def test_orders_can_be_read_since_a_time(api: httpx2.AsyncClient) -> None:
    since = "2026-01-04T00:00:00+01:00"
    seen = (await api.get("/v1/orders", params={"updated_since": since, "limit": 1000})).json()["data"]
    assert {row["updated_at"] >= "2026-01-03T23:00:00Z" for row in seen} == {True}


@pytest.mark.parametrize(
    ("prefix", "headers", "params"),
    [
        ("/open", {}, {}),
        ("/bearer", {"Authorization": "Bearer sample-bearer-token"}, {}),
        ("/key", {"X-API-Key": "sample-api-key"}, {}),
        ("/prefixed-key", {"X-API-Key": "Token sample-api-key"}, {}),
        ("/query-key", {}, {"api_key": "sample-api-key"}),
    ],
)
async def test_each_door_opens_to_its_credential_alone(
    api: httpx2.AsyncClient, prefix: str, headers: dict[str, str], params: dict[str, str]
) -> None:
    good = await api.get(f"{prefix}/next-url/users", headers=headers, params=params | {"limit": "10"})
    assert good.status_code == 200
    assert f"{prefix}/next-url/users" in good.json()["next"]
    assert "sample-api-key" not in good.json()["next"]
    if prefix == "/open":
        return
    missing = await api.get(f"{prefix}/v1/users")
    assert missing.status_code == 401
    assert missing.headers["WWW-Authenticate"]
    forbidden = {name: value.replace("bearer-token", "forbidden-token") for name, value in headers.items()}
    forbidden = {name: value.replace("api-key", "forbidden-key") for name, value in forbidden.items()}
    keys = dict.fromkeys(params, "sample-forbidden-key")
    assert (await api.get(f"{prefix}/v1/users", headers=forbidden, params=keys)).status_code == 403


async def test_the_document_names_records_parameters_and_doors(api: httpx2.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert "/_faults" not in document["paths"]
    assert document["paths"]["/v1/users"]["get"]["operationId"] == "list_v1_users"
    behind = (await api.get("/bearer/openapi.json")).json()
    assert behind["servers"] == [{"url": "/bearer"}]
    assert "HTTPBearer" in behind["components"]["securitySchemes"]
    assert "openapi.json" in (await api.get("/docs")).text


@pytest.mark.parametrize(
    ("kind", "status", "head"),
    [
        ("rate_limit", 429, b'{"detail"'),
        ("server_error", 500, b'{"detail"'),
        ("expired_token", 401, b'{"detail"'),
        ("html", 200, b"<!doctype"),
        ("scalar", 200, b"42"),
        ("empty", 200, b""),
    ],
)
async def test_a_fault_replaces_the_answer(
    api: httpx2.AsyncClient, kind: str, status: int, head: bytes
) -> None:
    answer = await api.get("/v1/users", params={"_fault": kind})
    assert answer.status_code == status
    assert answer.content.startswith(head)


async def test_a_truncated_answer_is_a_whole_message_with_half_a_document(api: httpx2.AsyncClient) -> None:
    answer = await api.get("/v1/users", params={"_fault": "truncated"})
    assert answer.content.startswith(b'{"data":[{')
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()


async def test_a_dropped_connection_breaks_within_the_body(api: httpx2.AsyncClient) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        await api.get("/v1/users", params={"_fault": "drop"})


async def test_an_endless_body_goes_on_until_the_reader_leaves(api: httpx2.AsyncClient) -> None:
    size = 0
    async with api.stream("GET", "/v1/users", params={"_fault": "endless"}) as answer:
        async for chunk in answer.aiter_bytes():
            size += len(chunk)
            if size > 5_000_000:
                break
    assert (await api.get("/v1/users")).status_code == 200


async def test_rules_fire_when_they_are_due_and_are_counted(api: httpx2.AsyncClient) -> None:
    rule = {"pathPrefix": "/v1", "kind": "rate_limit", "afterRequests": 1, "everyNth": 2, "times": 1}
    assert (await api.post("/_faults", json={"rules": [rule | {"retryAfter": 7}]})).status_code == 200
    answers = [await api.get("/v1/users") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 200, 200, 200]
    assert answers[2].headers["Retry-After"] == "7"
    assert (await api.get("/_stats")).json()["paths"] == {"/v1/users": {"200": 5, "429": 1}}
    await api.delete("/_faults")
    await api.delete("/_stats")
    assert (await api.get("/_stats")).json()["requests"] == 0
