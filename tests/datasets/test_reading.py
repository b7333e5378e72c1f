"""Facts, preview and export of a dataset."""

import csv
import io
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from tests.datasets.lake_kit import Lake, page, state
from varlor.contracts.dataset import TableFacts
from varlor.errors import InvalidInputError

RECORDS: list[dict[str, Any]] = [
    {
        "id": 1,
        "big": 2**62 + 1,
        "s": 'a "q",\ntext',
        "f": 1.5,
        "ok": True,
        "geo": {"lat": 1},
        "tags": ["x"],
    },
    {"id": 2, "big": None, "s": "", "f": None, "ok": False, "geo": None, "tags": []},
    {"id": 3, "big": -1, "s": None, "f": -0.5, "ok": None, "geo": {"lat": None}, "tags": None},
    {"id": 4, "big": 0, "s": "=1+1 ünï", "f": 1e300, "ok": True, "geo": {"lat": 2}, "tags": ["y", None]},
]


async def drained(lake: Lake, format_: Any) -> bytes:
    return b"".join([chunk async for chunk in lake.datasets.export(lake.location, format_)])


def foreign(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without our own two columns."""
    return [{k: v for k, v in row.items() if not k.startswith("_varlor_")} for row in rows]


async def test_a_dataset_without_a_table_is_empty(lake: Lake) -> None:
    assert await lake.datasets.facts(lake.location) == TableFacts()
    shown = await lake.datasets.rows(lake.location, limit=10, offset=0)
    assert (shown.rows, shown.row_count, shown.version) == ([], 0, None)
    assert await drained(lake, "csv") == await drained(lake, "jsonl") == b""
    assert pq.read_table(io.BytesIO(await drained(lake, "parquet"))).num_rows == 0
    await lake.datasets.delete(lake.location)


async def test_facts(lake: Lake) -> None:
    await lake.sync(lake.target(), page(*RECORDS[:2]), page(*RECORDS[2:], {"id": 5, "late": 1}))
    facts = await lake.datasets.facts(lake.location)
    assert {c.name: c.type for c in facts.columns} == {
        "id": "long", "big": "long", "s": "string", "f": "double", "ok": "boolean",
        "geo": "struct<lat:long>", "tags": "array<string>", "late": "long",
        "_varlor_run_id": "string", "_varlor_fetched_at": "timestamp",
    }  # fmt: skip
    assert [c.name for c in facts.columns][-2:] == ["_varlor_run_id", "_varlor_fetched_at"]
    assert facts.row_count == 5
    assert facts.bytes == lake.bytes_on_disk()
    assert facts.version == facts.versions[0].version == lake.table().version()
    assert [v.operation for v in facts.versions] == [
        "rows appended", "columns added", "rows appended", "run began", "created",
    ]  # fmt: skip
    assert [v.run_id for v in facts.versions] == ["run_1"] * 4 + [None]


async def test_every_row_carries_its_run_and_its_time(lake: Lake) -> None:
    await lake.sync(lake.target(), page({"id": 1}))
    await lake.sync(lake.target("run_2"), page({"id": 2}))
    rows = lake.rows(own=True)
    assert {r["id"]: r["_varlor_run_id"] for r in rows} == {1: "run_1", 2: "run_2"}
    assert all(r["_varlor_fetched_at"].utcoffset().total_seconds() == 0 for r in rows)


async def test_the_preview_gives_the_rows_as_the_api_sent_them_in_their_order(lake: Lake) -> None:
    await lake.sync(lake.target(), page(*RECORDS[:2]), page(*RECORDS[2:]))
    shown = await lake.datasets.rows(lake.location, limit=10, offset=0)
    assert foreign(shown.rows) == RECORDS
    assert orjson.loads(shown.model_dump_json(by_alias=True))["rows"][0]["_varlor_fetched_at"].endswith("Z")


@pytest.mark.parametrize(
    ("limit", "offset", "ids"),
    [(3, 0, [0, 1, 2]), (2, 9, [9, 10]), (4, 28, [28, 29]), (5, 30, []), (5, 10**9, []), (0, 3, [])],
)
async def test_preview_slices(lake: Lake, limit: int, offset: int, ids: list[int]) -> None:
    pages = [page(*({"id": i} for i in range(start, start + 10))) for start in (0, 10, 20)]
    await lake.sync(lake.target(), *pages)
    shown = await lake.datasets.rows(lake.location, limit=limit, offset=offset)
    assert [r["id"] for r in shown.rows] == ids
    assert shown.row_count == 30


async def test_a_preview_skips_row_groups(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("varlor.datasets.files.ROW_GROUP", 100)
    landing = await lake.datasets.open(lake.target())
    for start in range(0, 1000, 50):
        await landing.add(page(*({"id": i} for i in range(start, start + 50))))
    await landing.commit(state(1, done=True))
    shown = await lake.datasets.rows(lake.location, limit=5000, offset=555)
    assert [r["id"] for r in shown.rows] == list(range(555, 1000))


async def test_export_parquet(lake: Lake) -> None:
    await lake.sync(lake.target(), page(*RECORDS[:2]), page(*RECORDS[2:]))
    assert foreign(pq.read_table(io.BytesIO(await drained(lake, "parquet"))).to_pylist()) == RECORDS


async def test_export_json_lines(lake: Lake) -> None:
    await lake.sync(lake.target(), page(*RECORDS[:2]), page(*RECORDS[2:]))
    lines = (await drained(lake, "jsonl")).splitlines()
    assert foreign([orjson.loads(line) for line in lines]) == RECORDS


async def test_export_csv(lake: Lake) -> None:
    await lake.sync(lake.target(), page(*RECORDS))
    rows = list(csv.DictReader(io.StringIO((await drained(lake, "csv")).decode(), newline="")))
    assert [r["s"] for r in rows] == ['a "q",\ntext', "", "", "=1+1 ünï"]
    assert [r["big"] for r in rows] == [str(2**62 + 1), "", "-1", "0"]
    assert [r["geo"] for r in rows] == ['{"lat":1}', "", '{"lat":null}', '{"lat":2}']


async def test_an_export_is_of_one_version(lake: Lake) -> None:
    await lake.sync(lake.target(), page({"id": 1}), page({"id": 2}))
    chunks = lake.datasets.export(lake.location, "jsonl")
    first = await anext(chunks)
    await lake.sync(lake.target("run_2", "replace"), page({"id": 3}))
    rest = b"".join([chunk async for chunk in chunks])
    assert [orjson.loads(line)["id"] for line in (first + rest).splitlines()] == [1, 2]


async def test_deleting_takes_everything_and_only_what_is_ours(lake: Lake) -> None:
    await lake.sync(lake.target(), page({"id": 1}))
    await lake.datasets.delete(lake.location)
    await lake.datasets.delete(lake.location)
    assert lake.bytes_on_disk() == 0
    root = lake.location.removesuffix("/acme/ds_1")
    for outside in ("/etc", root, f"{root}/", f"{root}/../x", f"{root}/acme/../../x", "s3://other/a"):
        with pytest.raises(InvalidInputError):
            await lake.datasets.delete(outside)
    for tenant, dataset in (("..", "a"), ("a", "b/c"), ("", "a"), ("a", "")):
        with pytest.raises(InvalidInputError):
            lake.datasets.location(tenant, dataset)
