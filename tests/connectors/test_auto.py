"""`auto` finds out how an API pages, says why, and says so where it cannot tell."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connectors.kit import NOW, FreeWindow, Reader
from tests.connectors.odd_api import Answer, OddApi, record
from varlor.contracts.check import Discovery, Endpoint, EndpointParameter
from varlor.contracts.pagination import NextUrl, Offset, PageNumber, Pagination

PATHS = {
    "Link header": "/link",
    "next URL, relative": "/next_url",
    "cursor in the body": "/cursor",
    "cursor in a header": "/cursor?header=1",
    "offset, shown with a total": "/offset?shown=1&total=true",
    "offset, shown": "/offset?shown=1",
    "total alone": "/offset?total=true",
    "offset, bare": "/offset?bare=1",
    "skip, bare": "/skip",
    "page, shown": "/page?shown=1",
    "page with the number of pages": "/page?shown=1&pages=1",
    "page, bare": "/page?bare=1",
    "page from 0, bare": "/page?bare=1&first=0",
    "page from 0, shown": "/page?shown=1&first=0",
    "page, 404 past the end": "/page?bare=1&missing=1",
    "page, clamped": "/page?bare=1&clamp=1",
    "has_more and ids": "/keyset",
    "filtered after the cut": "/holes",
}


def expected(path: str, total: int) -> list[int]:
    return [i for i in range(total) if not path.startswith("/holes") or i % 30 < 5]


@pytest.mark.parametrize("name", PATHS)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(total=st.integers(0, 60), size=st.integers(1, 25), hops=st.booleans())
async def test_every_record_once(reader: Reader, name: str, total: int, size: int, hops: bool) -> None:
    path = PATHS[name]
    join = "&" if "?" in path else "?"
    reading = await reader.read(f"{path}{join}n={total}&size={size}", hops=hops)
    assert reading.ids == expected(path, total)
    assert reading.notes, "the choice is explained"


async def test_one_page_without_a_sign_is_said_so(reader: Reader, odd_api: OddApi) -> None:
    odd_api.seen.clear()
    reading = await reader.read("/ignored?n=7")
    assert reading.ids == list(range(7))
    assert any("Read one page of 7 records; no sign of a next page was found" in n for n in reading.notes)
    assert len(odd_api.seen) <= 1 + 4


async def test_a_promised_total_that_cannot_be_reached_is_said_so(reader: Reader) -> None:
    body = '{"total": 900, "items": [{"id": 1}, {"id": 2}]}'
    reading = await reader.read("/raw", params={"body": body})
    assert reading.ids == [1, 2]
    assert any("although the API counts 900" in note for note in reading.notes)


@pytest.mark.parametrize(
    "body",
    [
        '{"next": null, "items": [{"id": 1}]}',
        '{"has_more": false, "items": [{"id": 1}]}',
        '{"total": 1, "items": [{"id": 1}]}',
        '{"page": 1, "total_pages": 1, "items": [{"id": 1}]}',
        '{"links": [{"rel": "self", "href": "/x"}], "items": [{"id": 1}]}',
        '{"id": 1, "lines": [{"a": 1}]}',
        '{"data": {"id": 1}}',
        "[]",
    ],
)
async def test_a_certain_end_costs_no_further_request(reader: Reader, odd_api: OddApi, body: str) -> None:
    odd_api.seen.clear()
    reading = await reader.read("/raw", params={"body": body})
    assert [r["id"] for r in reading.records] == ([] if body == "[]" else [1])
    assert len(odd_api.seen) == 1


async def test_a_link_list_names_the_next_page(reader: Reader) -> None:
    body = '{"entry": [{"id": 1}], "link": [{"relation": "next", "url": "/raw?body=%7B%22entry%22:[]%7D"}]}'
    reading = await reader.read("/raw", params={"body": body})
    assert reading.ids == [1]
    assert reading.pages == 2


async def test_a_trial_goes_on_where_it_was_interrupted(
    reader: Reader, odd_api: OddApi, window: FreeWindow
) -> None:
    """A window that lets one request through at a time: what was tried is never tried again."""
    odd_api.seen.clear()
    window.waits = [0.0, 30.0] * 20
    reading = await reader.read("/skip?n=25", hops=True, patient=True)
    assert reading.ids == list(range(25))
    tried = [query for _, query, _ in odd_api.seen if "page" in query or "offset" in query]
    assert len(tried) == 2


async def test_a_failing_api_is_asked_again_before_a_trial_gives_up(reader: Reader, odd_api: OddApi) -> None:
    first = Answer([record(i) for i in range(10)])
    odd_api.prepared += [first, Answer({}, 503), Answer({}, 503)]
    assert (await reader.read("/page?bare=1", patient=True)).ids == list(range(25))
    odd_api.prepared += [first, *[Answer({}, 500)] * 3]
    assert (await reader.read("/skip", patient=True)).ids == list(range(25))


async def test_records_without_an_id_are_told_apart_by_asking_again(reader: Reader) -> None:
    paged = await reader.read("/metrics")
    assert [r["value"] for r in paged.records] == [10 * page + i for page in range(1, 5) for i in range(3)]
    live = await reader.read("/metrics?live=1")
    assert len(live.records) == 3
    assert any("no sign of a next page" in note for note in live.notes)


@pytest.mark.parametrize("total", [5, 10, 25, 30])
async def test_an_offset_that_is_a_records_number_doubles_nothing(reader: Reader, total: int) -> None:
    assert (await reader.read(f"/listing?n={total}", hops=True)).ids == list(range(total))


@pytest.mark.parametrize("total", [1, 10, 25, 300])
async def test_pages_of_what_came_at_once_in_short_double_nothing(reader: Reader, total: int) -> None:
    reading = await reader.read(f"/brief?n={total}")
    assert [r["InvoiceID"] for r in reading.records] == [f"i{n}" for n in range(total)]


async def test_the_users_own_position_is_where_counting_goes_on(reader: Reader) -> None:
    assert (await reader.read("/page?bare=1", params={"page": 2})).ids == list(range(10, 25))
    assert (await reader.read("/offset?bare=1", params={"offset": 5, "limit": 4})).ids == list(range(5, 25))


def described(path: str, pagination: Pagination | None, *params: str) -> Discovery:
    endpoint = Endpoint(
        id="list",
        method="get",
        path=path,
        pagination=pagination,
        parameters=[EndpointParameter(name=name, location="query") for name in params],
    )
    return Discovery(source="openapi", fetched_at=NOW, expires_at=NOW, endpoints=[endpoint])


@pytest.mark.parametrize("hops", [False, True])
async def test_what_the_document_says_is_used(reader: Reader, odd_api: OddApi, hops: bool) -> None:
    odd_api.seen.clear()
    discovery = described("/offset", Offset(limit=20), "offset", "limit")
    reading = await reader.read("", endpoint_id="list", params={"n": 50}, discovery=discovery, hops=hops)
    assert reading.ids == list(range(50))
    assert odd_api.seen[0][1]["limit"] == "20"


async def test_a_page_size_that_is_refused_is_left_out(reader: Reader) -> None:
    discovery = described("/offset", Offset(limit=500), "offset", "limit")
    reading = await reader.read("", endpoint_id="list", params={"most": 100}, discovery=discovery, hops=True)
    assert reading.ids == list(range(25))
    assert any("page size" in note for note in reading.notes)


async def test_one_page_by_the_document_is_no_riddle(reader: Reader, odd_api: OddApi) -> None:
    discovery = described("/offset", Offset(limit=500), "offset", "limit")
    reading = await reader.read("", endpoint_id="list", params={"bare": 1}, discovery=discovery)
    assert reading.ids == list(range(25))
    assert any("There is one page" in note for note in reading.notes)
    assert len(odd_api.seen) == 2


async def test_a_document_that_lies_is_noticed(reader: Reader) -> None:
    for wrong in (PageNumber(page_param="seite"), Offset(offset_param="von", limit_param="size", limit=5)):
        reading = await reader.read("", endpoint_id="list", discovery=described("/skip", wrong))
        assert reading.ids == list(range(25))


async def test_a_count_outweighs_a_document_that_knows_no_next_page(reader: Reader) -> None:
    discovery = described("/uneven", NextUrl(next_path="$.next"))
    reading = await reader.read("", endpoint_id="list", discovery=discovery)
    assert reading.ids == list(range(25))


async def test_a_document_does_not_say_where_counting_begins(reader: Reader) -> None:
    discovery = described("/page", PageNumber(page_param="page", size_param="per_page", size=6), "page")
    for first in (0, 1):
        params: dict[str, Any] = {"bare": 1, "first": first}
        reading = await reader.read("", endpoint_id="list", params=params, discovery=discovery)
        assert reading.ids == list(range(25))


async def test_a_path_parameter_fills_its_slot(reader: Reader, odd_api: OddApi) -> None:
    odd_api.seen.clear()
    discovery = described("/{kind}", None)
    assert (await reader.read("", endpoint_id="list", params={"kind": "link"}, discovery=discovery)).ids
    assert odd_api.seen[0][0] == "/link"
