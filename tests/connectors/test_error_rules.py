"""Rules for answers that mean something else than their status: retry, throttle, ignore, fail, refresh."""

from typing import Any

import pytest

from tests.connectors.kit import FreeWindow, Reader, Reading
from tests.connectors.odd_api import Answer, OddApi
from varlor.contracts.fetch import FetchRequest
from varlor.errors import InvalidInputError, SourceError

NUMBERED = {"type": "page_number", "sizeParam": "per_page", "size": 10, "totalPagesPath": "$.total_pages"}
PAGES = "/page?n=45&pages=1"
BUSY = Answer({"ok": False, "error": "busy"})


async def failure(reader: Reader, path: str, into: Reading | None = None, **request: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await reader.read(path, into=into, **request)
    return caught.value


@pytest.mark.parametrize(
    ("rule", "kind", "retryable"),
    [
        ({"status": 404, "action": "retry"}, "server_error", True),
        ({"status": 404, "action": "throttle"}, "rate_limited", True),
        ({"status": 404, "action": "fail"}, "not_found", False),
        ({"path": "$.detail", "action": "throttle"}, "rate_limited", True),
        ({"path": "$.other", "action": "throttle"}, "not_found", False),
        ({"status": 403, "action": "retry"}, "not_found", False),
    ],
)
async def test_a_rule_decides_what_a_failure_becomes(
    reader: Reader, rule: dict[str, Any], kind: str, retryable: bool
) -> None:
    error = await failure(reader, "/nowhere", errorRules=[rule])
    assert (error.kind, error.retryable) == (kind, retryable)


async def test_a_server_error_can_be_made_final(reader: Reader, odd_api: OddApi) -> None:
    odd_api.prepared.append(Answer({"detail": "boom"}, 500))
    error = await failure(reader, PAGES, errorRules=[{"status": 500, "action": "fail"}])
    assert not error.retryable
    assert "says fail" in error.detail


async def test_an_error_under_status_200_is_found_by_its_path(reader: Reader, odd_api: OddApi) -> None:
    odd_api.prepared.append(BUSY)
    rules = [{"status": 200, "path": "$[?@.error == 'busy']", "action": "retry"}]
    missed = await failure(reader, PAGES, errorRules=[{"path": "$.problem", "action": "retry"}])
    assert missed.kind == "bad_records"
    odd_api.prepared.append(BUSY)
    flat = [{"path": "$.error", "action": "retry"}]
    reading = await reader.read(PAGES, errorRules=flat, pagination=NUMBERED, patient=True)
    assert reading.ids == list(range(45))
    assert [entry.error for entry in reading.log] == ["server_error"] + [None] * 5
    assert FetchRequest.model_validate({"path": "/a", "dataset": {"name": "d"}, "errorRules": rules})


async def test_the_first_rule_that_fits_decides_and_the_requests_come_first(
    reader: Reader, odd_api: OddApi
) -> None:
    reader.settings = {"error_rules": [{"status": 404, "action": "throttle"}]}
    both = [{"status": 404, "action": "retry"}, {"status": 404, "action": "fail"}]
    assert (await failure(reader, "/nowhere", errorRules=both)).kind == "server_error"
    assert (await failure(reader, "/nowhere")).kind == "rate_limited"


async def test_what_is_ignored_is_a_page_without_records_and_is_told(reader: Reader, odd_api: OddApi) -> None:
    odd_api.failing = {3: 500, 4: 500}
    ignore = [{"status": 500, "action": "ignore"}]
    reading = await reader.read(PAGES, errorRules=ignore, pagination=NUMBERED)
    assert [record["id"] for record in reading.records] == [*range(20), *range(30, 45)]
    assert [entry.status for entry in reading.log][:3] == [200, 200, 500]
    assert sum("ignores answers" in note for note in reading.notes) == 1


async def test_refresh_renews_the_credential_and_repeats_once(reader: Reader, odd_api: OddApi) -> None:
    expired = Answer({"error": {"code": 190, "message": "session expired"}}, 400)
    rules = [{"status": 400, "path": "$.error.code", "action": "refresh"}]
    reader.renewals = 1
    odd_api.prepared.append(expired)
    reading = await reader.read(PAGES, errorRules=rules, pagination=NUMBERED)
    assert reading.ids == list(range(45))
    odd_api.prepared += [expired, expired]
    assert (await failure(reader, PAGES, errorRules=rules, pagination=NUMBERED)).kind == "invalid_credential"


async def test_a_throttle_rule_obeys_retry_after_for_every_worker(
    reader: Reader, odd_api: OddApi, window: FreeWindow
) -> None:
    odd_api.prepared.append(Answer({"message": "slow down"}, 400, retry_after="7"))
    rules = [{"status": 400, "action": "throttle"}]
    error = await failure(reader, PAGES, errorRules=rules)
    assert error.retry_after == 7.0
    assert window.blocked == [7.0]


@pytest.mark.parametrize(
    "wrong", [{"action": "retry"}, {"status": 200, "action": "ignore"}, {"status": 500, "action": "forget"}]
)
def test_a_rule_without_condition_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="errorRules"):
        FetchRequest.model_validate({"path": "/a", "dataset": {"name": "d"}, "errorRules": [wrong]})


async def test_a_path_that_is_none_is_refused_before_anything_is_sent(
    reader: Reader, odd_api: OddApi
) -> None:
    with pytest.raises(InvalidInputError):
        await reader.read(PAGES, errorRules=[{"path": "error[", "action": "retry"}])
    assert odd_api.seen == []


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"},
        {"ratelimit": '"default";r=0;t=9'},
        {"ratelimit": '"burst";r=5;t=1, "daily";r=0;t=9'},
    ],
)
async def test_a_used_up_budget_silences_every_worker(
    reader: Reader, odd_api: OddApi, window: FreeWindow, headers: dict[str, str]
) -> None:
    answer = Answer({"data": [{"id": 1}]})
    answer.headers |= headers
    odd_api.prepared.append(answer)
    await reader.read("/page?n=1", pagination={"type": "none"})
    assert window.blocked == [9.0]


async def test_no_more_is_asked_early_than_the_api_says_remains(reader: Reader, odd_api: OddApi) -> None:
    reader.settings = {"rate_limit_config": {"requestsPerMinute": 60_000, "burstLimit": 1_000}}
    odd_api.delay = 0.01
    counted = {"type": "offset", "limit": 10, "totalPath": "$.total"}
    reading = await reader.read("/offset?n=300&total=true&remaining=2", pagination=counted)
    assert reading.ids == list(range(300))
    assert 1 < odd_api.most_at_once <= 3
