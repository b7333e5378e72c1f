"""The authorization server's bad days: each fault does what it says, once, to whom it names."""

import time
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest

from tests.examples.oauth_party import Party, register

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _fault(party: Party, kind: str, **rule: Any) -> None:
    rules = {"rules": [{"kind": kind, "times": 1} | rule]}
    answer = await party.api.post("/_oauth/faults", json=rules)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("kind", "rule", "status", "body"),
    [
        ("server_error", {}, 500, b'{"detail"'),
        ("server_error", {"status": 503}, 503, b'{"detail"'),
        ("rate_limit", {"retryAfter": 3}, 429, b'{"error"'),
        ("oauth_error", {}, 400, b'{"error":"invalid_grant"}'),
        ("oauth_error", {"status": 200, "error": "temporarily_unavailable"}, 200, b'{"error":"temp'),
        ("html", {}, 200, b"<!doctype"),
        ("empty", {}, 200, b""),
        ("redirect", {"location": "https://evil.example/"}, 307, b""),
    ],
)
async def test_unprocessed_requests_leave_the_refresh_token_good(
    party: Party, kind: str, rule: dict[str, Any], status: int, body: bytes
) -> None:
    token = (await party.connect())["refresh_token"]
    await _fault(party, kind, **rule)
    answer = await party.refresh(token)
    assert answer.status_code == status
    assert answer.content.startswith(body)
    assert answer.headers.get("retry-after") == ("3" if kind == "rate_limit" else None)
    assert answer.headers.get("location") == rule.get("location")
    assert (await party.refresh(token)).status_code == 200
    outcomes = (await party.api.get("/_oauth/stats")).json()["outcomes"]
    assert outcomes == {"ok": 2, f"fault:{kind}": 1}


async def test_a_lost_answer_spends_the_token_and_a_lost_request_does_not(party: Party) -> None:
    token = (await party.connect())["refresh_token"]
    await _fault(party, "lost_request")
    with pytest.raises(httpx2.RemoteProtocolError):
        await party.refresh(token)
    await _fault(party, "lost_answer")
    with pytest.raises(httpx2.RemoteProtocolError):
        await party.refresh(token)
    assert (await party.refresh(token)).json()["error"] == "invalid_grant"
    stats = (await party.api.get("/_oauth/stats")).json()
    assert stats["outcomes"] == {"ok": 2, "fault:lost_request": 1, "invalid_grant": 1}
    assert stats["reuseDetections"] == 1


async def test_a_slow_request_is_processed_late_and_a_slow_answer_at_once(party: Party) -> None:
    waits: dict[str, tuple[float, float]] = {}
    for kind in ("slow", "slow_answer"):
        token = (await party.connect())["refresh_token"]
        await _fault(party, kind, delaySeconds=0.3)
        began = time.time()
        assert (await party.refresh(token)).status_code == 200
        ended = time.time()
        processed = (await party.api.get("/_oauth/stats")).json()["recent"][-1]["time"]
        waits[kind] = processed - began, ended - processed
    assert waits["slow"][0] >= 0.29
    assert waits["slow_answer"][1] >= 0.29


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("form_encoded", "application/x-www-form-urlencoded"), ("text_plain", "text/plain")],
)
async def test_a_good_answer_can_come_in_another_form(party: Party, kind: str, content_type: str) -> None:
    token = (await party.connect())["refresh_token"]
    await _fault(party, kind)
    answer = await party.refresh(token)
    assert answer.headers["content-type"].startswith(content_type)
    read = dict(parse_qsl(answer.text)) if kind == "form_encoded" else answer.json()
    assert int(read["expires_in"]) == 60
    assert (await party.read(read["access_token"])).status_code == 200


@pytest.mark.parametrize("odd", ["3600", "3600.5", 0, -1, None, "abc", 10**18])
async def test_any_field_of_an_answer_can_be_odd_or_missing(party: Party, odd: Any) -> None:
    token = (await party.connect())["refresh_token"]
    await _fault(party, "rewrite", set={"expires_in": odd}, drop=["scope", "refresh_token"])
    answer = (await party.refresh(token)).json()
    assert answer["expires_in"] == odd
    assert answer.keys() == {"access_token", "token_type", "expires_in"}


async def test_an_omitted_refresh_token_leaves_the_old_one_in_force(party: Party) -> None:
    token = (await party.connect())["refresh_token"]
    await _fault(party, "omit_refresh_token")
    assert "refresh_token" not in (await party.refresh(token)).json()
    assert "refresh_token" in (await party.refresh(token)).json()
    await _fault(party, "omit_refresh_token", grantType="authorization_code")
    assert "refresh_token" not in await party.connect()


async def test_an_endless_answer_can_be_left(party: Party) -> None:
    await _fault(party, "huge")
    size = 0
    async with party.api.stream("POST", "/oauth/token", data={"client_id": "shop"}) as answer:
        async for chunk in answer.aiter_bytes():
            size += len(chunk)
    assert size > 30_000_000


async def test_a_fault_meets_only_whom_it_names_and_only_when_it_is_due(party: Party) -> None:
    await register(party.api, client_id="other")
    other = Party(party.api, "other")
    mine, theirs = await party.connect(), await other.connect()
    await _fault(party, "server_error", clientId="other", grantType="refresh_token", afterRequests=1)
    for want in (200, 500, 200):
        assert (await other.connect())["access_token"]
        mine = (await party.refresh(mine["refresh_token"])).json()
        answer = await other.refresh(theirs["refresh_token"])
        assert answer.status_code == want
        theirs = answer.json() if want == 200 else theirs
    await _fault(party, "server_error", endpoint="revoke", status=503)
    mine = (await party.refresh(mine["refresh_token"])).json()
    assert (await party.revoke(mine["refresh_token"])).status_code == 503
    assert (await party.read(mine["access_token"])).status_code == 200
    assert (await party.revoke(mine["refresh_token"])).status_code == 200
    revocations = (await party.api.get("/_oauth/stats")).json()["revocations"]
    assert revocations == {"fault:server_error": 1, "ok": 1}
