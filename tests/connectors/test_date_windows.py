"""A range of time is read window by window: every record once, several at once, from any cursor on."""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.activities.mortal import KILL_POINTS, synced
from tests.connectors.kit import FixedClock, FreeWindow, NoDiscoverer, Reader, connector, serve
from tests.datasets.lake_kit import Lake
from varlor.connectors import APIConnectorService
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.contracts.connector import Secrets
from varlor.contracts.date_windows import DateWindows
from varlor.contracts.fetch import FetchRequest
from varlor.datasets import DeltaDatasets
from varlor.errors import SourceError
from varlor.ports import ReadJob

FIRST = date(2026, 1, 1)
DAYS = 31
SIZE = 4
FAST: dict[str, Any] = {"rate_limit_config": {"requestsPerMinute": 60_000, "burstLimit": 1_000}}
JANUARY: dict[str, Any] = {"from": "2026-01-01", "to": "2026-01-31", "days": 3}
DATES: dict[str, Any] = {"params": {"since": "{from}", "until": "{to}"}, "dateWindows": JANUARY}
PAGED = {"type": "page_number", "pageParam": "page"}


@dataclass
class Diary:
    """Three records a day, at midnight and later, by `since` and `until`, both counted in, or `before`."""

    records: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"id": day * 3 + n, "at": f"{FIRST + timedelta(days=day)}T{n * 9:02}:00:00Z"}
            for day in range(DAYS)
            for n in range(3)
        ]
    )
    failing: set[str] = field(default_factory=set[str])
    missing: bool = False
    bears: int = 100
    refused: int = 0
    at_once: int = 0
    most_at_once: int = 0

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/events", self._events)])

    async def _events(self, request: Request) -> Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        is_crowded = self.at_once > self.bears
        await asyncio.sleep(0.01)
        self.at_once -= 1
        if is_crowded:
            self.refused += 1
            return JSONResponse({}, 429)
        asked = request.query_params
        if asked["since"] in self.failing:
            self.failing.discard(asked["since"])
            return JSONResponse({}, 500)
        if self.missing:
            return JSONResponse({}, 404)
        found = [r for r in self.records if r["at"] >= asked["since"] and self._ends_before(r["at"], asked)]
        page = int(asked.get("page", "1"))
        return JSONResponse(found[(page - 1) * SIZE : page * SIZE])

    def _ends_before(self, at: str, asked: Any) -> bool:
        return at < asked["before"] if "before" in asked else at[:10] <= asked["until"]


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def home(diary: Diary, service: APIConnectorService) -> Iterator[Reader]:
    for url in serve(diary.app()):
        yield Reader(service, url, settings=FAST)


def ids(records: list[Any]) -> list[int]:
    return sorted(record["id"] for record in records)


@pytest.mark.parametrize("pagination", ["auto", PAGED])
@pytest.mark.parametrize("hops", [False, True])
async def test_every_record_of_the_range_is_read_once(home: Reader, pagination: Any, hops: bool) -> None:
    reading = await home.read("/events", pagination=pagination, hops=hops, **DATES)
    assert ids(reading.records) == list(range(DAYS * 3))
    assert all(record.keys() == {"id", "at"} for record in reading.records)
    assert any("Read 11 windows" in note for note in reading.notes)


async def test_windows_of_times_end_where_the_next_ones_begin(home: Reader) -> None:
    reading = await home.read(
        "/events",
        pagination=PAGED,
        params={"since": "{from}", "before": "{until}"},
        dateWindows={"from": "2026-01-02T09:00:00Z", "to": "2026-01-09T18:00:00Z", "days": 2},
    )
    assert ids(reading.records) == list(range(4, 26))
    assert all("before=2026-01-" in entry.url for entry in reading.log)


async def test_a_range_without_an_end_stops_where_the_run_began(home: Reader, diary: Diary) -> None:
    today = FixedClock().now().date()
    begin = today - timedelta(days=9)
    diary.records = [{"id": n, "at": f"{begin + timedelta(days=n)}T12:00:00Z"} for n in range(12)]
    reading = await home.read(
        "/events", pagination=PAGED, params=DATES["params"], dateWindows={"from": f"{begin}"}
    )
    assert ids(reading.records) == list(range(10))
    assert max(record["at"] for record in reading.records)[:10] == f"{today}"


async def test_several_windows_are_under_way_at_once(home: Reader, diary: Diary) -> None:
    await home.read("/events", pagination=PAGED, **DATES)
    assert diary.most_at_once > 2


@pytest.mark.parametrize("bears", [100, 5])
async def test_as_many_windows_are_under_way_as_the_api_bears(home: Reader, diary: Diary, bears: int) -> None:
    diary.bears, home.most_pages = bears, 2000
    daily: dict[str, Any] = {**DATES, "dateWindows": {**JANUARY, "from": "2025-01-01", "days": 1}}
    reading = await home.read("/events", pagination=PAGED, patient=True, **daily)
    assert ids(reading.records) == list(range(DAYS * 3))
    assert diary.most_at_once > min(8, bears)
    assert diary.refused < len(reading.log) / 8


async def test_a_reading_goes_on_at_any_cursor(home: Reader) -> None:
    whole = await home.read("/events", pagination=PAGED, **DATES)
    for at, cursor in enumerate(whole.cursors[1:], 1):
        rest = await home.read("/events", pagination=PAGED, begin=cursor, **DATES)
        assert len(rest.cursors) == len(whole.cursors) - at


async def test_a_window_that_fails_for_a_while_comes_again(home: Reader, diary: Diary) -> None:
    diary.failing = {"2026-01-10", "2026-01-22"}
    reading = await home.read("/events", pagination=PAGED, patient=True, **DATES)
    assert ids(reading.records) == list(range(DAYS * 3))


async def test_an_api_that_ignores_the_window_is_told_of(home: Reader) -> None:
    ignored: dict[str, Any] = {"params": {**DATES["params"], "since": "2026-01-01", "from": "{from}"}}
    ignored["params"]["until"] = "2026-01-31"
    ignored["params"]["to"] = "{to}"
    reading = await home.read("/events", pagination=PAGED, dateWindows=JANUARY, **ignored)
    assert len(reading.records) > DAYS * 3
    (told,) = (note for note in reading.notes if "same records" in note)
    assert "If the API does not know the parameters" in told
    well = await home.read("/events", pagination=PAGED, **DATES)
    assert not any("same records" in note for note in well.notes)


async def test_a_path_that_does_not_exist_is_no_empty_range(home: Reader, diary: Diary) -> None:
    diary.missing = True
    with pytest.raises(SourceError, match="window=2026-01-01/2026-01-04"):
        await home.read("/events", pagination=PAGED, **DATES)


@settings(max_examples=10, deadline=None)
@given(
    deaths=st.sets(st.tuples(st.sampled_from(KILL_POINTS), st.integers(1, 12)), max_size=5),
    days=st.sampled_from([1, 7, 40]),
    rows=st.sampled_from([1, 20, 1000]),
)
def test_a_worker_killed_anywhere_loses_and_doubles_nothing(
    deaths: set[tuple[str, int]], days: int, rows: int
) -> None:
    async def play(url: str, root: str) -> None:
        client = GuardedClient(EgressPolicy(["127.0.0.1"]))
        service = APIConnectorService(client, FreeWindow(), NoDiscoverer(), FixedClock())
        settled = connector(url, **FAST)
        order = {"path": "/events", "dataset": {"name": "d"}, "pagination": PAGED, **DATES}
        order |= {"dateWindows": {**JANUARY, "days": days}}
        job = ReadJob(
            *("t1", "r1", settled, service.auth(settled, Secrets())),
            *(FetchRequest.model_validate(order), lambda _: None, lambda _: None),
        )
        lake = Lake(DeltaDatasets(root, {}), {})
        await synced(lake.datasets, lake.target(), lambda: service.reader(job, None), deaths, rows)
        await client.aclose()
        assert ids(lake.rows()) == list(range(DAYS * 3))

    for url in serve(Diary().app()):
        with tempfile.TemporaryDirectory() as root:
            asyncio.run(play(url, root))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"params": {"since": "{from}"}}, "{until}"),
        ({"dateWindows": {"from": "the first"}}, "2026-01-31"),
        ({"dateWindows": {**JANUARY, "to": "2025-01-01"}}, "after"),
        ({"dateWindows": {**JANUARY, "to": "2026-01-31T00:00:00Z"}}, "one form"),
        ({"dateWindows": {"from": "0001-01-01", "to": "2026-01-31"}}, "more days"),
        ({"dateWindows": {"from": "2026-01-01T00:00:00Z"}}, "no last day"),
        ({"forEach": {"path": "/p", "field": "id", "as": "since"}}, "forEach"),
    ],
)
def test_what_makes_no_windows_is_refused_with_its_remedy(change: dict[str, Any], told: str) -> None:
    order = {"path": "/events", "dataset": {"name": "d"}, **DATES, **change}
    if "forEach" in change:
        order["params"] = {**DATES["params"], "owner": "{since}"}
    with pytest.raises(ValidationError) as refused:
        FetchRequest.model_validate(order)
    problem = refused.value.errors()[0]
    assert told in problem["msg"]
    assert problem["loc"][0] == "dateWindows"


def test_a_month_is_cut_without_gap_or_overlap() -> None:
    order = FetchRequest.model_validate({"path": "/e", "dataset": {"name": "d"}, **DATES})
    assert order.date_windows is not None
    end = order.date_windows.end(datetime.now().astimezone())
    windows = [window.split("/") for window in order.date_windows.windows(end)]
    assert windows[0][0] == "2026-01-01"
    assert windows[-1][1] == "2026-02-01"
    assert all(one[1] == following[0] for one, following in pairwise(windows))


def test_bounds_of_two_offsets_are_all_times_that_can_be_read() -> None:
    """A Z behind an offset is no time: the last window would be refused, or read as something else."""
    wanted = DateWindows.model_validate({"from": "2024-02-28T00:00:00Z", "to": "2024-03-01T01:00:00+02:00"})
    windows = wanted.windows(wanted.end(datetime.now(UTC)))
    assert windows == [
        "2024-02-28T00:00:00Z/2024-02-29T00:00:00Z",
        "2024-02-29T00:00:00Z/2024-02-29T23:00:00Z",
    ]


def test_the_calendars_end_is_no_crash() -> None:
    wanted = DateWindows.model_validate({"from": "9998-12-01", "to": "9998-12-31", "days": 3660})
    assert wanted.windows(wanted.end(datetime.now(UTC))) == ["9998-12-01/9999-01-01"]
    stored = DateWindows.model_validate({"from": "9999-01-01", "to": "9999-12-31", "days": 3660})
    assert stored.windows(stored.end(datetime.now(UTC))) == ["9999-01-01/9999-12-31"]
