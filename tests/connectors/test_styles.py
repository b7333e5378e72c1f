"""Every explicit style hands over every record exactly once, and any page can be a new process's first."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connectors.kit import Reader
from tests.connectors.odd_api import Answer
from varlor.connectors.pagination.memory import Visited
from varlor.errors import InvalidInputError, SourceError, UnsupportedError

STYLES: dict[str, tuple[str, dict[str, Any]]] = {
    "link_header": ("/link", {"type": "link_header"}),
    "next_url": ("/next_url", {"type": "next_url", "nextPath": "$.links.next"}),
    "cursor": ("/cursor", {"type": "cursor", "cursorPath": "$.meta.next_cursor", "cursorParam": "cursor"}),
    "cursor to header": (
        "/cursor",
        {"type": "cursor", "cursorPath": "$.meta.next_cursor", "cursorParam": "X-Cursor", "in": "header"},
    ),
    "cursor from header": (
        "/cursor?header=1",
        {"type": "cursor", "cursorHeader": "X-Next-Cursor", "cursorParam": "cursor"},
    ),
    "offset": ("/offset", {"type": "offset", "limit": 7}),
    "offset by total": ("/offset?total=true", {"type": "offset", "limit": 7, "totalPath": "$.total"}),
    "offset, capped below the limit": ("/offset?cap=3", {"type": "offset", "limit": 7}),
    "page": ("/page", {"type": "page_number"}),
    "page by count": ("/page?pages=1", {"type": "page_number", "totalPagesPath": "$.total_pages"}),
    "page from 0": ("/page?first=0", {"type": "page_number", "start": 0}),
    "page, 404 at the end": ("/page?missing=1", {"type": "page_number"}),
    "page, clamped at the end": ("/page?clamp=1&shown=1", {"type": "page_number"}),
    "page, size capped": ("/page?cap=4", {"type": "page_number", "sizeParam": "per_page", "size": 9}),
    "keyset": ("/keyset", {"type": "keyset", "field": "id", "param": "starting_after"}),
}


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(total=st.integers(1, 60), size=st.integers(1, 25), hops=st.booleans())
async def test_every_record_exactly_once(
    reader: Reader, style: str, total: int, size: int, hops: bool
) -> None:
    path, pagination = STYLES[style]
    join = "&" if "?" in path else "?"
    reading = await reader.read(f"{path}{join}n={total}&size={size}", hops=hops, pagination=pagination)
    assert reading.ids == list(range(total))


@pytest.mark.parametrize("style", STYLES)
async def test_any_cursor_resumes_at_exactly_its_page(reader: Reader, style: str) -> None:
    path, pagination = STYLES[style]
    join = "&" if "?" in path else "?"
    whole = await reader.read(f"{path}{join}n=33&size=5", hops=True, pagination=pagination)
    assert whole.ids == list(range(33))
    assert all(len(str(cursor)) < 4_000 for cursor in whole.cursors)


async def test_a_cursor_goes_back_in_the_body_of_a_post(reader: Reader) -> None:
    cursor = {"type": "cursor", "cursorPath": "$.meta.next_cursor", "cursorParam": "cursor", "in": "body"}
    reading = await reader.read("/cursor", method="POST", body={"q": 1}, pagination=cursor, hops=True)
    assert reading.ids == list(range(25))


async def test_line_breaks_in_a_parameter_are_sent(reader: Reader) -> None:
    reader.api.prepared.append(Answer([{"id": 1}]))
    await reader.read("/raw", params={"q": "SELECT Id\nFROM Account"}, pagination={"type": "none"})
    assert reader.api.seen[-1][1]["q"] == "SELECT Id\nFROM Account"


@pytest.mark.parametrize("body", [{"page": {"size": 10}}, {"page": None}, {"q": 1}])
async def test_a_cursor_goes_into_an_object_of_the_body(reader: Reader, body: dict[str, Any]) -> None:
    cursor = {"type": "cursor", "cursorPath": "$.after", "cursorParam": "page.after", "in": "body"}
    reading = await reader.read("/nested", method="POST", body=body, pagination=cursor)
    assert reading.ids == list(range(25))


async def test_an_offset_goes_into_the_body_of_a_post(reader: Reader) -> None:
    reading = await reader.read("/offset", method="POST", body={}, pagination={"type": "offset", "limit": 10})
    assert reading.ids == list(range(25))


async def test_a_start_further_on_skips_what_is_before(reader: Reader) -> None:
    offset = {"type": "offset", "limit": 10, "start": 12, "totalPath": "$.total"}
    assert (await reader.read("/offset?total=true", pagination=offset)).ids == list(range(12, 25))
    assert (await reader.read("/page?pages=1", pagination={"type": "page_number", "start": 2})).ids == list(
        range(10, 25)
    )


async def test_none_reads_one_page(reader: Reader) -> None:
    assert (await reader.read("/link", pagination={"type": "none"})).ids == list(range(10))


async def test_a_total_that_is_too_low_loses_nothing_and_is_reported(reader: Reader) -> None:
    offset = {"type": "offset", "limit": 10, "totalPath": "$.total"}
    reading = await reader.read("/offset?total=7", pagination=offset)
    assert reading.ids == list(range(25))
    assert any("counts 7 records but handed out 25" in note for note in reading.notes)


async def test_a_total_that_is_too_high_is_reported(reader: Reader) -> None:
    offset = {"type": "offset", "limit": 10, "totalPath": "$.total"}
    reading = await reader.read("/offset?total=900", pagination=offset)
    assert reading.ids == list(range(25))
    assert any("counts 900 records but handed out 25" in note for note in reading.notes)


async def test_empty_and_short_pages_with_a_moving_cursor_are_read_through(reader: Reader) -> None:
    cursor = {"type": "cursor", "cursorPath": "$.next_cursor", "cursorParam": "cursor"}
    reading = await reader.read("/holes?n=95", pagination=cursor, hops=True)
    assert reading.ids == [i for i in range(95) if i % 30 < 5]


@pytest.mark.parametrize(
    ("path", "pagination"),
    [
        ("/same_cursor", {"type": "cursor", "cursorPath": "$.next_cursor", "cursorParam": "cursor"}),
        ("/there_and_back", {"type": "next_url", "nextPath": "$.next"}),
        ("/empty_forever", {"type": "cursor", "cursorPath": "$.next_cursor", "cursorParam": "cursor"}),
        ("/longer_forever", {"type": "next_url", "nextPath": "$.next"}),
        ("/raw?body=[{%22id%22:1}]", {"type": "offset", "limit": 1}),
    ],
)
async def test_what_would_go_round_for_ever_ends_in_a_clear_error(
    reader: Reader, path: str, pagination: dict[str, Any]
) -> None:
    with pytest.raises(SourceError) as caught:
        await reader.read(path, pagination=pagination)
    assert caught.value.kind == "pagination_stuck"
    assert not caught.value.retryable


def test_a_late_cycle_is_found_with_a_small_cursor() -> None:
    visited = Visited()
    for number in range(5_000):
        at = number if number < 3_000 else 3_000 + (number - 3_000) % 700
        try:
            visited = visited.then(f"{at:012x}")
        except SourceError:
            break
    else:
        pytest.fail("the cycle was not found")
    assert len(str(visited.dump())) < 8_000


async def test_an_ignored_page_parameter_is_told_on_the_run(reader: Reader) -> None:
    reading = await reader.read("/raw?body=[{%22id%22:1}]", pagination={"type": "page_number"})
    assert reading.ids == [1]
    assert any("ignores the paging parameter" in note for note in reading.notes)


async def test_relay_belongs_to_graphql(reader: Reader) -> None:
    with pytest.raises(UnsupportedError):
        await reader.read("/cursor", pagination={"type": "relay"})


@pytest.mark.parametrize("path", ["$..a..b", "$[?match(@.a, '(a+)+$')]", "$.a[", "$[*,*,*,*]", "no path"])
async def test_jsonpath_that_could_explode_is_refused(reader: Reader, path: str) -> None:
    with pytest.raises(InvalidInputError):
        await reader.read("/cursor", pagination={"type": "next_url", "nextPath": path})
