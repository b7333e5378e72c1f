"""Rows and cursor commit together or not at all, and only the newest attempt commits."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

import varlor.datasets.landing
from activities.failures import failure
from tests.datasets.lake_kit import Lake, page, state
from varlor.datasets.table import Table
from varlor.errors import FencedError, PartUnavailableError

MODES = ["append", "replace", "merge"]


def target(lake: Lake, run: str, mode: Any) -> Any:
    return lake.target(run, mode, primary_key=["id"])


@pytest.mark.parametrize("mode", MODES)
async def test_a_reopened_landing_stands_where_the_last_commit_stood(lake: Lake, mode: str) -> None:
    one = await lake.datasets.open(target(lake, "run_1", mode))
    assert one.state is None
    await one.add(page({"id": 1}))
    await one.commit(state(1, rows=1))
    await one.add(page({"id": 2}))  # buffered and lost
    two = await lake.datasets.open(target(lake, "run_1", mode))
    assert two.state == state(1, rows=1)
    assert (two.buffered_rows, two.buffered_bytes) == (0, 0)
    await two.add(page({"id": 2}))
    await two.commit(state(2, done=True))
    await lake.datasets.publish(target(lake, "run_1", mode), heartbeat=lambda _: None)
    assert sorted(r["id"] for r in lake.rows()) == [1, 2]
    again = await lake.datasets.open(target(lake, "run_1", mode))
    assert again.state == state(2, done=True)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("first_commit", [True, False], ids=["after a commit", "before any commit"])
async def test_an_older_attempt_of_the_same_run_is_refused(lake: Lake, mode: str, first_commit: bool) -> None:
    zombie = await lake.datasets.open(target(lake, "run_1", mode))
    if first_commit:
        await zombie.add(page({"id": 0}))
        await zombie.commit(state(0))
    fresh = await lake.datasets.open(target(lake, "run_1", mode))
    await zombie.add(page({"id": 1}))
    with pytest.raises(FencedError):
        await zombie.commit(state(1))
    await fresh.add(page({"id": 1}))
    await fresh.commit(state(1))
    with pytest.raises(FencedError):
        await zombie.commit(state(1))
    await lake.datasets.publish(target(lake, "run_1", mode), heartbeat=lambda _: None)
    assert sorted(r["id"] for r in lake.rows()) == ([0, 1] if first_commit else [1])


@pytest.mark.parametrize("mode", MODES)
async def test_a_living_attempt_goes_on_when_a_late_one_of_its_own_run_fenced_it(
    lake: Lake, mode: str
) -> None:
    living = await lake.datasets.open(target(lake, "run_1", mode))
    await living.add(page({"id": 1}))
    late = await lake.datasets.open(target(lake, "run_1", mode))  # of an attempt that was given up
    with pytest.raises(FencedError) as refused:
        await living.commit(state(1))
    assert not failure(refused.value).non_retryable  # the engine makes another attempt
    again = await lake.datasets.open(target(lake, "run_1", mode))
    assert again.state is None
    await again.add(page({"id": 1}))
    await late.add(page({"id": 1}))
    with pytest.raises(FencedError):
        await late.commit(state(1))
    await again.commit(state(1, done=True))
    await lake.datasets.publish(target(lake, "run_1", mode), heartbeat=lambda _: None)
    assert lake.rows() == [{"id": 1}]


async def test_another_runs_fence_is_final(lake: Lake) -> None:
    old = await lake.datasets.open(lake.target("run_1"))
    await lake.datasets.open(lake.target("run_2"))
    await old.add(page({"id": 1}))
    with pytest.raises(FencedError) as refused:
        await old.commit(state(1))
    assert failure(refused.value).non_retryable
    with pytest.raises(FencedError) as refused:
        await lake.datasets.open(lake.target("run_1"))
    assert failure(refused.value).non_retryable


@pytest.mark.parametrize("mode", MODES)
async def test_an_older_run_is_refused_once_a_new_one_began(lake: Lake, mode: str) -> None:
    old = await lake.datasets.open(target(lake, "run_1", mode))
    await old.add(page({"id": 1}))
    await old.commit(state(1))
    new = await lake.datasets.open(target(lake, "run_2", mode))
    assert new.state is None
    await old.add(page({"id": 2}))
    if mode == "append":
        with pytest.raises(FencedError):
            await old.commit(state(2))
    else:
        with pytest.raises(FencedError):
            await lake.datasets.publish(target(lake, "run_1", mode), heartbeat=lambda _: None)
    with pytest.raises(FencedError):
        await lake.datasets.open(target(lake, "run_1", mode))
    await new.add(page({"id": 3}))
    await new.commit(state(1, done=True))
    await lake.datasets.publish(target(lake, "run_2", mode), heartbeat=lambda _: None)
    assert sorted(r["id"] for r in lake.rows()) == ([1, 3] if mode == "append" else [3])


async def test_racing_attempts_leave_exactly_one_winner(lake: Lake) -> None:
    landings = [await lake.datasets.open(lake.target()) for _ in range(4)]
    for landing in landings:
        await landing.add(page({"id": 1}))
    ends = await asyncio.gather(*(landing.commit(state(1)) for landing in landings), return_exceptions=True)
    assert [type(end).__name__ for end in ends].count("FencedError") == 3
    assert lake.rows() == [{"id": 1}]


async def test_attempts_that_open_at_once_leave_at_most_one_writer(lake: Lake) -> None:
    opened = await asyncio.gather(
        *(lake.datasets.open(lake.target()) for _ in range(4)), return_exceptions=True
    )
    landings = [o for o in opened if not isinstance(o, BaseException)]
    assert all(isinstance(o, FencedError) for o in opened if isinstance(o, BaseException))
    for landing in landings:
        await landing.add(page({"id": 1}))
    ends = await asyncio.gather(*(landing.commit(state(1)) for landing in landings), return_exceptions=True)
    assert sum(not isinstance(end, BaseException) for end in ends) <= 1
    retry = await lake.datasets.open(lake.target())
    if retry.state is None:
        await retry.add(page({"id": 1}))
        await retry.commit(state(1))
    assert lake.rows() == [{"id": 1}]


@pytest.mark.parametrize("mode", MODES)
async def test_death_between_file_and_commit_leaves_nothing(
    lake: Lake, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lake.sync(lake.target("run_0"), page({"id": 0}))
    dying = await lake.datasets.open(target(lake, "run_1", mode))
    await dying.add(page({"id": 1, "new": "x"}))

    def die(*_args: Any, **_more: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Table, "commit", die)
        with pytest.raises(KeyboardInterrupt):
            await dying.commit(state(1))
    again = await lake.datasets.open(target(lake, "run_1", mode))
    assert again.state is None
    await again.add(page({"id": 1, "new": "x"}))
    await again.commit(state(1, done=True))
    await lake.datasets.publish(target(lake, "run_1", mode), heartbeat=lambda _: None)
    expected = [1] if mode == "replace" else [0, 1]
    assert sorted(r["id"] for r in lake.rows()) == expected


async def test_a_lost_answer_to_a_commit_is_not_a_foreign_commit(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = await lake.datasets.open(lake.target())
    await landing.add(page({"id": 1}))
    real = DeltaTable.create_write_transaction

    def twice(*args: Any, **more: Any) -> None:
        real(*args, **more)
        real(*args, **more)  # the store repeats what it has done already

    monkeypatch.setattr(DeltaTable, "create_write_transaction", twice)
    await landing.commit(state(1))
    assert lake.rows() == [{"id": 1}]


async def test_a_canceled_commit_is_waited_for_by_the_next(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = await lake.datasets.open(lake.target())
    await landing.add(page({"id": 1}))
    started = asyncio.Event()
    loop = asyncio.get_running_loop()
    real = varlor.datasets.landing.write

    def slow(*args: Any) -> Any:
        loop.call_soon_threadsafe(started.set)
        return real(*args)

    monkeypatch.setattr(varlor.datasets.landing, "write", slow)
    waiter = asyncio.ensure_future(landing.commit(state(1)))
    await started.wait()
    waiter.cancel()
    await landing.commit(state(1, done=True))
    assert lake.rows() == [{"id": 1}]
    assert (await lake.datasets.open(lake.target())).state == state(1, done=True)


async def test_pages_that_come_while_a_commit_is_written_belong_to_the_next(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = await lake.datasets.open(lake.target())
    await landing.add(page({"id": 1}))
    go, real = threading.Event(), varlor.datasets.landing.write

    def held(*args: Any) -> Any:
        go.wait(10)
        return real(*args)

    monkeypatch.setattr(varlor.datasets.landing, "write", held)
    writing = landing.commit(state(1))
    await landing.add(page({"id": 2, "new": "x"}))
    assert landing.buffered_rows == 1
    go.set()
    await writing
    assert lake.rows() == [{"id": 1}]  # a worker killed here has this, with the cursor of this
    reopened = await lake.datasets.open(lake.target())
    assert reopened.state == state(1)


async def test_what_a_commit_that_failed_held_goes_with_the_next_one_in_its_order(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = await lake.datasets.open(lake.target())
    await landing.add(page({"id": 1}))
    await landing.commit(state(1))
    assert (landing.buffered_rows, landing.buffered_bytes) == (0, 0)
    await landing.add(page({"id": 2, "first": 1}))

    def away(*_: Any) -> Any:
        raise PartUnavailableError("storage", "away")

    with monkeypatch.context() as patch:
        patch.setattr(varlor.datasets.landing, "write", away)
        failing = landing.commit(state(2))
        await landing.add(page({"id": 3, "second": 1}))
        with pytest.raises(PartUnavailableError):
            await failing
    assert landing.buffered_rows == 2
    changes = await landing.commit(state(3))
    assert [change.column for change in changes] == ["first", "second"]
    shown = await lake.datasets.rows(lake.location, limit=10, offset=0)
    assert [row["id"] for row in shown.rows] == [1, 2, 3]


async def test_an_ended_run_writes_no_more(lake: Lake) -> None:
    zombie = await lake.datasets.open(lake.target())
    await zombie.add(page({"id": 1}))
    await lake.datasets.discard(lake.target())
    with pytest.raises(FencedError):
        await zombie.commit(state(1))
    with pytest.raises(FencedError):
        await lake.datasets.open(lake.target())
    await lake.sync(lake.target("run_2"), page({"id": 2}))
    assert lake.rows() == [{"id": 2}]


async def test_a_late_attempt_of_any_run_before_is_refused(lake: Lake) -> None:
    for number in range(1, 5):
        await lake.sync(lake.target(f"run_{number}"), page({"id": number}))
    for number in range(1, 4):
        with pytest.raises(FencedError):
            await lake.datasets.open(lake.target(f"run_{number}"))
    assert sorted(row["id"] for row in lake.rows()) == [1, 2, 3, 4]


async def test_commits_of_others_are_left_in_place(lake: Lake, tmp_path: Path) -> None:
    landing = await lake.datasets.open(lake.target())
    await landing.add(page({"id": 1}))
    await landing.commit(state(1))
    lake.table().optimize.compact()
    lake.table().alter.set_table_properties({"delta.logRetentionDuration": "interval 7 days"})
    again = await lake.datasets.open(lake.target())
    assert again.state == state(1)
    await again.add(page({"id": 2}))
    await again.commit(state(2))
    assert sorted(r["id"] for r in lake.rows()) == [1, 2]
