"""Random pages, faults of the API and deaths of the worker: the dataset always equals the model."""

import asyncio
import tempfile
from dataclasses import dataclass
from typing import Any, Literal

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.sample_api.app import create_app
from examples.sample_api.data import make_data
from tests.activities.mortal import KILL_POINTS, cared_for, synced
from tests.connectors.kit import FixedClock, FreeWindow, NoDiscoverer, connector, serve
from tests.datasets.lake_kit import FakePage, Lake, page
from tests.datasets.test_model import meaning, records
from varlor.connectors import APIConnectorService
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.contracts.connector import Secrets
from varlor.contracts.fetch import FetchRequest
from varlor.datasets import DeltaDatasets
from varlor.errors import SourceError, SourceKind
from varlor.ports import Cursor, PageFacts, ReadJob

Record = dict[str, Any]
Mode = Literal["append", "replace", "merge"]
Deaths = set[tuple[str, int]]
MODES: list[Mode] = ["append", "replace", "merge"]
FAULTS: list[SourceKind | None] = ["server_error", "timeout", "rate_limited", "truncated", None, None, None]


@dataclass
class Faulty:
    """Pages of a model API; each request may fail in passing, as scripted, and then not at all."""

    pages: list[list[Record]]
    faults: list[SourceKind | None]

    def start(self) -> Cursor:
        return {"at": 0}

    async def fetch(self, cursor: Cursor, *, attempt: int) -> FakePage:
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise SourceError(fault, "in passing")
        return page(*self.pages[cursor["at"]])

    def advance(self, cursor: Cursor, _: Any, facts: PageFacts) -> Cursor | None:
        assert facts.count == len(self.pages[cursor["at"]])
        return {"at": cursor["at"] + 1} if cursor["at"] + 1 < len(self.pages) else None

    def position(self, cursor: Cursor) -> str:
        return str(cursor)


@dataclass(frozen=True)
class RunPlan:
    mode: Mode
    pages: list[list[Record]]
    faults: list[SourceKind | None]
    deaths: Deaths
    commit_rows: int
    care: bool


deaths = st.sets(st.tuples(st.sampled_from(KILL_POINTS), st.integers(1, 6)), max_size=5)
plans = st.builds(
    RunPlan,
    st.sampled_from(MODES),
    st.lists(st.lists(records, max_size=5), min_size=1, max_size=6),
    st.lists(st.sampled_from(FAULTS), max_size=8),
    deaths,
    st.sampled_from([1, 4, 1000]),
    st.booleans(),
)


def expected(model: list[Record], plan: RunPlan) -> list[Record]:
    landed = [record for each in plan.pages for record in each]
    if plan.mode == "append":
        return model + landed
    if plan.mode == "replace":
        return landed
    newest = {record["id"]: record for record in landed}
    return [*(record for record in model if record["id"] not in newest), *newest.values()]


@settings(max_examples=25, deadline=None)
@given(todo=st.lists(plans, min_size=1, max_size=3))
def test_the_dataset_equals_the_model(todo: list[RunPlan]) -> None:
    async def play(root: str) -> None:
        lake, model = Lake(DeltaDatasets(root, {}), {}), list[Record]()
        for number, plan in enumerate(todo):
            api = Faulty(plan.pages, list(plan.faults))

            async def reader(api: Faulty = api) -> Faulty:
                return api

            target = lake.target(f"run_{number}", plan.mode, primary_key=["id"])
            await synced(lake.datasets, target, reader, plan.deaths, plan.commit_rows)
            model = expected(model, plan)
            if plan.care:
                await cared_for(lake)
            assert sorted(map(meaning, lake.rows())) == sorted(map(meaning, model))

    with tempfile.TemporaryDirectory() as root:
        asyncio.run(play(root))


@pytest.fixture(scope="module")
def sample() -> Any:
    yield from serve(create_app(seed=7, scale=0.02))


@settings(max_examples=8, deadline=None)
@given(
    mode=st.sampled_from(MODES),
    kinds=st.lists(st.sampled_from(["server_error", "drop"]), max_size=2, unique=True),
    deaths=deaths,
    page_size=st.sampled_from([7, 40, 100]),
)
def test_over_real_http_the_dataset_equals_what_the_api_holds(
    sample: str, mode: Mode, kinds: list[str], deaths: Deaths, page_size: int
) -> None:
    rules = [
        {"kind": kind, "pathPrefix": "/open", "everyNth": 3 + n, "times": 4} for n, kind in enumerate(kinds)
    ]
    httpx2.post(f"{sample}/_faults", json={"rules": rules}).raise_for_status()
    truth = make_data(seed=7, scale=0.02).events.records
    pagination = {"type": "offset", "limit": page_size, "totalPath": "$.total"}

    async def play(root: str) -> None:
        lake = Lake(DeltaDatasets(root, {}), {})
        client = GuardedClient(EgressPolicy(["127.0.0.1"]))
        service = APIConnectorService(client, FreeWindow(), NoDiscoverer(), FixedClock())
        settled = connector(f"{sample}/open")
        order = {"path": "/offset/events", "dataset": {"name": "d"}, "pagination": pagination}
        job = ReadJob(
            *("t1", "r1", settled, service.auth(settled, Secrets())),
            *(FetchRequest.model_validate(order), lambda _: None, lambda _: None),
        )
        target = lake.target("run_1", mode, primary_key=["id"])
        await synced(lake.datasets, target, lambda: service.reader(job, None), deaths, 50)
        await client.aclose()
        found = {row["id"]: row for row in lake.rows()}
        assert len(lake.rows()) == len(found) == len(truth)
        assert all(found[record["id"]]["type"] == record["type"] for record in truth)

    with tempfile.TemporaryDirectory() as root:
        asyncio.run(play(root))
