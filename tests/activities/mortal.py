"""A worker that may die at any instruction that matters, and what it leaves behind."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

from activities.chunk import Chunk
from activities.journal import Journal, Tally
from tests.datasets.lake_kit import Lake
from varlor.contracts.run import Counters, Run
from varlor.datasets import DeltaDatasets
from varlor.ports import LandingTarget, PageFacts, PageReader, PageResponse, RunState

KILL_POINTS = ("asked", "answered", "taken in", "committing", "committed")
MOST_LIVES = 200


class KilledError(BaseException):
    """Nothing of ours may catch this: after it, nothing happens in this life."""


@dataclass
class Fate:
    """At which steps of which kind this run's workers die: `asked` at the n-th request, and so on."""

    deaths: set[tuple[str, int]]
    dead: bool = False
    steps: dict[str, int] = field(default_factory=dict[str, int])

    def at(self, point: str) -> None:
        if self.dead:
            raise KilledError
        step = self.steps[point] = self.steps.get(point, 0) + 1
        if (point, step) in self.deaths:
            self.dead = True
            raise KilledError


class MortalReader:
    def __init__(self, reader: Any, fate: Fate) -> None:
        self._reader, self._fate = reader, fate

    async def fetch(self, cursor: Any, *, attempt: int) -> Any:
        self._fate.at("asked")
        page = await self._reader.fetch(cursor, attempt=attempt)
        self._fate.at("answered")
        return page

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


class MortalLanding:
    def __init__(self, landing: Any, fate: Fate) -> None:
        self._landing, self._fate = landing, fate

    async def add(self, page: PageResponse) -> PageFacts:
        facts = await self._landing.add(page)
        self._fate.at("taken in")
        return facts

    async def commit(self, state: RunState) -> Any:
        self._fate.at("committing")
        changes = await self._landing.commit(state)
        self._fate.at("committed")
        return changes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._landing, name)


class Silent:
    """A journal that tells nobody."""

    async def tick(self, counters: Counters) -> None: ...
    async def committed(self, counters: Counters, changes: object) -> None: ...
    def note(self, text: str) -> None: ...
    def blame(self, error: Exception) -> None: ...


class NoWait:
    """Waits between attempts take no time."""

    def uniform(self, low: float, high: float) -> float:
        return 0.0 * (low + high)


async def synced(
    datasets: DeltaDatasets,
    target: LandingTarget,
    make_reader: Any,
    deaths: Iterable[tuple[str, int]],
    rows: int,
) -> None:
    """One run to its end, whoever dies meanwhile; a commit is due every `rows` rows."""
    fate = Fate(set(deaths))
    for _ in range(MOST_LIVES):
        fate.dead = False
        try:
            with patch("activities.chunk.COMMIT_ROWS", rows):
                if await _lived(datasets, target, await make_reader(), fate):
                    break
        except KilledError:
            continue
    else:
        raise AssertionError("the run does not end")
    await datasets.publish(target, heartbeat=lambda _: None)


async def _lived(datasets: DeltaDatasets, target: LandingTarget, reader: Any, fate: Fate) -> bool:
    landing = await datasets.open(target)
    limits = SimpleNamespace(max_pages=None, max_rows=None, max_requests=None)
    counters = landing.state.counters if landing.state else Counters()
    chunk = Chunk(
        run=cast("Run", SimpleNamespace(request=SimpleNamespace(limits=limits))),
        reader=cast("PageReader", MortalReader(reader, fate)),
        landing=cast("Any", MortalLanding(landing, fate)),
        journal=cast("Journal", Silent()),
        tally=Tally.after(counters),
        stop=asyncio.Event(),
        failures=0,
        random=cast("Any", NoWait()),
    )
    return (await chunk.read()).done


async def cared_for(lake: Lake) -> None:
    """Between runs: small files are joined, and what nobody needs is deleted."""
    with patch("varlor.datasets.compaction.LEAST", 2):
        while (step := await lake.datasets.compaction(lake.location, heartbeat=lambda _: None)) is not None:
            await step.commit()
    await lake.datasets.clean(lake.location, keep_hours=0, heartbeat=lambda _: None)
