"""Replace and merge: the old content serves until one atomic step."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from tests.datasets.lake_kit import Lake, page, state
from varlor.datasets.merge import Merge
from varlor.errors import FencedError, PartUnavailableError, SourceError


def merge_target(lake: Lake, run: str = "run_2", key: tuple[str, ...] = ("id",), **more: Any) -> Any:
    return lake.target(run, "merge", primary_key=key, **more)


def silent(_: str) -> None: ...


def by_id(lake: Lake) -> list[dict[str, Any]]:
    return sorted(lake.rows(), key=lambda r: str(r["id"]))


@pytest.mark.parametrize("mode", ["replace", "merge"])
async def test_the_old_rows_serve_until_the_switch_and_a_failed_run_changes_nothing(
    lake: Lake, mode: Any
) -> None:
    await lake.sync(lake.target("run_1"), page({"id": 1, "v": "old"}))
    target = lake.target("run_2", mode, primary_key=["id"])
    landing = await lake.datasets.open(target)
    await landing.add(page({"id": 1, "v": "new", "more": 1.5}))
    await landing.commit(state(1))
    assert lake.rows() == [{"id": 1, "v": "old"}]
    await lake.datasets.discard(target)
    await lake.datasets.discard(target)
    assert lake.rows() == [{"id": 1, "v": "old"}]
    assert lake.bytes_on_disk("staging") == 0
    with pytest.raises(FencedError):
        await lake.datasets.publish(target, heartbeat=silent)


@pytest.mark.parametrize("mode", ["replace", "merge"])
async def test_publishing_twice_is_publishing_once(lake: Lake, mode: Any) -> None:
    await lake.sync(lake.target("run_1"), page({"id": 1, "v": "old"}))
    target = lake.target("run_2", mode, primary_key=["id"])
    await lake.sync(target, page({"id": 2, "v": "new"}))
    version = lake.table().version()
    await lake.datasets.publish(target, heartbeat=silent)
    await lake.datasets.discard(target)
    assert lake.table().version() == version
    assert len(lake.rows()) == (1 if mode == "replace" else 2)
    landing = await lake.datasets.open(target)
    assert landing.state == state(1, done=True)
    with pytest.raises(FencedError):
        await landing.commit(state(2))


@pytest.mark.parametrize("mode", ["replace", "merge"])
async def test_two_publishes_at_once_both_end_well(lake: Lake, mode: Any) -> None:
    await lake.sync(lake.target("run_1"), page({"id": 1}, {"id": 2}))
    target = lake.target("run_2", mode, primary_key=["id"])
    landing = await lake.datasets.open(target)
    await landing.add(page({"id": 2}, {"id": 3}))
    await landing.commit(state(1, done=True))
    await asyncio.gather(*(lake.datasets.publish(target, heartbeat=silent) for _ in range(3)))
    assert sorted(r["id"] for r in lake.rows()) == ([2, 3] if mode == "replace" else [1, 2, 3])


async def test_replace_keeps_the_types_and_follows_the_policy(lake: Lake) -> None:
    await lake.sync(lake.target("run_1"), page({"id": 1, "v": 1.5, "gone": "x"}))
    changes = await lake.sync(lake.target("run_2", "replace"), page({"id": 7, "v": 2, "new": True}))
    assert [(c.kind, c.column) for c in changes] == [("column_added", "new")]
    assert lake.rows() == [{"id": 7, "v": 2.0, "gone": None, "new": True}]
    assert lake.types()["v"] == "double"


async def test_replace_by_nothing_empties_the_dataset(lake: Lake) -> None:
    await lake.sync(lake.target("run_1"), page({"id": 1}))
    await lake.sync(lake.target("run_2", "replace"), page())
    assert lake.rows() == []
    assert (await lake.datasets.facts(lake.location)).row_count == 0


async def test_a_first_replace_and_a_first_merge_fill_an_absent_dataset(lake: Lake) -> None:
    await lake.sync(lake.target("run_1", "replace"), page({"id": 1}))
    await lake.sync(merge_target(lake), page({"id": 1}, {"id": 2}))
    assert [r["id"] for r in by_id(lake)] == [1, 2]


@pytest.mark.parametrize("held", [300_000, 3, 1])
async def test_the_last_row_of_a_key_wins_across_pages_and_files(
    lake: Lake, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many keys are held at once: a merge of millions of rows looks at them slice by slice."""
    monkeypatch.setattr("varlor.datasets.merge.SLICE", held)
    await lake.sync(
        lake.target("run_1"), page({"id": 1, "v": "a"}, {"id": 2, "v": "b"}), page({"id": 3, "v": "c"})
    )
    first = page({"id": 2, "v": "x"}, {"id": 4, "v": "d"}, {"id": 2, "v": "y"})
    await lake.sync(merge_target(lake), first, page({"id": 4, "v": "D"}), page({"id": 1, "v": "A"}))
    assert [(r["id"], r["v"]) for r in by_id(lake)] == [(1, "A"), (2, "y"), (3, "c"), (4, "D")]


@pytest.mark.parametrize("mode", ["replace", "merge"])
async def test_a_renamed_column_keeps_its_name_in_later_runs(lake: Lake, mode: Any) -> None:
    first, second = (lake.target(run, mode, primary_key=["id"]) for run in ("run_1", "run_2"))
    assert len(await lake.sync(first, page({"id": 1, "ID": 2}))) == 1
    assert await lake.sync(second, page({"id": 1, "ID": 3})) == []
    assert lake.rows() == [{"id": 1, "ID__2": 3}]


async def test_a_run_that_is_given_up_late_ends_nobody_elses(lake: Lake) -> None:
    await lake.datasets.open(lake.target("run_1"))
    landing = await lake.datasets.open(lake.target("run_2"))
    await lake.datasets.discard(lake.target("run_1"))
    await landing.add(page({"id": 1}))
    await landing.commit(state(1, done=True))
    assert lake.rows() == [{"id": 1}]
    await lake.datasets.open(lake.target("run_2"))


async def test_a_merge_leaves_files_without_its_keys_alone(lake: Lake) -> None:
    await lake.sync(lake.target("run_1"), *(page({"id": i}, {"id": i + 1}) for i in range(0, 100, 10)))
    before = set(lake.table().file_uris())
    await lake.sync(merge_target(lake), page({"id": 50}, {"id": 55}))
    after = set(lake.table().file_uris())
    assert len(before - after) == 1
    assert sorted(r["id"] for r in lake.rows()) == sorted([*range(0, 100, 10), *range(1, 101, 10), 55])


async def test_compound_keys_of_mixed_types(lake: Lake) -> None:
    target = merge_target(lake, key=("a", "b"))
    old = [{"a": "1", "b": 11, "v": 0}, {"a": "11", "b": 1, "v": 0}, {"a": "1:", "b": 1, "v": 0}]
    await lake.sync(lake.target("run_1"), page(*old))
    await lake.sync(target, page({"a": "11", "b": 1, "v": 1}))
    assert {(r["a"], r["b"], r["v"]) for r in lake.rows()} == {("1", 11, 0), ("11", 1, 1), ("1:", 1, 0)}


async def test_a_merge_brings_its_columns_and_types_along(lake: Lake) -> None:
    await lake.sync(lake.target("run_1"), page({"id": 1, "n": 1}, {"id": 2, "n": 2}))
    await lake.sync(merge_target(lake), page({"id": 2, "n": 2.5, "new": {"a": 1}}))
    assert by_id(lake) == [{"id": 1, "n": 1.0, "new": None}, {"id": 2, "n": 2.5, "new": {"a": 1}}]


@pytest.mark.parametrize("bad", [{"v": 1}, {"id": None, "v": 1}, {"id": "text", "v": 1}])
async def test_a_row_without_its_key_is_refused_by_name(lake: Lake, bad: Any) -> None:
    await lake.sync(lake.target("run_1"), page({"id": 1, "v": 1}))
    landing = await lake.datasets.open(merge_target(lake))
    with pytest.raises(SourceError, match='"id"') as raised:
        await landing.add(page({"id": 2, "v": 2}, bad))
    assert raised.value.kind == "bad_records"
    assert landing.buffered_rows == 0


async def test_a_later_page_without_the_key_is_refused_by_name_too(lake: Lake) -> None:
    landing = await lake.datasets.open(lake.target(mode="merge", primary_key=["id"]))
    await landing.add(page({"id": 1}))
    with pytest.raises(SourceError, match='"id"') as caught:
        await landing.add(page({"x": 1}, {"x": 2}))
    assert caught.value.kind == "bad_records"
    assert landing.buffered_rows == 1


async def test_a_merge_interrupted_before_its_commit_is_done_anew(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lake.sync(lake.target("run_1"), page({"id": 1, "v": "a"}, {"id": 2, "v": "b"}))
    target = merge_target(lake)
    landing = await lake.datasets.open(target)
    await landing.add(page({"id": 2, "v": "B"}))
    await landing.commit(state(1, done=True))
    beats: list[str] = []

    def killed(text: str) -> None:
        beats.append(text)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Merge, "_added", lambda _self: killed("at the end"))
        with pytest.raises(KeyboardInterrupt):
            await lake.datasets.publish(target, heartbeat=silent)
    assert sorted(r["v"] for r in lake.rows()) == ["a", "b"]
    await lake.datasets.publish(target, heartbeat=beats.append)
    assert sorted(r["v"] for r in lake.rows()) == ["B", "a"]


async def test_later_syncs_and_reads_work_over_replaced_and_merged_content(lake: Lake) -> None:
    await lake.sync(lake.target("run_1", "replace"), page({"id": 1}, {"id": 2}))
    await lake.sync(merge_target(lake), page({"id": 2}, {"id": 3}))
    await lake.sync(lake.target("run_3"), page({"id": 4}))
    shown = await lake.datasets.rows(lake.location, limit=10, offset=0)
    assert [r["id"] for r in shown.rows] == [1, 2, 3, 4]


@pytest.mark.parametrize("mode", ["replace", "merge"])
async def test_a_run_given_up_while_it_publishes_is_published_whole_or_not_at_all(
    lake: Lake, mode: Any
) -> None:
    await lake.sync(lake.target("run_0"), page({"id": 0, "v": "old"}))
    for number in range(1, 13):
        before = by_id(lake)
        target = lake.target(f"run_{number}", mode, primary_key=["id"])
        landing = await lake.datasets.open(target)
        for at in (1, 2):
            await landing.add(page({"id": at, "v": target.run_id}))
            await landing.commit(state(at, done=at == 2))
        publishing = asyncio.create_task(lake.datasets.publish(target, heartbeat=silent))
        await asyncio.sleep(number % 4 * 0.004)
        await lake.datasets.discard(target)
        with suppress(FencedError, PartUnavailableError):
            await publishing
        after = [{"id": at, "v": target.run_id} for at in (1, 2)]
        kept = [row for row in before if mode == "merge" and row["id"] == 0]
        found = by_id(lake)
        assert found in (before, kept + after)
        if found == before:
            await lake.datasets.discard(target)  # what was written after the first, too
            assert lake.bytes_on_disk(f"staging/{target.run_id}") == 0
            with pytest.raises(FencedError):
                await lake.datasets.publish(target, heartbeat=silent)
