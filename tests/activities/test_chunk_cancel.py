"""A chunk that ends before its pages do: what was taken in is kept, and its rows and cursor go together."""

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest
from deltalake import DeltaTable

from activities.chunk import Chunk
from activities.journal import Journal, Tally
from varlor.contracts.run import Counters, Run
from varlor.datasets import DeltaDatasets
from varlor.errors import SourceError
from varlor.ports import Cursor, LandingTarget, PageFacts, PageReader, PageResponse


class Page:
    record_path = "$"

    def __init__(self, number: int) -> None:
        self.body = orjson.dumps([{"id": number * 10 + i} for i in range(10)])

    def document(self) -> Any:
        return orjson.loads(self.body)


class Reader:
    """Five pages of ten records."""

    def start(self) -> Cursor:
        return {"at": 0}

    async def fetch(self, cursor: Cursor, *, attempt: int) -> PageResponse:
        return Page(cursor["at"])

    def advance(self, cursor: Cursor, page: PageResponse, facts: PageFacts) -> Cursor | None:
        return {"at": cursor["at"] + 1} if cursor["at"] < 4 else None

    async def remains(self, cursor: Cursor, seconds: float) -> bool:
        return False

    def position(self, cursor: Cursor) -> str:
        return ""


class Refusing(Reader):
    """The third page is refused for good."""

    async def fetch(self, cursor: Cursor, *, attempt: int) -> PageResponse:
        if cursor["at"] == 2:
            raise SourceError("forbidden", "The credential may not read this.", status=403)
        return await super().fetch(cursor, attempt=attempt)


class Silent:
    """A journal that tells nobody."""

    async def tick(self, counters: Counters) -> None: ...
    async def committed(self, counters: Counters, changes: object) -> None: ...
    def note(self, text: str) -> None: ...
    def blame(self, error: Exception) -> None: ...


def chunk(landing: Any, reader: Reader | None = None, limited: dict[str, int] | None = None) -> Chunk:
    limits = SimpleNamespace(**{"max_pages": None, "max_rows": None, "max_requests": None, **(limited or {})})
    return Chunk(
        run=cast("Run", SimpleNamespace(request=SimpleNamespace(limits=limits))),
        reader=cast("PageReader", reader or Reader()),
        landing=landing,
        journal=cast("Journal", Silent()),
        tally=Tally.after((landing.state or SimpleNamespace(counters=Counters())).counters),
        stop=asyncio.Event(),
        failures=0,
    )


async def test_rows_taken_in_under_a_cancel_are_not_read_again(tmp_path: Path) -> None:
    datasets = DeltaDatasets(str(tmp_path), {})
    target = LandingTarget(datasets.location("t", "d"), "run_1", "append")
    landing: Any = await datasets.open(target)
    held, go, plain = threading.Event(), threading.Event(), landing._decoder.decode

    def slow(page: PageResponse, *more: Any, **named: Any) -> Any:
        if b'"id":20}' in page.body:
            held.set()
            go.wait(10)
        return plain(page, *more, **named)

    landing._decoder = SimpleNamespace(decode=slow)
    reading = asyncio.create_task(chunk(landing).read())
    await asyncio.to_thread(held.wait, 10)
    reading.cancel()
    asyncio.get_running_loop().call_later(0.1, go.set)
    with pytest.raises(asyncio.CancelledError):
        await reading
    while not (await chunk(await datasets.open(target)).read()).done:
        pass
    assert ids_in(target) == list(range(50))


async def test_what_was_read_before_a_final_failure_is_kept(tmp_path: Path) -> None:
    datasets = DeltaDatasets(str(tmp_path), {})
    target = LandingTarget(datasets.location("t", "d"), "run_1", "append")
    with pytest.raises(SourceError, match="may not read"):
        await chunk(await datasets.open(target), Refusing()).read()
    assert ids_in(target) == list(range(20))
    landed = (await datasets.open(target)).state
    assert landed is not None
    assert (landed.cursor, landed.counters.rows) == ({"at": 2}, 20)


@pytest.mark.parametrize(
    ("limited", "rows"), [({"max_pages": 2}, 20), ({"max_rows": 20}, 20), ({"max_rows": 21}, 30)], ids=str
)
async def test_a_run_of_few_pages_or_rows_ends_at_the_page_that_reaches_them(
    tmp_path: Path, limited: dict[str, int], rows: int
) -> None:
    datasets = DeltaDatasets(str(tmp_path), {})
    target = LandingTarget(datasets.location("t", "d"), "run_1", "append")
    assert (await chunk(await datasets.open(target), limited=limited).read()).done
    assert ids_in(target) == list(range(rows))


def ids_in(target: LandingTarget) -> list[int]:
    ids = DeltaTable(target.location).to_pyarrow_table(columns=["id"]).column("id").to_pylist()
    return sorted(ids)
