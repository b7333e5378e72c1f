"""Peak memory of merging 100,000 rows, spread over all keys, into tables of growing size; part of `memory`.

Each merge runs in a process of its own, on a table whose small files have been joined as maintenance does.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from time import monotonic
from typing import Any, Final

import orjson
import pyarrow as pa

from benchmarks.machine import ROOT, peak_mb
from benchmarks.mock_api import record
from benchmarks.table import show
from varlor.datasets import DeltaDatasets
from varlor.datasets.files import live_files, name_of, write
from varlor.datasets.place import Place
from varlor.datasets.table import Table
from varlor.ports import LandingTarget, RunState

SIZES: Final = [int(n) for n in os.environ.get("BENCH_MERGE_ROWS", "100000,1000000,3000000").split(",")]
FILE: Final = 65_536  # rows of a commit
UPDATES: Final = 100_000
PAGE: Final = 1_000


class Page:
    """`ports.PageResponse` of given records."""

    record_path = "$"

    def __init__(self, records: list[Any]) -> None:
        self.body = orjson.dumps(records)

    def document(self) -> Any:
        return orjson.loads(self.body)


def target(root: str, run: str) -> LandingTarget:
    location = DeltaDatasets(root, {}).location("bench", "merge")
    return LandingTarget(location, run, "merge", primary_key=["id"])


async def land(root: str, run: str, ids: range) -> None:
    """One run over these ids, as an activity would do it."""
    datasets, to = DeltaDatasets(root, {}), target(root, run)
    landing = await datasets.open(to)
    pages = [ids[at : at + PAGE] for at in range(0, len(ids), PAGE)]
    for number, page in enumerate(pages, 1):
        await landing.add(Page([record(n) for n in page]))
        if landing.buffered_rows >= FILE or number == len(pages):
            await landing.commit(RunState(cursor={"at": number}, done=number == len(pages)))
    await datasets.publish(to, heartbeat=lambda _: None)


def fill(root: str, rows: int) -> None:
    """A table of so many rows: the first by a real run, the rest as files of its schema."""
    asyncio.run(land(root, "run_1", range(PAGE)))
    table = Table.find(Place(target(root, "run_1").location, {}))
    assert table is not None
    block = pa.Table.from_pylist([record(n) for n in range(FILE)])
    stamps = [
        pa.repeat(pa.scalar(v, f.type), FILE)
        for f in table.schema
        for v in [None]
        if f.name not in block.column_names
    ]
    names = [f.name for f in table.schema if f.name not in block.column_names]
    for name, stamp in zip(names, stamps, strict=True):
        block = block.append_column(name, stamp)
    for number, start in enumerate(range(PAGE, rows, FILE)):
        count = min(FILE, rows - start)
        ids = pa.array(range(start, start + count), pa.int64())
        part = block.slice(0, count)
        part = (
            part.set_column(part.column_names.index("id"), "id", ids)
            .select(table.schema.names)
            .cast(table.schema)
        )
        action = write(table.place, name_of(1_000 + number), [part], table.schema)
        table.commit(table.mark.model_copy(update={"operation": "append"}), [action] if action else [])


async def join(root: str) -> int:
    datasets, location = DeltaDatasets(root, {}), target(root, "run_1").location
    while (step := await datasets.compaction(location, heartbeat=lambda _: None)) is not None:
        await step.commit()
    return (await datasets.facts(location)).files


def merge(root: str, rows: int) -> None:
    """In a process of its own: merge, and say what it took."""
    before, began = peak_mb(os.getpid()), monotonic()
    asyncio.run(land(root, "run_2", range(0, rows, max(1, rows // UPDATES))))
    print(before, peak_mb(os.getpid()), monotonic() - began)


def measure(rows: int) -> tuple[object, ...]:
    with tempfile.TemporaryDirectory() as root:
        fill(root, rows)
        files = asyncio.run(join(root))
        command = [sys.executable, "-m", "benchmarks.merge", root, str(rows)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        before, peak, seconds = map(float, done.stdout.split())
        table = Table.find(Place(target(root, "run_2").location, {}))
        assert table is not None
        assert sum(file.rows for file in live_files(table)) == rows
    return rows, files, before, peak, seconds


def main() -> None:
    heads = ("rows of the table", "files", "MB before", "peak MB", "seconds")
    show(f"Merging {UPDATES:,} rows, spread over all keys", heads, [measure(rows) for rows in SIZES])


if __name__ == "__main__":
    merge(sys.argv[1], int(sys.argv[2]))
