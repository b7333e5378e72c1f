"""What made other tools read a page for ever, or stop after the first one in silence."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.connectors.kit import FreeWindow, Reader, Reading
from tests.connectors.odd_api import Answer, OddApi
from varlor.connectors import APIConnectorService
from varlor.connectors.pagination.seen import Marks, same_records
from varlor.errors import SourceError
from varlor.ports import WaitRequiredError

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


AFTER = {"type": "cursor", "cursorPath": "$.next", "cursorParam": "after"}


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("float", {}),
        ("object", {"method": "POST", "body": {"q": 1}}),
        ("list", {"method": "POST", "body": {"q": 1}}),
    ],
)
@pytest.mark.parametrize("hops", [False, True])
async def test_a_cursor_is_sent_back_as_it_came(
    reader: Reader, kind: str, more: dict[str, Any], hops: bool
) -> None:
    pagination = AFTER | ({"in": "body"} if more else {})
    reading = await reader.read(f"/token?n=45&as={kind}", pagination=pagination, hops=hops, **more)
    assert reading.ids == list(range(45))


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/token?n=45&as=object", "only a body can take back"),
        ("/token?n=45&more=1", "names no cursor at"),
        ("/next_url?n=45&as=1", "holds no address"),
    ],
)
async def test_what_cannot_be_followed_is_an_error_on_the_first_page(
    reader: Reader, path: str, told: str
) -> None:
    style = {"type": "next_url", "nextPath": "$.results"} if "next_url" in path else AFTER
    with pytest.raises(SourceError, match=told) as caught:
        await reader.read(path, pagination=style)
    assert caught.value.kind == "pagination_stuck"


async def test_more_without_a_cursor_is_told_on_a_later_page(reader: Reader, odd_api: OddApi) -> None:
    odd_api.instead["after", "10.25"] = [Answer({"data": [{"id": 10}], "has_more": True})]
    reading = await reader.read("/token?n=45&as=float", pagination=AFTER)
    assert reading.ids == list(range(11))
    assert "The API says that there is more, but names no cursor at $.next." in reading.notes


@pytest.mark.parametrize(
    ("path", "pagination", "told"),
    [
        ("/token?n=45", AFTER, "$.next"),
        ("/next_url?n=45", {"type": "next_url", "nextPath": "$.next_page"}, "$.next_page"),
        ("/skip?n=45", {"type": "link_header"}, "Link header with rel=next"),
        (
            "/cursor?n=45&header=1",
            {"type": "cursor", "cursorHeader": "X-After", "cursorParam": "cursor"},
            "header X-After",
        ),
    ],
)
async def test_a_sign_that_is_looked_for_in_the_wrong_place_is_told(
    reader: Reader, path: str, pagination: dict[str, Any], told: str
) -> None:
    reading = await reader.read(path, pagination=pagination)
    assert reading.ids == list(range(10))
    assert f"The first page has no {told}, and was taken for the only one." in reading.notes


async def test_a_page_for_people_in_between_is_asked_for_again(reader: Reader, odd_api: OddApi) -> None:
    html = Answer(raw=b"<html>back soon</html>", type_="text/html")
    odd_api.instead["page", "3"] = [html]
    reading = await reader.read("/page?n=45", pagination=NUMBERED, patient=True)
    assert reading.ids == list(range(45))
    odd_api.instead["page", "3"] = [html] * 9
    with pytest.raises(SourceError) as caught:
        await reader.read("/page?n=45", pagination=NUMBERED, patient=True)
    assert caught.value.kind == "not_json"
    assert len(odd_api.instead["page", "3"]) == 9 - 3
    odd_api.instead["page", "1"] = [html]
    with pytest.raises(SourceError) as caught:
        await reader.read("/page?n=45", pagination=NUMBERED)
    assert not caught.value.retryable


@pytest.mark.parametrize("way", ["clamp=1", "wrap=1"])
@pytest.mark.parametrize("more", ["", "&moving=1"])
@pytest.mark.parametrize("pagination", [{"type": "page_number"}, "auto"])
@pytest.mark.parametrize("hops", [False, True])
async def test_an_api_that_goes_round_is_left_at_its_end(
    reader: Reader, way: str, more: str, pagination: Any, hops: bool
) -> None:
    reading = await reader.read(f"/round?{way}{more}", pagination=pagination, hops=hops)
    assert reading.ids == list(range(50))
    assert any("taken as the end" in note for note in reading.notes)


async def test_what_is_promised_is_read_though_it_looks_alike(reader: Reader) -> None:
    counted = {"type": "page_number", "totalPath": "$.total"}
    reading = await reader.read("/round?wrap=1&total=150", pagination=counted)
    assert [record["id"] for record in reading.records] == [*range(50)] * 3


async def test_what_goes_round_without_ids_ends_in_an_error(reader: Reader) -> None:
    into = Reading()
    with pytest.raises(SourceError, match="goes round"):
        await reader.read("/round?wrap=1&bare=1", pagination={"type": "page_number"}, into=into)
    assert len(into.records) <= 100


@pytest.mark.parametrize("more", ["", "&moving=1"])
@pytest.mark.parametrize("hops", [False, True])
async def test_ids_that_come_again_on_each_page_do_not_end_a_reading(
    reader: Reader, odd_api: OddApi, more: str, hops: bool
) -> None:
    reading = await reader.read(f"/round?stores=1{more}", pagination={"type": "page_number"}, hops=hops)
    assert [record["store"] for record in reading.records] == [n for n in range(1, 11) for _ in range(10)]
    assert hops or len(odd_api.seen) <= 11 + 2


async def test_a_last_window_that_comes_again_doubles_nothing(reader: Reader) -> None:
    reading = await reader.read("/window?n=50", pagination={"type": "offset", "limit": 10})
    assert reading.ids == list(range(50)), reading.ids


@pytest.mark.parametrize("style", ["sentinel", "alternate"])
async def test_pages_that_are_alike_in_part_are_read(reader: Reader, style: str) -> None:
    reading = await reader.read(f"/alike?{style}=1", pagination={"type": "page_number"})
    assert len(reading.records) == 80


async def test_pages_that_are_alike_are_read_as_far_as_the_api_counts(reader: Reader) -> None:
    counted = {"type": "page_number", "totalPath": "$.total"}
    assert len((await reader.read("/alike?zeros=1", pagination=counted)).records) == 80


@pytest.mark.parametrize("last", [{"href": None}, {"href": ""}, " ", False])
@pytest.mark.parametrize("pagination", [{"type": "next_url", "nextPath": "$._links.next"}, "auto"])
async def test_a_link_without_an_address_is_the_end(
    reader: Reader, odd_api: OddApi, last: Any, pagination: Any
) -> None:
    for at in (0, 10, 20):
        following = {"href": f"/next_url?at={at + 10}"} if at < 20 else last
        page = Answer({"data": [{"id": at + n} for n in range(10)], "_links": {"next": following}})
        odd_api.instead["at", str(at)] = [page]
    reading = await reader.read("/next_url?at=0", pagination=pagination)
    assert reading.ids == list(range(30))


@pytest.mark.parametrize("status", [400, 403, 404, 422])
async def test_a_refusal_after_the_last_page_that_the_api_names_is_the_end(
    reader: Reader, odd_api: OddApi, status: int
) -> None:
    counted = {"type": "page_number", "totalPagesPath": "$.total_pages", "totalPath": "$.total"}
    odd_api.instead["page", "6"] = [Answer({}, status)] * 2
    reading = await reader.read("/page?n=500&pages=5&total=500", pagination=counted)
    assert reading.ids == list(range(50))
    assert any("counts 500 records but handed out 50" in note for note in reading.notes)


class Tight:
    """A window that lets one request through, then makes the next one wait."""

    def __init__(self) -> None:
        self.spent = True

    async def acquire(self, *_: Any, **__: Any) -> float:
        self.spent = not self.spent
        return 20.0 if self.spent else 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(FreeWindow(), name)


@pytest.mark.parametrize(
    ("path", "pagination"),
    [
        ("/page?n=20&missing=1", {"type": "page_number"}),
        ("/offset?n=20&total=30", {"type": "offset", "limit": 10, "totalPath": "$.total"}),
        ("/round?clamp=1&moving=1", {"type": "page_number"}),
    ],
)
async def test_a_second_look_ends_however_tight_the_rate_is(
    service: APIConnectorService,
    reader: Reader,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    pagination: dict[str, Any],
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("varlor.connectors.rest.asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(service._sender, "_window", Tight())  # pyright: ignore[reportPrivateUsage] - no other way in
    waits = 0
    cursor, into = None, Reading()
    while True:
        try:
            await reader.read(path, pagination=pagination, into=into, begin=cursor)
        except WaitRequiredError:
            waits += 1
            assert waits < 30
            cursor = into.cursors[-1]
        else:
            break
    assert slept


def test_pages_are_the_same_only_with_the_same_ids() -> None:
    page, shifted, before = ([{"id": n, "v": 1} for n in ids] for ids in ([1, 2, 3], [99, 1, 2], [7, 8, 9]))
    assert not same_records(before, page, shifted)
    moved = [{"id": n, "v": 2} for n in (1, 2, 3)]
    assert same_records(moved, page, [{"id": n, "v": 3} for n in (1, 2, 3)])
    assert not same_records(moved, page, page)


async def test_an_ignored_offset_does_not_read_the_first_page_for_ever(
    reader: Reader, odd_api: OddApi
) -> None:
    with pytest.raises(SourceError, match="ignores the paging parameter"):
        await reader.read("/deaf?n=20&total=100", pagination={"type": "offset", "totalPath": "$.total"})
    assert len(odd_api.seen) <= 6


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[",
        b"]",
        b"[]",
        b"][",
        b'[{"id": ' + b"7" * 5000 + b"}]",
        b'[{"id": "\\ud800"}]',
        b'[{"id": NaN}]',
        b'{"data": [' + b'{"id":' * 2000,
        b"[" + b'{"a":' * 2000 + b"1" + b"}" * 2000 + b"]",
        b'[{"id": "\xff\xfe"}]',
        b"[1, 2]",
        b'[{"id": {}}, {"id": 1}]',
    ],
)
def test_marks_are_taken_of_anything(text: bytes) -> None:
    assert Marks.of(text) == Marks.of(text)


def test_marks_tell_the_first_ids() -> None:
    one, other = (
        b'{"n": 1, "data": [{"id": 1, "v": %d}, {"v": 2, "id": {"x": 2}}, {"id": 3}]}' % n for n in (4, 5)
    )
    assert Marks.of(one).ids == Marks.of(other).ids != ""
    assert Marks.of(one).whole != Marks.of(other).whole
    assert Marks.of(b'[{"id": 1}, {"id": 1}]').ids == ""


@pytest.mark.parametrize("style", ["offset", "page_number"])
async def test_a_single_object_is_not_counted_on_from(reader: Reader, odd_api: OddApi, style: str) -> None:
    odd_api.prepared += [Answer({"QueryResponse": {}, "time": str(n)}) for n in range(9)]
    reading = await reader.read("/raw", pagination={"type": style})
    assert len(reading.records) == 1
    assert any("single object" in note for note in reading.notes)
