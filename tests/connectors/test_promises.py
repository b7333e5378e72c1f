"""What the API's own count promises is not given up for one odd answer, and is told where it is not kept."""

from typing import Any

import pytest

from tests.connectors.kit import Reader, Reading
from tests.connectors.odd_api import Answer, OddApi
from varlor.errors import SourceError

FAST = {"rate_limit_config": {"requestsPerMinute": 60_000, "burstLimit": 1_000}}
OFFSET = {"type": "offset", "limit": 10, "totalPath": "$.total"}
PAGES = {"type": "page_number", "totalPagesPath": "$.total_pages"}
TOTAL = {"type": "page_number", "totalPath": "$.total"}
PROMISED: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("/offset?n=95&total=true", OFFSET, ("offset", "30")),
    ("/offset?n=95&total=true&first=1", OFFSET, ("offset", "30")),
    ("/page?n=95&pages=1", PAGES, ("page", "4")),
    ("/page?n=95&total=true", TOTAL, ("page", "4")),
]
GONE = [Answer({"detail": "gone"}, status) for status in (404, 410, 416)]
EMPTY = [Answer(raw=b"", status=204), Answer({"items": [], "data": []})]


@pytest.fixture(autouse=True, params=["one by one", "under way"])
def _pace(request: pytest.FixtureRequest, reader: Reader, odd_api: OddApi) -> None:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    if request.param == "under way":
        reader.settings, odd_api.delay = FAST, 0.01


@pytest.mark.parametrize(("path", "pagination", "place"), PROMISED)
@pytest.mark.parametrize("odd", [*GONE, *EMPTY], ids=lambda answer: f"{answer.status}")
@pytest.mark.parametrize("hops", [False, True])
async def test_one_odd_answer_is_not_the_end(
    reader: Reader,
    odd_api: OddApi,
    path: str,
    pagination: dict[str, Any],
    place: tuple[str, str],
    odd: Answer,
    hops: bool,
) -> None:
    odd_api.instead[place] = [odd]
    reading = await reader.read(path, pagination=pagination, hops=hops)
    assert reading.ids == list(range(95))


@pytest.mark.parametrize(("path", "pagination", "place"), PROMISED)
@pytest.mark.parametrize("odd", GONE[:2], ids=lambda answer: f"{answer.status}")
async def test_a_refusal_of_what_was_promised_ends_in_an_error(
    reader: Reader,
    odd_api: OddApi,
    path: str,
    pagination: dict[str, Any],
    place: tuple[str, str],
    odd: Answer,
) -> None:
    odd_api.instead[place] = [odd] * 9
    into = Reading()
    with pytest.raises(SourceError) as caught:
        await reader.read(path, pagination=pagination, into=into)
    assert (caught.value.kind, caught.value.status) == ("not_found", odd.status)
    assert into.ids == list(range(30))


@pytest.mark.parametrize(("path", "pagination", "place"), PROMISED)
@pytest.mark.parametrize("odd", EMPTY, ids=lambda answer: f"{answer.status}")
async def test_an_empty_page_that_stays_is_told(
    reader: Reader,
    odd_api: OddApi,
    path: str,
    pagination: dict[str, Any],
    place: tuple[str, str],
    odd: Answer,
) -> None:
    odd_api.instead[place] = [odd] * 9
    reading = await reader.read(path, pagination=pagination)
    if pagination is PAGES:  # its last page is known, so that the pages between can be asked for
        assert reading.ids == [*range(30), *range(40, 95)]
    else:
        assert reading.ids == list(range(30))
        assert "The API counts 95 records but handed out 30." in reading.notes


async def test_without_a_promise_a_refusal_is_believed_the_second_time(
    reader: Reader, odd_api: OddApi
) -> None:
    plain = {"type": "page_number"}
    odd_api.instead["page", "3"] = [GONE[0]]
    assert (await reader.read("/page?n=45&missing=1", pagination=plain)).ids == list(range(45))
    odd_api.instead["page", "3"] = [GONE[0]] * 2
    reading = await reader.read("/page?n=45&missing=1", pagination=plain)
    assert reading.ids == list(range(20))
    assert "The API answered HTTP 404 past the last page." in reading.notes


async def test_a_rule_decides_before_it_is_taken_for_the_end(reader: Reader, odd_api: OddApi) -> None:
    for action, kind in (("fail", "not_found"), ("retry", "server_error")):
        odd_api.instead["page", "4"] = [GONE[0]]
        rules = [{"status": 404, "action": action}]
        with pytest.raises(SourceError) as caught:
            await reader.read("/page?n=95", pagination={"type": "page_number"}, errorRules=rules)
        assert caught.value.kind == kind
    retried = await reader.read(
        "/page?n=95",
        pagination={"type": "page_number"},
        errorRules=[{"status": 404, "action": "retry"}],
        patient=True,
    )
    assert retried.ids == list(range(95))


@pytest.mark.parametrize(
    ("path", "pagination", "records", "told"),
    [
        ("/offset?n=35&total=100&first=1", OFFSET, 35, "counts 100 records but handed out 35"),
        ("/page?n=30&total=100&clamp=1", TOTAL, 30, "counts 100 records but handed out 30"),
        ("/page?n=30&pages=6", PAGES, 30, "counts 6 pages, but the last 3 of them hold nothing"),
        ("/page?n=30&pages=6&total=50", {**PAGES, **TOTAL}, 30, "counts 50 records but handed out 30"),
        ("/page?n=30&pages=5&missing=1", PAGES, 30, None),
        ("/page?n=50&pages=3&total=true", {**PAGES, **TOTAL}, 50, ""),
    ],
)
async def test_counts_that_lie_are_told(
    reader: Reader, path: str, pagination: dict[str, Any], records: int, told: str | None
) -> None:
    into = Reading()
    if told is None:
        with pytest.raises(SourceError, match="404"):
            await reader.read(path, pagination=pagination, into=into)
    else:
        await reader.read(path, pagination=pagination, into=into)
        assert not told or any(told in note for note in into.notes), into.notes
    assert into.ids == list(range(records))
