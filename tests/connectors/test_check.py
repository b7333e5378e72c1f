"""The connection test against a listening API: what it shows, and each way it can fail."""

import time
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from tests.connectors.kit import FixedClock, FreeWindow, NoDiscoverer, Reader, connector
from tests.connectors.odd_api import Answer
from tests.ports import free_port
from varlor.connectors import APIConnectorService
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.contracts.check import CheckResult
from varlor.contracts.connector import Secrets
from varlor.errors import InvalidInputError

CANARY = "canary-Zx81secret"


async def check(
    reader: Reader, path: str | None, *, seconds: float = 20.0, bearer: str | None = None
) -> CheckResult:
    target = connector(reader.url, auth_type="bearer" if bearer else "none")
    auth = reader.service.auth(target, Secrets(bearer_token=SecretStr(bearer) if bearer else None))
    return await reader.service.check("t1", target, auth, path=path, seconds=seconds)


async def test_a_good_answer_is_shown(reader: Reader) -> None:
    result = await check(reader, "/cursor?n=100&size=30&token=abcdefghi")
    assert result.ok
    assert result.error is None
    assert (result.status_code, result.reason, result.content_type) == (200, "OK", "application/json")
    assert result.latency_ms is not None
    assert "abcdefghi" not in result.url
    assert result.url.startswith(f"{reader.url}/cursor?n=100")
    assert result.record_path == "$.data"
    assert result.pagination is not None
    assert result.pagination.type == "cursor"
    assert result.sample is not None
    assert result.sample.truncated
    assert [(c.name, c.type) for c in result.sample.columns] == [
        ("id", "long"),
        ("name", "string"),
        ("value", "double"),
    ]
    assert [row["id"] for row in result.sample.rows] == list(range(20))
    assert len(reader.api.seen) == 1, "a test sends one request"


@pytest.mark.parametrize(
    ("path", "style"),
    [
        ("/link", "link_header"),
        ("/next_url", "next_url"),
        ("/cursor?header=1", "cursor"),
        ("/offset?shown=1&total=true", "offset"),
        ("/page?shown=1&pages=1", "page_number"),
        ("/keyset", "keyset"),
        ("/raw?body={%22items%22:[],%22next%22:null}", "none"),
        ("/skip", None),
    ],
)
async def test_the_pagination_is_guessed_where_the_answer_shows_one(
    reader: Reader, path: str, style: str | None
) -> None:
    result = await check(reader, path)
    assert (result.pagination.type if result.pagination else None) == style
    assert len(reader.api.seen) == 1


async def test_column_types_are_named(reader: Reader) -> None:
    rows = [
        {"l": 1, "d": 1, "s": "x", "b": True, "o": {"a": 1}, "a": [1], "n": None, "m": 1, "big": 10**30},
        {"l": None, "d": 0.5, "s": "y", "b": False, "o": {}, "a": [], "n": None, "m": "x", "big": 1},
    ]
    reader.api.prepared.append(Answer(rows))
    result = await check(reader, None)
    assert result.sample is not None
    assert {c.name: c.type for c in result.sample.columns} == {
        "l": "long", "d": "double", "s": "string", "b": "boolean", "o": "struct", "a": "array",
        "n": "null", "m": "string", "big": "string",
    }  # fmt: skip
    assert not result.sample.truncated
    assert result.model_dump_json()


async def test_an_echoed_credential_is_masked(reader: Reader) -> None:
    echo = [{"auth": f"Bearer {CANARY}", "deep": [{"x": CANARY}], "fine": "text", "long": "x" * 5_000}]
    reader.api.prepared.append(Answer(echo))
    result = await check(reader, "/x", bearer=CANARY)
    assert result.ok
    assert CANARY not in result.model_dump_json()
    assert result.sample is not None
    assert result.sample.rows[0]["fine"] == "text"
    assert len(result.sample.rows[0]["long"]) < 600


@pytest.mark.parametrize(
    ("answer", "type_"),
    [
        (Answer({}, 401), "invalid_credential"),
        (Answer({}, 403), "forbidden"),
        (Answer({}, 404), "not_found"),
        (Answer({}, 429, retry_after="60"), "rate_limited"),
        (Answer({}, 500), "server_error"),
        (Answer({}, 400), "server_error"),
        (Answer(raw=b"<html>Sign in</html>", type_="text/html"), "not_json"),
        (Answer(raw=b""), "not_json"),
        (Answer(raw=b"42"), "not_json"),
        (Answer(raw=b'[{"a": 1'), "not_json"),
        (Answer(raw=b" " * (65 * 1024 * 1024)), "too_large"),
    ],
)
async def test_what_the_api_refuses_is_told_in_words(reader: Reader, answer: Answer, type_: str) -> None:
    reader.api.prepared.append(answer)
    result = await check(reader, "/x", bearer=CANARY)
    assert not result.ok
    assert result.sample is None
    assert result.error is not None
    assert result.error.type == type_
    assert result.error.title
    assert len(result.error.detail) > 20
    if result.error.type == "too_large":
        return  # no whole answer
    assert (result.status_code, result.content_type) == (answer.status, answer.headers["content-type"])
    assert result.reason
    assert result.latency_ms is not None


async def test_a_slow_api_is_a_timeout_within_the_seconds(reader: Reader) -> None:
    reader.api.delay = 5.0
    started = time.monotonic()
    result = await check(reader, "/link", seconds=1.0)
    assert time.monotonic() - started < 2.0
    assert result.error is not None
    assert result.error.type == "timeout"


async def test_a_used_up_window_is_told(reader: Reader, window: FreeWindow) -> None:
    window.waits = [30.0]
    result = await check(reader, "/link")
    assert result.error is not None
    assert result.error.type == "rate_limited"
    assert "as the API asked" in result.error.detail, "a Retry-After closes the same window"


@pytest.mark.parametrize(
    ("url", "type_"),
    [
        (lambda _: f"http://127.0.0.1:{free_port()}", "unreachable"),
        (lambda base: base.replace("http:", "https:"), "tls"),
        (lambda _: "http://169.254.169.254", "blocked_destination"),
        (lambda _: "http://name.invalid", "blocked_destination"),
    ],
)
async def test_what_cannot_be_reached_is_told(
    service: APIConnectorService, base_url: str, url: Callable[[str], str], type_: str
) -> None:
    result = await check(Reader(service, url(base_url)), None)
    assert not result.ok
    assert result.status_code is None
    assert result.error is not None
    assert result.error.type == type_


async def test_the_inside_is_blocked_unless_it_is_allowed(base_url: str) -> None:
    client = GuardedClient(EgressPolicy())
    service = APIConnectorService(client, FreeWindow(), NoDiscoverer(), FixedClock())
    result = await check(Reader(service, base_url), "/link")
    assert result.error is not None
    assert result.error.type == "blocked_destination"
    await client.aclose()


async def test_a_path_beside_the_base_url_is_the_callers_mistake(reader: Reader) -> None:
    with pytest.raises(InvalidInputError):
        await check(reader, "//evil.example")
