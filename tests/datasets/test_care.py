"""Care for the table: fewer files, no orphans, and nobody who reads or writes notices."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

import varlor.datasets.compaction as subject
from tests.datasets.lake_kit import Lake, page, state
from varlor.errors import FencedError


def quiet(_: str) -> None: ...


async def many(lake: Lake, run: str = "run_1", files: int = 12, first: int = 0) -> Any:
    """A run that commits so many small files, ten rows each."""
    landing = await lake.datasets.open(lake.target(run))
    for at in range(first, first + files):
        await landing.add(page(*({"id": at * 10 + n, "name": f"row {n}"} for n in range(10))))
        await landing.commit(state(at + 1, rows=(at + 1) * 10, done=at + 1 == first + files))
    return landing


async def compacted(lake: Lake) -> int:
    steps = 0
    while (step := await lake.datasets.compaction(lake.location, heartbeat=quiet)) is not None:
        await step.commit()
        steps += 1
    return steps


async def shown(lake: Lake) -> list[int]:
    page = await lake.datasets.rows(lake.location, limit=1000, offset=0)
    return [row["id"] for row in page.rows]


@pytest.fixture(params=["local", "s3"])
def lake(request: pytest.FixtureRequest) -> Lake:
    return request.getfixturevalue("local_lake" if request.param == "local" else "s3_lake")


async def test_small_files_become_one_and_rows_state_and_order_stay(lake: Lake) -> None:
    await many(lake)
    before = await shown(lake)
    assert (await lake.datasets.facts(lake.location)).files == 12
    assert await compacted(lake) == 1
    facts = await lake.datasets.facts(lake.location)
    assert (facts.files, facts.row_count, facts.versions[0].operation) == (1, 120, "files compacted")
    assert await shown(lake) == before == list(range(120))
    assert sorted(row["id"] for row in lake.rows()) == before
    again = await lake.datasets.open(lake.target())
    assert again.state == state(12, rows=120, done=True), "the cursor is where it was"
    await many(lake, "run_2", first=12)
    assert await shown(lake) == list(range(240))


async def test_who_follows_the_table_s_log_is_told_of_no_change(local_lake: Lake) -> None:
    """A reader of changes would take each row for a new one."""
    await many(local_lake)
    await compacted(local_lake)
    files = [each[kind] for each in last_commit(local_lake) for kind in ("add", "remove") if kind in each]
    assert len(files) == 13
    assert not any(file["dataChange"] for file in files)


def last_commit(lake: Lake) -> list[dict[str, Any]]:
    log = Path(lake.location.removeprefix("file://"), "_delta_log")
    return [json.loads(line) for line in max(log.glob("*.json")).read_text().splitlines()]


async def test_a_compaction_is_refused_once_a_run_has_begun_and_harms_neither(lake: Lake) -> None:
    await many(lake)
    step = await lake.datasets.compaction(lake.location, heartbeat=quiet)
    assert step is not None
    landing = await lake.datasets.open(lake.target("run_2"))
    with pytest.raises(FencedError):
        await step.commit()
    await landing.add(page({"id": 120, "name": "late"}))
    await landing.commit(state(1, done=True))
    assert await shown(lake) == list(range(121))


@pytest.mark.parametrize("mode", ["append", "replace", "merge"])
async def test_syncs_of_every_kind_go_on_over_a_compacted_table(lake: Lake, mode: Any) -> None:
    await many(lake)
    await compacted(lake)
    target = lake.target("run_2", mode, primary_key=["id"])
    await lake.sync(target, page({"id": 5, "name": "new", "more": 1}, {"id": 500, "name": "new", "more": 2}))
    await compacted(lake)
    await lake.datasets.clean(lake.location, keep_hours=0, heartbeat=quiet)
    expected = {"append": 122, "replace": 2, "merge": 121}[mode]
    rows = lake.rows()
    assert len(rows) == expected == len(await shown(lake))
    assert [row["more"] for row in rows if row["id"] == 500] == [2]


async def test_a_vacuum_deletes_what_is_old_and_spares_readers_and_the_open_run(lake: Lake) -> None:
    await many(lake)
    reader: DeltaTable = lake.table()
    target = lake.target("run_2", "replace")
    landing = await lake.datasets.open(target)
    await landing.add(page({"id": 1}))
    await landing.commit(state(1))
    assert await lake.datasets.clean(lake.location, keep_hours=168, heartbeat=quiet) == (0, False)
    await lake.datasets.discard(target)
    await compacted(lake)
    assert await lake.datasets.clean(lake.location, keep_hours=168, heartbeat=quiet) == (0, True)
    assert reader.to_pyarrow_table().num_rows == 120, "a version of the last week can still be read"
    last = lake.target("run_3", "replace")
    landing = await lake.datasets.open(last)
    await landing.add(page({"id": 7}))
    await landing.commit(state(1))
    assert await lake.datasets.clean(lake.location, keep_hours=0, heartbeat=quiet) == (12, False)
    with pytest.raises(Exception, match=r"not found|No such file|404"):
        reader.to_pyarrow_table()
    await landing.add(page({"id": 8}))
    await landing.commit(state(2, done=True))
    await lake.datasets.publish(last, heartbeat=quiet)
    assert await shown(lake) == [7, 8]


async def test_a_landing_that_nobody_ended_is_forgotten_with_its_log(local_lake: Lake) -> None:
    lake = local_lake
    await many(lake)
    landing = await lake.datasets.open(lake.target("run_2", "replace"))
    await landing.add(page({"id": 1}))
    await landing.commit(state(1))
    await many(lake, "run_3", first=12)
    staging = Path(lake.location) / "staging" / "run_2"
    assert list(staging.glob("*.parquet"))
    await lake.datasets.clean(lake.location, keep_hours=24, heartbeat=quiet)
    assert list(staging.glob("*.parquet")), "it may be of use to somebody for a day"
    long_ago = time.time() - 90_000
    for path in staging.rglob("*"):
        os.utime(path, (long_ago, long_ago))
    left = [path for path in staging.rglob("*") if path.is_file()]
    deleted, _ = await lake.datasets.clean(lake.location, keep_hours=24, heartbeat=quiet)
    assert deleted == len(left)
    assert not [path for path in staging.rglob("*") if path.is_file()]
    assert await shown(lake) == list(range(240))


async def test_state_survives_a_cleaned_log(local_lake: Lake) -> None:
    lake = local_lake
    await many(lake, files=30)
    log = Path(lake.location) / "_delta_log"
    long_ago = time.time() - 30 * 86_400
    for path in log.glob("*.json"):
        os.utime(path, (long_ago, long_ago))
    await compacted(lake)
    await lake.datasets.clean(lake.location, keep_hours=168, heartbeat=quiet)
    assert len(list(log.glob("*.json"))) < 10
    again = await lake.datasets.open(lake.target())
    assert again.state == state(30, rows=300, done=True)
    assert await shown(lake) == list(range(300))


def sized(*sizes: int) -> list[Any]:
    return [subject.LiveFile(f"part-{n:02d}", size, 1, {}, {}, {}) for n, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("sizes", "joined"),
    [
        ([1] * 7, 0),
        ([1] * 8, 8),
        ([subject.SMALL - 1] + [1] * 7, 0),
        ([subject.SMALL - 1] * 9, 0),
        ([subject.SMALL - 1] + [1] * 8, 8),
        ([subject.SMALL] + [1] * 8 + [subject.SMALL] + [1] * 20, 8),
        ([], 0),
    ],
    ids=str,
)
def test_only_neighbours_that_are_worth_it_are_joined(sizes: list[int], joined: int) -> None:
    assert len(subject.small_files(sized(*sizes))) == joined


KILLED = """
import asyncio, os, sys
from varlor.datasets import DeltaDatasets

async def main(root, when):
    datasets = DeltaDatasets(root, {})
    step = await datasets.compaction(datasets.location("acme", "ds_1"), heartbeat=lambda _: None)
    if when == "after":
        await step.commit()
    os.kill(os.getpid(), 9)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_kill_around_the_commit_loses_and_doubles_nothing(local_lake: Lake, when: str) -> None:
    lake = local_lake
    await many(lake)
    root = str(Path(lake.location).parents[1])
    dead = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", KILLED, root, when], check=False, capture_output=True
    )
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    assert await shown(lake) == list(range(120))
    await compacted(lake)
    deleted, _ = await lake.datasets.clean(lake.location, keep_hours=0, heartbeat=quiet)
    assert deleted == (13 if when == "before" else 12), "small files, and what the dead one left"
    assert await shown(lake) == list(range(120))


async def test_opening_reads_a_checkpoint_and_few_commits(local_lake: Lake) -> None:
    """However many there were before."""
    await many(local_lake, files=130)
    newest = max((Path(local_lake.location) / "_delta_log").glob("*.checkpoint.parquet")).name
    assert local_lake.table().version() - int(newest.split(".")[0]) <= 100
