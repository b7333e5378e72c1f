"""The same on an S3-compatible store, over its HTTP interface."""

import asyncio
from typing import Any

import orjson
import pytest

from tests.datasets.lake_kit import Lake, page, state
from varlor.datasets import DeltaDatasets
from varlor.datasets.place import away
from varlor.errors import FencedError, PartUnavailableError


@pytest.mark.parametrize("mode", ["append", "replace", "merge"])
async def test_two_runs_and_a_zombie(s3_lake: Lake, mode: Any) -> None:
    lake = s3_lake
    await lake.sync(lake.target("run_1"), page({"id": 1, "v": "a"}, {"id": 2, "v": "b"}))
    target = lake.target("run_2", mode, primary_key=["id"])
    zombie = await lake.datasets.open(target)
    await zombie.add(page({"id": 2, "v": "Z"}))
    await lake.sync(target, page({"id": 2, "v": "B"}, {"id": 3, "v": 1.5}))
    with pytest.raises(FencedError):
        await zombie.commit(state(1))
    ids = {"append": [1, 2, 2, 3], "replace": [2, 3], "merge": [1, 2, 3]}[mode]
    assert sorted(r["id"] for r in lake.rows()) == ids
    shown = await lake.datasets.rows(lake.location, limit=10, offset=1)
    assert len(shown.rows) == len(ids) - 1


async def test_racing_attempts_leave_one_winner(s3_lake: Lake) -> None:
    landings = [await s3_lake.datasets.open(s3_lake.target()) for _ in range(3)]
    for landing in landings:
        await landing.add(page({"id": 1}))
    ends = await asyncio.gather(*(landing.commit(state(1)) for landing in landings), return_exceptions=True)
    assert [type(end).__name__ for end in ends].count("FencedError") == 2
    assert s3_lake.rows() == [{"id": 1}]


async def test_export_discard_and_delete(s3_lake: Lake) -> None:
    lake = s3_lake
    await lake.sync(lake.target("run_1"), page({"id": 1}))
    target = lake.target("run_2", "replace")
    landing = await lake.datasets.open(target)
    await landing.add(page({"id": 2}))
    await landing.commit(state(1))
    await lake.datasets.discard(target)
    await lake.datasets.discard(target)
    lines = b"".join([chunk async for chunk in lake.datasets.export(lake.location, "jsonl")]).splitlines()
    assert [orjson.loads(line)["id"] for line in lines] == [1]
    await lake.datasets.delete(lake.location)
    await lake.datasets.delete(lake.location)
    assert (await lake.datasets.facts(lake.location)).version is None


async def test_a_store_that_is_away_is_told_apart_and_tells_no_secret(s3_lake: Lake) -> None:
    options = {
        **s3_lake.options,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_SECRET_ACCESS_KEY": "canary-secret",
        "max_retries": "0",
        "retry_timeout": "1s",
    }
    datasets = DeltaDatasets("s3://lake/prefix", options)
    with pytest.raises(PartUnavailableError) as raised:
        await datasets.facts(datasets.location("acme", "ds_1"))
    assert "Connection refused" in raised.value.detail
    assert "canary-secret" not in repr(raised.value) + repr(raised.value.__cause__) + repr(datasets)


def test_a_store_that_refuses_us_is_told_by_its_status_not_by_its_page() -> None:
    """What deltalake says of it; the note is read by the tenant, to whom our access key is nobody's."""
    chain = (
        "Kernel error -> The operation lacked the necessary privileges to complete for path acme/ds_1",
        "Error performing GET http://127.0.0.1:9000/lake in 5 ms - Server returned non-2xx status code",
        "403 Forbidden",
        '<?xml version="1.0"?><Error><AWSAccessKeyId>canary-key</AWSAccessKeyId></Error>\n',
    )
    told = away(OSError("\n   \x1b[31m↳\x1b[0m ".join(chain))).detail
    assert told.endswith(": 403 Forbidden")
    assert "canary-key" not in told
