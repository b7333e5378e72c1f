"""Pages that look like an end, an error or the page before, and are none."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.connectors.kit import Reader, serve
from tests.connectors.odd_api import Answer, OddApi, Query
from varlor.connectors import APIConnectorService


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

    def miscounted(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """Its header counts fewer pages than there are."""
        at = (int(query.get("page", "1")) - 1) * 10
        return Answer([{"id": n} for n in range(25)][at:][:10], x_total_pages="2")

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


async def test_a_header_that_counts_too_few_pages_ends_nothing(alike: Reader) -> None:
    assert (await alike.read("/miscounted", pagination=BY_PAGE)).ids == list(range(25))


async def test_a_whole_address_is_followed_as_it_is(alike: Reader) -> None:
    assert (await alike.read("/shop/items")).ids == [0, 1]
