"""How far a table has an inbox is in its own log: rows and number are one commit, whatever runs come."""

import pytest

from tests.datasets.lake_kit import Lake, page, state
from varlor.errors import FencedError


async def test_the_number_is_there_for_every_later_run(lake: Lake) -> None:
    first = await lake.datasets.open(lake.target("run_1", inbox="con_1"))
    assert first.position == 0
    await first.add(page({"n": 1}, {"n": 2}))
    await first.commit(state(1), position=2)
    await lake.sync(lake.target("run_2", "replace"), page({"n": 9}))  # another writer in between
    later = await lake.datasets.open(lake.target("run_3", inbox="con_1"))
    other = (await lake.datasets.open(lake.target("run_4", inbox="con_2"))).position
    assert (later.position, other) == (2, 0)


async def test_an_attempt_that_was_overtaken_moves_neither_rows_nor_number(lake: Lake) -> None:
    late = await lake.datasets.open(lake.target("run_1", inbox="con_1"))
    await late.add(page({"n": 1}))
    again = await lake.datasets.open(lake.target("run_1", inbox="con_1"))
    await again.add(page({"n": 1}))
    await again.commit(state(1), position=1)
    with pytest.raises(FencedError):
        await late.commit(state(1), position=1)
    assert [row["n"] for row in lake.rows()] == [1]
    assert (await lake.datasets.open(lake.target("run_1", inbox="con_1"))).position == 1
