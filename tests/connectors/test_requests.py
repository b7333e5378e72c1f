"""What goes out with a request, what is kept of it, and what a failed one becomes."""

import json
import time
from typing import Any

import pytest
from pydantic import SecretStr

from tests.connectors.kit import FreeWindow, Reader, Reading
from tests.connectors.odd_api import Answer
from varlor.connectors import APIConnectorService
from varlor.connectors.retry_after import remaining
from varlor.contracts.connector import Secrets
from varlor.errors import InvalidInputError, SourceError, UnsupportedError
from varlor.ports import WaitRequiredError

CANARY = "canary-Zx81/+=secret"
KEY = {"keyName": "api_key", "location": "query"}
CREDENTIALS: list[tuple[dict[str, Any], Secrets]] = [
    ({"auth_type": "bearer"}, Secrets(bearer_token=SecretStr(CANARY))),
    ({"auth_type": "apikey", "api_key_config": {"keyName": "X-API-Key"}}, Secrets(api_key=SecretStr(CANARY))),
    ({"auth_type": "apikey", "api_key_config": KEY}, Secrets(api_key=SecretStr(CANARY))),
    (
        {"auth_type": "apikey", "api_key_config": {"keyName": "Authorization", "prefix": "Key "}},
        Secrets(api_key=SecretStr(CANARY)),
    ),
]


def told(reading: Reading) -> str:
    return json.dumps([[e.model_dump_json() for e in reading.log], reading.notes, reading.cursors])


@pytest.mark.parametrize(("settings", "secrets"), CREDENTIALS)
async def test_the_credential_goes_with_every_request_and_nowhere_else(
    reader: Reader, settings: dict[str, Any], secrets: Secrets
) -> None:
    reader.settings, reader.secrets = settings, secrets
    reading = await reader.read("/next_url?n=30", hops=True)
    sent = [(query.get("api_key"), headers) for _, query, headers in reader.api.seen]
    assert len(sent) == 3
    for query_key, headers in sent:
        assert CANARY in f"{query_key} {headers.get('authorization')} {headers.get('x-api-key')}"
    assert reading.ids == list(range(30))
    assert CANARY not in told(reading)
    assert "canary" not in told(reading)


async def test_a_key_that_the_api_writes_into_its_next_link_is_not_kept(reader: Reader) -> None:
    reader.settings, reader.secrets = CREDENTIALS[2]
    link = f"{reader.url}/raw?api_key={CANARY}&body=%5B%5D"
    reader.api.prepared.append(Answer([{"id": 1}], link=f'<{link.replace("//", "//u:p@")}>; rel="next"'))
    reading = await reader.read("/raw")
    assert len(reader.api.seen) == 2
    assert "canary" not in told(reading)
    assert "u:p@" not in told(reading)


async def test_a_key_that_a_user_writes_into_the_path_is_not_kept(reader: Reader) -> None:
    reader.settings = {"auth_type": "apikey", "api_key_config": {"keyName": "zone", "location": "query"}}
    reader.secrets = CREDENTIALS[2][1]
    reading = await reader.read("/raw?zone=canary-in-the-path&body=%5B%5D", pagination={"type": "none"})
    assert [query.get("zone") for _, query, _ in reader.api.seen] == [CANARY]
    assert "canary" not in told(reading)


async def test_a_page_for_people_that_echoes_the_credential_is_not_shown_as_it_came(reader: Reader) -> None:
    reader.settings, reader.secrets = CREDENTIALS[0]
    reader.api.prepared.append(Answer(raw=f"<html>you sent {CANARY}</html>".encode(), type_="text/html"))
    with pytest.raises(SourceError) as caught:
        await reader.read("/raw")
    assert "you sent" in (caught.value.excerpt or "")
    assert CANARY not in f"{caught.value.excerpt} {caught.value.detail}"


async def test_another_origin_gets_no_credential_and_no_own_header(reader: Reader, other_url: str) -> None:
    reader.settings = {**CREDENTIALS[0][0], "headers": {"X-Own": CANARY}}
    reader.secrets = CREDENTIALS[0][1]
    reading = await reader.read(f"/link?n=20&host={other_url}")
    assert reading.ids == list(range(20))
    home, away = (headers for _, _, headers in reader.api.seen)
    assert home["x-own"] == CANARY
    assert CANARY not in str(away)
    assert any("another host" in note for note in reading.notes)


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/x",
        "https://evil.example/x",
        "/../admin",
        "/a/%2e%2e/b",
        "http://127.0.0.1:1/x",
        "/x#y",
    ],
)
async def test_a_path_stays_below_the_base_url(reader: Reader, path: str) -> None:
    with pytest.raises(InvalidInputError):
        await reader.read(path)


async def test_an_absolute_path_at_the_same_origin_is_taken(reader: Reader) -> None:
    assert (await reader.read(f"{reader.url}/page?bare=1", pagination={"type": "none"})).ids == list(
        range(10)
    )


async def test_parameters_and_headers_are_sent_as_given(reader: Reader) -> None:
    reading = await reader.read(
        "/echo?a=1&a=2%2C3&b=x%20y",
        params={"b": "ü&=", "flag": True, "n": 1.5},
        headers={"X-One": "1"},
        method="POST",
        body={"q": "ä"},
        pagination={"type": "none"},
    )
    echo = reading.records[0]
    assert echo["query"] == {"a": "2,3", "b": "ü&=", "flag": "true", "n": "1.5"}
    assert echo["headers"]["x-one"] == "1"
    assert echo["headers"]["content-type"] == "application/json"
    assert json.loads(echo["body"]) == {"q": "ä"}


async def test_a_body_without_members_is_a_body(reader: Reader) -> None:
    reading = await reader.read("/echo", method="POST", body={}, pagination={"type": "none"})
    assert json.loads(reading.records[0]["body"]) == {}


async def test_each_request_is_logged(reader: Reader) -> None:
    reading = await reader.read("/link?n=25&token=abcdefgh")
    assert [e.seq for e in reading.log] == [1, 2, 3]
    assert all(e.status == 200 and e.bytes > 100 and e.method == "GET" and not e.error for e in reading.log)
    assert "abcdefgh" not in str(reading.log)


@pytest.mark.parametrize(
    ("status", "headers", "kind", "wait"),
    [
        (400, {}, "bad_request", None),
        (401, {}, "invalid_credential", None),
        (403, {}, "forbidden", None),
        (403, {"retry_after": "7"}, "rate_limited", 7.0),
        (403, {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1795435260"}, "rate_limited", 60.0),
        (404, {}, "not_found", None),
        (405, {}, "bad_request", None),
        (408, {}, "timeout", None),
        (410, {}, "not_found", None),
        (425, {}, "server_error", None),
        (429, {}, "rate_limited", None),
        (429, {"retry_after": "12"}, "rate_limited", 12.0),
        (429, {"retry_after": "-5"}, "rate_limited", 0.0),
        (429, {"retry_after": "1e400"}, "rate_limited", None),
        (429, {"retry_after": "Mon, 23 Nov 2026 12:01:30 GMT"}, "rate_limited", 90.0),
        (429, {"retry_after": "Fri, 31 Dec 9999 23:59:59 GMT"}, "rate_limited", 3600.0),
        (429, {"retry_after": "Mon, 99 Foo 2026"}, "rate_limited", None),
        (429, {"ratelimit": '"default";r=0;t=42'}, "rate_limited", 42.0),
        (429, {"ratelimit": '"default";t=42;r=0'}, "rate_limited", 42.0),
        (429, {"ratelimit": '"a;r=5, b";r=0;pk=:cj05OTk=:;t=7, "day";r=3;t=9'}, "rate_limited", 7.0),
        (429, {"ratelimit": "limit=10, remaining=0, reset=7"}, "rate_limited", 7.0),
        (429, {"ratelimit": "limit=10, remaining=0"}, "rate_limited", None),
        (429, {"retry_after": "7, 7"}, "rate_limited", 7.0),
        (429, {"retry_after": "2026-11-23T12:01:30Z"}, "rate_limited", 90.0),
        (429, {"x_ratelimit_reset": "2026-11-23T12:01:30Z"}, "rate_limited", 90.0),
        (429, {"ratelimit_reset": "30"}, "rate_limited", 30.0),
        (429, {"x_ratelimit_reset": "1795435230000"}, "rate_limited", 30.0),
        (429, {"x_ratelimit_reset_after": "1.5"}, "rate_limited", 1.5),
        (500, {}, "server_error", None),
        (503, {"retry_after": "3"}, "server_error", 3.0),
        (504, {}, "timeout", None),
    ],
)
async def test_a_status_becomes_a_kind(
    reader: Reader, window: FreeWindow, status: int, headers: dict[str, Any], kind: str, wait: float | None
) -> None:
    reader.settings, reader.secrets = CREDENTIALS[0]
    body = {"message": "no", "token": CANARY, "said": f"you sent {CANARY}"}
    echoed: dict[str, Any] = {
        "x_said": f"you sent {CANARY}",
        "set_cookie": "session=canary-cookie",
        "x_request_id": "r-1",
    }
    reader.api.prepared.append(Answer(body, status, **headers, **echoed))
    reading = Reading()
    with pytest.raises(SourceError) as caught:
        await reader.read("/raw", into=reading)
    assert (caught.value.kind, caught.value.retry_after, caught.value.status) == (kind, wait, status)
    assert caught.value.retryable == (kind in {"timeout", "rate_limited", "server_error"})
    assert window.blocked == ([wait] if kind == "rate_limited" and wait else [])
    assert reading.log[0].error == kind
    assert "message" in (reading.log[0].answer or "")
    shown = reading.log[0].headers or {}
    assert (shown["x-request-id"], shown["set-cookie"]) == ("r-1", "***")
    assert CANARY not in f"{reading.log[0]} {caught.value.excerpt} {caught.value.detail}"


@pytest.mark.parametrize(
    ("allowed", "told"),
    [("POST, OPTIONS", "(HTTP 405, it allows POST, OPTIONS)"), ("<b>you</b>", "(HTTP 405)")],
)
async def test_a_refused_method_names_those_that_go(reader: Reader, allowed: str, told: str) -> None:
    reader.api.prepared.append(Answer({}, 405, allow=allowed))
    with pytest.raises(SourceError) as caught:
        await reader.read("/raw")
    assert caught.value.detail.endswith(told)


def test_a_hostile_header_is_read_soon() -> None:
    began = time.monotonic()
    for text in ('"' + '\\"' * 30_000, ":" * 60_000, "r=0," * 15_000, '"a";' * 15_000):
        assert remaining({"ratelimit": text}) in {None, 0}
    assert time.monotonic() - began < 2


async def test_an_exhausted_budget_is_obeyed_before_it_is_refused(reader: Reader, window: FreeWindow) -> None:
    reader.api.prepared.append(Answer([], x_ratelimit_remaining="0", x_ratelimit_reset="20"))
    await reader.read("/raw")
    assert window.blocked == [20.0]


async def test_a_short_wait_is_slept_a_long_one_given_back(reader: Reader, window: FreeWindow) -> None:
    window.waits = [0.05, 0.0]
    reading = await reader.read("/page?bare=1", pagination={"type": "none"})
    assert reading.log[0].wait_ms >= 50
    window.waits = [30.0]
    with pytest.raises(WaitRequiredError) as caught:
        await reader.read("/page?bare=1", pagination={"type": "none"})
    assert (caught.value.reason, caught.value.seconds) == ("throttled", 30.0)


async def test_a_401_is_repeated_once_when_a_newer_credential_is_there(
    reader: Reader, window: FreeWindow
) -> None:
    reader.renewals = 1
    window.waits = [0.0, 0.05]
    reader.api.prepared += [Answer({}, 401), Answer([{"id": 1}])]
    reading = await reader.read("/raw", pagination={"type": "none"})
    assert reading.ids == [1]
    assert [(e.attempt, e.status) for e in reading.log] == [(1, 401), (2, 200)]
    assert reading.log[1].wait_ms >= 50  # it is one more request of the rate
    reader.renewals = 1
    reader.api.prepared += [Answer({}, 401), Answer({}, 401)]
    with pytest.raises(SourceError, match="refused the credential"):
        await reader.read("/raw", pagination={"type": "none"})


async def test_what_is_no_static_credential_is_refused(service: APIConnectorService, reader: Reader) -> None:
    for settings, error in (
        ({"auth_type": "bearer"}, InvalidInputError),
        ({"auth_type": "apikey"}, InvalidInputError),
        ({"auth_type": "oauth2"}, UnsupportedError),
    ):
        reader.settings, reader.secrets = settings, Secrets()
        with pytest.raises(error):
            await reader.read("/raw")
