"""The next page is asked for early where that is sure to be wanted, and never twice."""

import asyncio
from typing import Any

import pytest

from tests.connectors.kit import Reader, connector, records_of
from tests.connectors.odd_api import OddApi
from varlor.contracts.connector import Secrets
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.run import RequestLogEntry
from varlor.ports import PageFacts, PageReader, ReadJob

FAST = {"rate_limit_config": {"requestsPerMinute": 6000, "burstLimit": 100}}
COUNTED = {"type": "offset", "limit": 10, "totalPath": "$.total"}


@pytest.mark.parametrize("rows", [5, 10, 95, 100])
@pytest.mark.parametrize("hops", [False, True])
async def test_each_page_is_asked_for_once(reader: Reader, odd_api: OddApi, rows: int, hops: bool) -> None:
    reader.settings = FAST
    reading = await reader.read(f"/offset?n={rows}&total=true", pagination=COUNTED, hops=hops)
    assert reading.ids == list(range(rows))
    if not hops:  # a reader that is thrown away after each page throws away what it asked for
        assert len(odd_api.seen) == len(reading.log) == -(-rows // 10)


async def test_pages_that_turn_out_shorter_lose_nothing(reader: Reader) -> None:
    reader.settings = FAST
    wrong = {**COUNTED, "limit": 40}
    assert (await reader.read("/offset?n=95&total=400", pagination=wrong)).ids == list(range(95))


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


async def test_the_next_request_does_not_wait_for_the_page_to_be_taken_in(
    reader: Reader, odd_api: OddApi
) -> None:
    reader.settings = FAST
    log: list[RequestLogEntry] = []
    reading = await _third_page(reader, log)
    async with asyncio.timeout(10):
        while len(odd_api.seen) < 3:  # noqa: ASYNC110 - it counts in another thread
            await asyncio.sleep(0.01)
    await reading.close()
    assert len(log) == 3  # also what is thrown away was sent, and so is in the log


@pytest.mark.parametrize("scarce", [{}, {"limits": {"maxPages": 5}}])
async def test_where_requests_are_scarce_none_is_risked(
    reader: Reader, odd_api: OddApi, scarce: dict[str, Any]
) -> None:
    reader.settings = FAST if scarce else {}
    log: list[RequestLogEntry] = []
    reading = await _third_page(reader, log, **scarce)
    await asyncio.sleep(0)  # a task that had begun would send now
    await reading.close()
    assert len(odd_api.seen) == len(log) == 2
