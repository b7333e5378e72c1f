"""What looks like a sign of pages, of an error or of another list, and is none: no record is lost for it."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.connectors.kit import Reader, serve
from tests.connectors.odd_api import Answer, OddApi, Query
from varlor.connectors import APIConnectorService
from varlor.connectors.http.message import OutResponse
from varlor.connectors.jsonpaths import path
from varlor.connectors.page import Page
from varlor.connectors.records import locate
from varlor.connectors.shapes import Place, extract

ROWS: list[dict[str, Any]] = [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}]


@pytest.mark.parametrize(
    "record",
    [
        {"title": "x", "page_count": 300, "authors": []},
        {"title": "x", "start_at": "2026-11-23T12:00", "attendees": []},
        {"name": "x", "rating": {"count": 0}, "images": []},
        {"currency": "EUR", "lines": [], "summary": {"total": 0}},
        {"name": "x", "bookmark": None, "tags": []},
        {"count": 0},
    ],
)
async def test_a_record_with_an_empty_list_is_one(reader: Reader, record: dict[str, Any]) -> None:
    reader.api.prepared.append(Answer(record))
    assert (await reader.read("/raw")).records == [record]


async def test_the_lists_of_one_of_many_are_its_own(reader: Reader) -> None:
    record = {"id": 7, "raw": ROWS}
    reader.api.prepared.append(Answer(record))
    assert (await reader.read("/raw/7")).records == [record]


async def test_an_empty_list_of_any_name_beside_no_error_is_an_empty_page(reader: Reader) -> None:
    reader.api.prepared.append(Answer({"error": "ok", "my list": []}))
    assert (await reader.read("/raw", recordPath="$['my list']")).records == []


@pytest.mark.parametrize("error", ["none", "0", {"code": 0, "message": "OK"}, {"code": None}, {"count": 0}])
async def test_an_error_that_says_that_there_is_none_is_none(reader: Reader, error: Any) -> None:
    reader.api.prepared.append(Answer({"data": [], "error": error}))
    assert (await reader.read("/raw")).records == []


@pytest.mark.parametrize(
    "document",
    [
        {"next": None, "facets": ROWS[:1], "payload": {"people": ROWS}},
        {"per_page": 2, "warnings": [], "payload": {"people": ROWS}},
        {"people": ROWS, "meta": {"per_page": 2, "filters": ROWS * 9}},
    ],
)
def test_words_about_pages_of_all_lists_tell_of_none(document: Any) -> None:
    assert extract(document, locate(document, "http://127.0.0.1/latest")) == ROWS


@pytest.mark.parametrize("style", ["offset", "page_number"])
async def test_single_records_are_counted_on_from(reader: Reader, odd_api: OddApi, style: str) -> None:
    odd_api.prepared += [Answer({"id": n}) for n in range(5)] + [Answer({}), Answer({})]
    assert (await reader.read("/raw", pagination={"type": style})).ids == list(range(5))


@pytest.mark.parametrize("counted", [1, 2, 40])
@pytest.mark.parametrize("pagination", [{}, {"pagination": {"type": "page_number"}}])
async def test_a_header_that_miscounts_the_pages_ends_nothing(
    reader: Reader, odd_api: OddApi, counted: int, pagination: dict[str, Any]
) -> None:
    def page(query: Query, headers: dict[str, str], body: bytes) -> Answer:
        first = (int(query.get("page", "1")) - 1) * 10
        rows = [{"id": n} for n in range(first, min(first + 10, 35))]
        return Answer(rows, x_total_pages=str(counted))

    odd_api.page = page
    try:
        assert (await reader.read("/page", hops=True, **pagination)).ids == list(range(35))
    finally:
        del odd_api.page


async def test_a_link_to_what_was_asked_before_a_redirect_is_followed_as_it_is(reader: Reader) -> None:
    asked = [Answer(None, 302, location="/once/raw"), Answer({"data": ROWS, "next": "/raw?p=2"}), Answer([])]
    reader.api.prepared += asked
    await reader.read("/raw")
    assert [path for path, _, _ in reader.api.seen] == ["/raw", "/once/raw", "/raw"]


@pytest.mark.parametrize(
    ("records", "rest", "whole"),
    [
        ([{"has_children": True, "more": "x"}], {"next": "?a"}, False),
        (ROWS, {"hasMore": False, "links": [], "next": "?a"}, True),
        (ROWS, {"end_of_stream": True, "warnings": [], "next": "?a"}, True),
    ],
)
def test_only_what_may_say_that_there_is_no_more_costs_a_look_at_all(
    records: list[Any], rest: dict[str, Any], *, whole: bool
) -> None:
    body = json.dumps({"data": records * 2000, **rest}).encode()
    page = Page(OutResponse(200, "http://x/", httpx2.Headers(), body, "application/json", 0, None), print)
    page.settle(Place("$.data"))
    found = page.around(path("$.next"), beside="near")
    assert found == ({"data": records * 2000, **rest} if whole else {"data": [], **rest})


class Alike(OddApi):
    def sparse(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """Measurements: the same names on each page, and a field that few of them have."""
        page = int(query.get("page", "1"))
        rows: list[dict[str, Any]] = [
            {"metric": name, "value": page * 10 + at} for at, name in enumerate(("cpu", "mem", "disk"))
        ]
        if page == 2:
            rows[0]["note"] = "spike"
        return Answer({"data": rows if page <= 3 else []})

    def inclusive(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """The cursor is the last record's id, and the next page begins with that record."""
        rows = [{"id": n} for n in range(15)][int(query.get("after", "0")) :][:10]
        return Answer({"data": rows, "after": None if rows[-1]["id"] == 14 else str(rows[-1]["id"])})

    def fine(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        at = (int(query.get("page", "1")) - 1) * 5
        return Answer(
            {"error": {"code": 0, "message": "ok"}, "data": [{"id": n} for n in range(15)][at:][:5]}
        )

    def comic(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        page = int(query.get("page", "1"))
        return Answer({"num": page, "title": "x"}) if page < 5 else Answer({}, 404)

    def echo(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        self.asked = getattr(self, "asked", 0) + 1
        return Answer({"found": {}, "page": int(query.get("page", "1")), "time": f"12:00:{self.asked}"})

    def shop_items(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """Its next link is a whole address, of a path that this one's ends with."""
        return Answer({"data": [{"id": 0}], "next": f"http://{headers['host']}/items?p=2"})

    def items(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        return Answer({"data": [{"id": 1}], "next": None})


@pytest.fixture
def alike(service: APIConnectorService) -> Iterator[Reader]:
    api = Alike()
    for url in serve(api):
        yield Reader(service, url, api)


BY_PAGE = {"type": "page_number"}


async def test_names_that_come_again_with_another_field_are_other_records(alike: Reader) -> None:
    assert len((await alike.read("/sparse")).records) == 9


async def test_a_page_that_begins_with_the_last_record_is_another_page(alike: Reader) -> None:
    assert set((await alike.read("/inclusive")).ids) == set(range(15))


@pytest.mark.parametrize("more", [{}, {"pagination": BY_PAGE}])
async def test_an_error_that_says_that_all_is_well_is_none(alike: Reader, more: Any) -> None:
    assert (await alike.read("/fine", **more)).ids == list(range(15))


async def test_objects_that_are_counted_explicitly_are_read_one_by_one(alike: Reader) -> None:
    read = await alike.read("/comic", pagination=BY_PAGE)
    assert [record["num"] for record in read.records] == [1, 2, 3, 4]


async def test_an_object_that_is_none_of_many_is_read_once(alike: Reader) -> None:
    assert len((await alike.read("/echo", pagination=BY_PAGE)).records) == 1


async def test_a_whole_address_is_followed_as_it_is(alike: Reader) -> None:
    assert (await alike.read("/shop/items")).ids == [0, 1]
