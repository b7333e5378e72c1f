"""What made other tools read a page for ever, or stop after the first one in silence."""

from typing import Any

import pytest

from tests.connectors.kit import Reader, Reading
from tests.connectors.odd_api import OddApi
from varlor.errors import SourceError

FAST = {"rate_limit_config": {"requestsPerMinute": 60_000, "burstLimit": 1_000}}
NUMBERED = {"type": "page_number", "sizeParam": "per_page", "size": 10}
CURSOR = {"type": "cursor", "cursorPath": "$.next_cursor", "cursorParam": "cursor"}


@pytest.fixture(autouse=True, params=["one by one", "under way"])
def _pace(request: pytest.FixtureRequest, reader: Reader, odd_api: OddApi) -> None:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    if request.param == "under way":
        reader.settings, odd_api.delay = FAST, 0.01


@pytest.mark.parametrize("n", [100, 95])
async def test_an_api_that_answers_with_its_last_page_for_ever_is_left(
    reader: Reader, odd_api: OddApi, n: int
) -> None:
    reading = await reader.read(f"/page?n={n}&clamp=1", pagination=NUMBERED)
    assert reading.ids == list(range(n))
    assert any("repeats its last page" in note for note in reading.notes)
    assert len(odd_api.seen) <= 14


async def test_the_connectors_pagination_holds_where_the_request_says_auto(reader: Reader) -> None:
    reader.settings = {**reader.settings, "pagination": {**NUMBERED, "pageParam": "page"}}
    assert (await reader.read("/page?n=35&bare=1")).ids == list(range(35))


async def test_a_cursor_that_is_sent_with_the_last_page_too_is_not_followed(reader: Reader) -> None:
    reading = await reader.read("/always?n=35", pagination=CURSOR)
    assert reading.ids == list(range(35))


async def test_a_cursor_that_stays_after_an_empty_last_page_is_the_end(reader: Reader) -> None:
    reading = await reader.read("/always?n=35&silent=1", pagination=CURSOR)
    assert reading.ids == list(range(35))
    assert any("repeats its cursor" in note for note in reading.notes)


@pytest.mark.parametrize(
    ("path", "pagination", "records"),
    [
        ("/same_cursor", CURSOR, 4),
        ("/there_and_back", {"type": "next_url", "nextPath": "$.next"}, 3),
        ("/empty_forever", CURSOR, 1),
    ],
)
async def test_what_goes_round_ends_in_an_error_that_says_so(
    reader: Reader, odd_api: OddApi, path: str, pagination: dict[str, Any], records: int
) -> None:
    into = Reading()
    with pytest.raises(SourceError) as caught:
        await reader.read(path, pagination=pagination, into=into)
    assert caught.value.kind == "pagination_stuck"
    assert len(into.records) == records
    assert len(odd_api.seen) <= into.pages + 1


async def test_an_ignored_offset_does_not_read_the_first_page_for_ever(
    reader: Reader, odd_api: OddApi
) -> None:
    with pytest.raises(SourceError, match="ignores the paging parameter"):
        await reader.read("/deaf?n=20&total=100", pagination={"type": "offset", "totalPath": "$.total"})
    assert len(odd_api.seen) <= 6
