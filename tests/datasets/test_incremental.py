"""Incremental runs against an API that changes under them: the dataset always equals what the API holds."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.datasets.lake_kit import Lake, page, state
from varlor.contracts.incremental import CursorValue, Incremental
from varlor.datasets import DeltaDatasets, progress
from varlor.datasets.watermark import rank
from varlor.errors import FencedError, SourceError
from varlor.ports import LandingTarget

START = datetime(2026, 1, 1, tzinfo=UTC)
WRITTEN: dict[str, Callable[[int], CursorValue]] = {
    "iso": lambda t: (START + timedelta(seconds=t)).isoformat().replace("+00:00", "Z"),
    "offsets": lambda t: (
        (START + timedelta(seconds=t)).astimezone(timezone(timedelta(hours=t % 5 - 2))).isoformat()
    ),
    "seconds": lambda t: int(START.timestamp()) + t,
    "milliseconds": lambda t: (int(START.timestamp()) + t) * 1000,
    "numbers in text": lambda t: str(t + 95),
}
UNITS = {"milliseconds": 1000}


def wanted(**more: Any) -> Incremental:
    return Incremental.model_validate({"cursorField": "at", "param": "since", **more})


def target(lake: Lake, run: str, asked: Incremental, **more: Any) -> LandingTarget:
    options = {"mode": "merge", "primary_key": ["id"], "stream": "s1", "source": "GET /x", **more}
    return lake.target(run, incremental=asked, **options)


async def since_of(lake: Lake, run: str, asked: Incremental, **more: Any) -> CursorValue | None:
    return (await lake.datasets.open(target(lake, run, asked, **more))).since


async def position(lake: Lake) -> list[CursorValue]:
    return [one.value for one in (await lake.datasets.facts(lake.location)).incremental]


# --- against a model ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """What happens to the API's records, and then one run: `late` by so many seconds, read in pages."""

    changed: list[tuple[int, int]]
    ends: Literal["well", "killed", "failed", "limited"]
    size: int


@dataclass
class Api:
    """Holds each record's newest version, in no useful order; its filter counts the bound in, or not."""

    written: Callable[[int], CursorValue]
    exclusive: bool
    records: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    clock: int = 0
    versions: int = 0

    def change(self, key: int, late: int) -> None:
        self.clock += key % 2  # so that times are often equal
        self.versions += 1
        at = max(0, self.clock - late)
        self.records[key] = {"id": key, "at": self.written(at), "v": self.versions}

    def ask(self, since: CursorValue | None) -> list[dict[str, Any]]:
        found = sorted(self.records.values(), key=lambda record: record["id"] * 7 % 5)
        if since is None:
            return found
        bound = rank(since).by
        return [r for r in found if (at := rank(r["at"]).by) > bound or (at == bound and not self.exclusive)]


async def run(lake: Lake, name: str, api: Api, asked: Incremental, step: Step) -> None:
    """One run over pages, with a checkpoint after each; a kill comes before the last page."""
    goal = target(lake, name, asked)
    landing = await lake.datasets.open(goal)
    found = api.ask(landing.since)
    pages = [found[at : at + step.size] for at in range(0, len(found), step.size)] or [[]]
    last = len(pages) if step.ends != "limited" else max(1, len(pages) - 1)
    for number in range(last):
        await landing.add(page(*pages[number]))
        if step.ends == "killed" and number == last - 1:
            since = landing.since
            landing = await lake.datasets.open(goal)
            assert landing.since == since
            await landing.add(page(*pages[number]))
        cut = step.ends == "limited" and number == last - 1
        done = number == last - 1
        mark = state(number + 1, done=done)
        await landing.commit(mark if not done or cut else mark.model_copy(update={"cursor": None}))
    if step.ends == "failed":
        await lake.datasets.discard(goal)
    else:
        await lake.datasets.publish(goal, heartbeat=lambda _: None)


steps = st.builds(
    Step,
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), max_size=4),
    st.sampled_from(["well", "well", "well", "killed", "failed", "limited"]),
    st.integers(1, 3),
)


@settings(max_examples=20, deadline=None)
@given(
    todo=st.lists(steps, min_size=1, max_size=4),
    style=st.sampled_from(sorted(WRITTEN)),
    exclusive=st.booleans(),
)
def test_the_dataset_equals_the_api(todo: list[Step], style: str, exclusive: bool) -> None:
    async def play(root: str) -> None:
        lake = Lake(DeltaDatasets(root, {}), {})
        api, asked = Api(WRITTEN[style], exclusive), wanted(lookback=3 * UNITS.get(style, 1))
        last = Step([], "well", 2)
        for number, step in enumerate([*todo, last]):
            for key, late in step.changed:
                api.change(key, late)
            await run(lake, f"run_{number}", api, asked, step)
        assert sorted(lake.rows(), key=lambda r: r["id"]) == sorted(api.ask(None), key=lambda r: r["id"])

    with tempfile.TemporaryDirectory() as root:
        asyncio.run(play(root))


# --- rule by rule ------------------------------------------------------------------------------


async def sync(lake: Lake, name: str, *records: dict[str, Any], asked: Incremental, **more: Any) -> None:
    goal = target(lake, name, asked, **more)
    landing = await lake.datasets.open(goal)
    await landing.add(page(*records))
    await landing.commit(state(1, done=True).model_copy(update={"cursor": None}))
    await lake.datasets.publish(goal, heartbeat=lambda _: None)


async def test_a_position_moves_with_success_alone(lake: Lake) -> None:
    asked = wanted(initialValue="2026-01-01T00:00:00Z", lookback=0)
    assert await since_of(lake, "run_1", asked) == "2026-01-01T00:00:00Z"
    await sync(lake, "run_1", {"id": 1, "at": "2026-01-05T00:00:00Z"}, asked=asked)
    assert await position(lake) == ["2026-01-05T00:00:00Z"]
    failing = target(lake, "run_2", asked)
    landing = await lake.datasets.open(failing)
    await landing.add(page({"id": 2, "at": "2026-01-09T00:00:00Z"}))
    await landing.commit(state(1))
    assert await position(lake) == ["2026-01-05T00:00:00Z"]
    await lake.datasets.discard(failing)
    assert await since_of(lake, "run_3", asked) == "2026-01-05T00:00:00Z"
    await sync(lake, "run_3", {"id": 3, "at": None}, asked=asked)
    assert await position(lake) == ["2026-01-05T00:00:00Z"]
    await sync(lake, "run_4", {"id": 4, "at": "2026-01-07T00:00:00Z"}, asked=asked)
    assert await position(lake) == ["2026-01-07T00:00:00Z"]


async def test_a_run_that_left_pages_unread_moves_no_position(lake: Lake) -> None:
    """Its newest record may stand before older ones that nobody has read yet."""
    asked = wanted(lookback=0)
    limited = target(lake, "run_1", asked)
    landing = await lake.datasets.open(limited)
    await landing.add(page({"id": 1, "at": 5}))
    await landing.commit(state(1, done=True))
    await lake.datasets.publish(limited, heartbeat=lambda _: None)
    assert lake.rows() == [{"id": 1, "at": 5}]
    assert await position(lake) == []


async def test_each_request_has_a_position_of_its_own(lake: Lake) -> None:
    asked = wanted(lookback=0)
    await sync(lake, "run_1", {"id": 1, "at": 5}, asked=asked)
    assert await since_of(lake, "run_2", asked, stream="s2") is None
    await sync(lake, "run_2", {"id": 2, "at": 3}, asked=asked, stream="s2")
    assert await position(lake) == [5, 3]


async def test_of_many_requests_the_last_ones_keep_their_positions(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_MOST_STREAMS", 2)
    for at in (1, 2, 3):
        await sync(lake, f"run_{at}", {"id": at, "at": at}, asked=wanted(lookback=0), stream=f"s{at}")
    assert await position(lake) == [2, 3]


async def test_a_replacing_run_takes_the_positions_with_the_rows(lake: Lake) -> None:
    asked = wanted(lookback=0)
    await sync(lake, "run_1", {"id": 1, "at": 5}, asked=asked)
    await lake.sync(lake.target("run_2", "replace"), page({"id": 2, "at": 1}))
    assert await position(lake) == []
    assert await since_of(lake, "run_3", asked) is None


async def test_a_field_inside_an_object(lake: Lake) -> None:
    asked = wanted(cursorField="fields.updated", lookback=0)
    await sync(lake, "run_1", {"id": 1, "fields": {"updated": "2026-01-05"}}, asked=asked)
    assert await position(lake) == ["2026-01-05"]


async def test_a_field_that_no_record_has_is_said_at_once(lake: Lake) -> None:
    landing = await lake.datasets.open(target(lake, "run_1", wanted(cursorField="updted")))
    with pytest.raises(SourceError, match="updted"):
        await landing.add(page({"id": 1, "updated": 1}))


@pytest.mark.parametrize(
    ("start", "came", "older"),
    [
        ("2026-03-05T00:00:00Z", "2026-02-01T00:00:00Z", True),
        ("2026-03-05T00:00:00Z", "2026-03-04T06:00:00Z", False),  # some APIs know only dates
        ("2026-03-05T00:00:00Z", "2026-03-06T00:00:00Z", False),
        ("2026-03-05T00:00:00Z", None, False),
        (100, 99, True),
        (100, 100, False),
        ("150", "120", True),
        ("b", "a", False),
    ],
)
async def test_records_that_were_not_asked_for_are_noticed(
    lake: Lake, start: CursorValue, came: CursorValue | None, older: bool
) -> None:
    landing = await lake.datasets.open(target(lake, "run_1", wanted(initialValue=start)))
    facts = await landing.add(page({"id": 1, "at": start}, {"id": 2, "at": came}))
    assert (facts.count, facts.older) == (2, older)


# --- starting over -----------------------------------------------------------------------------


async def test_from_nothing_the_rows_serve_until_they_are_replaced(lake: Lake) -> None:
    asked = wanted(lookback=0, initialValue=0)
    await sync(lake, "run_1", {"id": 1, "at": 5}, {"id": 2, "at": 6}, asked=asked)
    await lake.datasets.reset(lake.location, None)
    facts = await lake.datasets.facts(lake.location)
    assert (facts.row_count, facts.incremental, facts.reset is None) == (2, [], False)
    assert await since_of(lake, "run_2", asked) == 0
    await lake.datasets.discard(target(lake, "run_2", asked))
    assert len(lake.rows()) == 2
    await sync(lake, "run_3", {"id": 2, "at": 6}, {"id": 2, "at": 7}, {"id": 3, "at": 8}, asked=asked)
    assert sorted(lake.rows(), key=lambda r: r["id"]) == [{"id": 2, "at": 7}, {"id": 3, "at": 8}]
    assert (await lake.datasets.facts(lake.location)).reset is None
    assert await position(lake) == [8]


async def test_from_a_date_the_rows_stay(lake: Lake) -> None:
    asked = wanted(lookback=0)
    await sync(lake, "run_1", {"id": 1, "at": "2026-01-05"}, {"id": 2, "at": "2026-02-05"}, asked=asked)
    await lake.datasets.reset(lake.location, "2026-02-01")
    assert await since_of(lake, "run_2", asked) == "2026-02-01"
    await sync(lake, "run_2", {"id": 2, "at": "2026-02-06"}, asked=asked)
    assert len(lake.rows()) == 2
    assert await position(lake) == ["2026-02-06"]
    assert await since_of(lake, "run_3", asked) == "2026-02-06"


async def test_an_appending_run_after_a_reset_replaces_once(lake: Lake) -> None:
    await lake.sync(lake.target("run_1"), page({"id": 1}))
    await lake.datasets.reset(lake.location, None)
    await lake.sync(lake.target("run_2"), page({"id": 2}))
    assert lake.rows() == [{"id": 2}]
    await lake.sync(lake.target("run_3"), page({"id": 3}))
    assert sorted(row["id"] for row in lake.rows()) == [2, 3]


async def test_events_that_are_sent_once_are_never_replaced(lake: Lake) -> None:
    inbox = lake.target("run_1", inbox="con_1")
    await lake.sync(inbox, page({"id": 1}))
    await lake.datasets.reset(lake.location, None)
    await lake.sync(lake.target("run_2", inbox="con_1"), page({"id": 2}))
    assert sorted(row["id"] for row in lake.rows()) == [1, 2]


async def test_a_run_under_way_cannot_undo_a_reset(lake: Lake) -> None:
    asked = wanted(lookback=0)
    goal = target(lake, "run_1", asked)
    landing = await lake.datasets.open(goal)
    await landing.add(page({"id": 1, "at": 5}))
    await landing.commit(state(1, done=True))
    await lake.datasets.reset(lake.location, None)
    with pytest.raises(FencedError):
        await lake.datasets.publish(goal, heartbeat=lambda _: None)
    assert await position(lake) == []


async def test_what_was_never_synced_has_nothing_to_forget(lake: Lake) -> None:
    await lake.datasets.reset(lake.location, None)
    assert (await lake.datasets.facts(lake.location)).version is None
