"""Several pages under way at once: each asked for once, handed out in order, and little asked for in vain."""

import asyncio
from typing import Any

import pytest

from tests.connectors.kit import FreeWindow, Reader, Reading, connector, records_of
from tests.connectors.odd_api import Answer, OddApi
from varlor.connectors import sending
from varlor.contracts.connector import Secrets
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.run import RequestLogEntry
from varlor.ports import PageFacts, PageReader, ReadJob

FAST = {"rate_limit_config": {"requestsPerMinute": 60_000, "burstLimit": 1_000}}
COUNTED = {"type": "offset", "limit": 10, "totalPath": "$.total"}
NUMBERED = {"type": "page_number", "sizeParam": "per_page", "size": 10, "totalPagesPath": "$.total_pages"}
LINKED = {"path": "/next_url?n=95", "pagination": {"type": "next_url", "nextPath": "$.links.next"}}


@pytest.fixture(autouse=True)
def _slow(reader: Reader, odd_api: OddApi) -> None:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    """An API whose answers take long enough for several to be worth it."""
    reader.settings = FAST
    odd_api.delay = 0.01


@pytest.mark.parametrize("rows", [5, 10, 95, 400])
@pytest.mark.parametrize("hops", [False, True])
async def test_each_page_is_asked_for_once(reader: Reader, odd_api: OddApi, rows: int, hops: bool) -> None:
    reading = await reader.read(f"/offset?n={rows}&total=true", pagination=COUNTED, hops=hops)
    assert reading.ids == list(range(rows))
    if not hops:  # a reader that is thrown away after each page throws away what it asked for
        assert len(odd_api.seen) == len(reading.log) == -(-rows // 10)
        assert odd_api.most_at_once > (1 if rows > 40 else 0)


async def test_pages_are_numbered_ahead_too(reader: Reader, odd_api: OddApi) -> None:
    reading = await reader.read("/page?n=400&pages=true", pagination=NUMBERED)
    assert reading.ids == list(range(400))
    assert len(odd_api.seen) == 40
    assert odd_api.most_at_once > 1


async def test_the_log_is_in_the_order_of_pages(reader: Reader, odd_api: OddApi) -> None:
    odd_api.jitter = True
    reading = await reader.read("/offset?n=300&total=true", pagination=COUNTED)
    assert reading.ids == list(range(300))
    offsets = [int(entry.url.rpartition("offset=")[2]) for entry in reading.log]
    assert offsets == sorted(offsets)


@pytest.mark.parametrize("path", ["/offset?n=395&total=900", "/offset?n=395&total=25", "/offset?n=395"])
async def test_a_total_that_lies_or_lacks_loses_nothing(reader: Reader, odd_api: OddApi, path: str) -> None:
    reading = await reader.read(path, pagination={**COUNTED, "totalPath": "$.total"})
    assert reading.ids == list(range(395))
    assert len(odd_api.seen) <= 41 + 16 + 1  # an end that the total denies is asked for once more


async def test_without_a_promise_little_is_risked(reader: Reader, odd_api: OddApi) -> None:
    reading = await reader.read("/offset?n=395", pagination={"type": "offset", "limit": 10})
    assert reading.ids == list(range(395))
    assert len(odd_api.seen) <= len(reading.log) <= 41 + 41 // 8


async def test_pages_that_turn_out_shorter_lose_nothing(reader: Reader, odd_api: OddApi) -> None:
    wrong = {**COUNTED, "limit": 40}
    assert (await reader.read("/offset?n=95&total=400", pagination=wrong)).ids == list(range(95))


async def test_pages_of_changing_sizes_stop_the_guessing(reader: Reader, odd_api: OddApi) -> None:
    reading = await reader.read("/uneven?n=400", pagination=COUNTED)
    assert reading.ids == list(range(400))
    assert len(odd_api.seen) <= reading.pages * 1.5


async def test_small_pages_that_swell_are_not_held_side_by_side(reader: Reader, odd_api: OddApi) -> None:
    """Those asked for early have no more room than a few of the small ones; each comes again in its turn."""
    reading = await reader.read("/offset?n=400&total=true&swell=200", pagination=COUNTED)
    assert reading.ids == list(range(400))
    again = len(odd_api.seen) - 40
    assert 0 < again <= 16
    assert sum(entry.error == "too_large" for entry in reading.log) == again


async def test_large_answers_are_taken_in_one_run_after_another(
    reader: Reader, odd_api: OddApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LARGE", 100)
    request = FetchRequest.model_validate({"path": "/offset?n=95", "dataset": {"name": "d"}})
    target = connector(reader.url, **FAST)
    auth = reader.service.auth(target, Secrets())
    answered = {"r1": asyncio.Event(), "r2": asyncio.Event()}

    async def begun(run: str) -> PageReader:
        told = answered[run]
        job = ReadJob("t1", run, target, auth, request, lambda _: told.set(), lambda _: None)
        return await reader.service.reader(job, None)

    first, second = await begun("r1"), await begun("r2")
    await first.fetch(first.start(), attempt=1)
    waiting = asyncio.create_task(second.fetch(second.start(), attempt=1))
    await asyncio.wait_for(answered["r2"].wait(), 10)
    await asyncio.sleep(0)
    assert not waiting.done()
    await first.close()
    await asyncio.wait_for(waiting, 10)
    await second.close()


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_failures_under_way_cost_nothing_but_their_repeat(
    reader: Reader, odd_api: OddApi, status: int
) -> None:
    odd_api.failing = {7: status, 8: status, 9: status, 20: status}
    reading = await reader.read("/offset?n=400&total=true", pagination=COUNTED, patient=True)
    assert reading.ids == list(range(400))
    assert len(odd_api.seen) == len(reading.log) == 40 + 4


async def test_an_api_that_fails_is_asked_for_less_at_once(reader: Reader, odd_api: OddApi) -> None:
    odd_api.failing = {3: 503}
    reading = await reader.read("/offset?n=200&total=true", pagination=COUNTED, patient=True)
    assert reading.ids == list(range(200))
    assert odd_api.most_at_once <= 8


async def test_what_the_rate_does_not_grant_is_not_asked_for_early(
    reader: Reader, odd_api: OddApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object, **__: object) -> int:
        return 0

    monkeypatch.setattr(FreeWindow, "acquire_now", nothing)
    reading = await reader.read("/offset?n=200&total=true", pagination=COUNTED)
    assert reading.ids == list(range(200))
    assert odd_api.most_at_once == 1


async def test_what_nobody_needs_any_more_is_not_waited_for(reader: Reader, odd_api: OddApi) -> None:
    odd_api.slow = 3
    reading = await _third_page(reader, [])
    await _seen(odd_api, 3)
    async with asyncio.timeout(5):
        await reading.close()


async def test_a_credential_that_ends_meanwhile_is_renewed_for_all(reader: Reader, odd_api: OddApi) -> None:
    odd_api.instead = {("offset", at): [Answer({"detail": "old"}, 401)] for at in ("60", "70", "80", "190")}
    reader.renewals = 4
    reading = await reader.read("/offset?n=395&total=true", pagination=COUNTED)
    assert reading.ids == list(range(395))
    assert len(odd_api.seen) == 40 + 4


async def test_past_the_end_is_the_end(reader: Reader, odd_api: OddApi) -> None:
    reading = await reader.read("/page?n=200&missing=1", pagination={**NUMBERED, "totalPagesPath": None})
    assert reading.ids == list(range(200))
    assert len(odd_api.seen) <= 21 + 3


async def _third_page(reader: Reader, log: list[RequestLogEntry], **request: Any) -> PageReader:
    """A reader that has read two pages of ten, of which the second has just come."""
    body = {"path": "/offset?n=95&total=true", "dataset": {"name": "d"}, "pagination": COUNTED, **request}
    target = connector(reader.url, **reader.settings)
    auth = reader.service.auth(target, Secrets())
    job = ReadJob("t1", "r1", target, auth, FetchRequest.model_validate(body), log.append, lambda _: None)
    reading = await reader.service.reader(job, None)
    cursor = reading.start()
    for _ in range(2):
        assert cursor is not None
        page = await reading.fetch(cursor, attempt=1)
        cursor = reading.advance(cursor, page, PageFacts(len(records_of(page.body, page.record_path))))
    return reading


async def _seen(odd_api: OddApi, count: int) -> None:
    async with asyncio.timeout(10):
        while len(odd_api.seen) < count:  # noqa: ASYNC110 - it counts in another thread
            await asyncio.sleep(0.01)


async def test_the_next_request_does_not_wait_for_the_page_to_be_taken_in(
    reader: Reader, odd_api: OddApi
) -> None:
    log: list[RequestLogEntry] = []
    reading = await _third_page(reader, log)
    await _seen(odd_api, 3)
    await reading.close()
    assert len(log) >= len(odd_api.seen)  # also what is thrown away was sent, and so is in the log


async def test_a_link_is_followed_while_its_page_is_taken_in(reader: Reader, odd_api: OddApi) -> None:
    log: list[RequestLogEntry] = []
    reading = await _third_page(reader, log, **LINKED)
    await _seen(odd_api, 3)
    await reading.close()
    assert len(odd_api.seen) == len(log) == 3


@pytest.mark.parametrize(
    "scarce",
    [
        {},
        {"limits": {"maxPages": 2}},
        {"limits": {"maxPages": 2}, **LINKED},
        {"limits": {"maxRequests": 50}},
        {"limits": {"maxRequests": 50}, **LINKED},
    ],
)
async def test_where_requests_are_scarce_none_is_risked(
    reader: Reader, odd_api: OddApi, scarce: dict[str, Any]
) -> None:
    reader.settings = FAST if scarce else {}
    log: list[RequestLogEntry] = []
    reading = await _third_page(reader, log, **scarce)
    for _ in range(20):
        await asyncio.sleep(0)  # a task that had begun would send now
    await reading.close()
    assert len(odd_api.seen) == len(log) == 2


@pytest.mark.parametrize("limits", [{"maxPages": 7}, {"maxRows": 65}])
async def test_limits_bound_what_is_asked_for(
    reader: Reader, odd_api: OddApi, limits: dict[str, int]
) -> None:
    reader.most_pages = 7
    into = Reading()
    with pytest.raises(AssertionError, match="did not end"):
        await reader.read("/offset?n=400&total=true", pagination=COUNTED, limits=limits, into=into)
    assert len(odd_api.seen) == 7


async def test_an_early_answer_that_is_refused_is_told_when_its_turn_comes(
    reader: Reader, odd_api: OddApi
) -> None:
    odd_api.failing = {12: 403}
    into = Reading()
    with pytest.raises(Exception, match="HTTP 403"):
        await reader.read("/offset?n=400&total=true", pagination=COUNTED, into=into)
    assert into.ids == list(range(into.pages * 10))
    assert 0 < into.pages < 40  # requests under way arrive in any order
