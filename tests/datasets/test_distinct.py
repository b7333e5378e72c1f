"""The different values of a column, as a walk over parents needs them: stable while the dataset goes on."""

import pytest

from tests.datasets.lake_kit import Lake, page
from varlor.datasets import distinct
from varlor.errors import InvalidInputError


async def test_each_value_once_at_one_version(lake: Lake) -> None:
    await lake.sync(lake.target("run_1"), page({"id": 2}, {"id": 1}, {"id": None}, {"id": 2}))
    first = await lake.datasets.values(lake.location, "id", None)
    assert list(first.values) == [2, 1]
    await lake.sync(lake.target("run_2", "replace"), page({"id": 9}))
    assert await lake.datasets.values(lake.location, "id", first.version) == first
    assert list((await lake.datasets.values(lake.location, "id", None)).values) == [9]


async def test_what_cannot_be_a_parent(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list((await lake.datasets.values(lake.location, "id", None)).values) == []
    await lake.sync(lake.target("run_1"), page({"id": "a", "half": 1.5}, {"id": "", "half": 2.5}))
    assert list((await lake.datasets.values(lake.location, "id", None)).values) == ["a"]
    for column in ("half", "missing"):
        with pytest.raises(InvalidInputError, match=column):
            await lake.datasets.values(lake.location, column, None)
    monkeypatch.setattr(distinct, "MOST", 1)
    with pytest.raises(InvalidInputError, match="more than 1"):
        await lake.datasets.values(lake.location, "id", None)
