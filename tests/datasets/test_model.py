"""Random runs, pages, crashes and ends: the dataset always equals a model made of plain dicts."""

import asyncio
import json
import tempfile
from dataclasses import dataclass
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.datasets.lake_kit import Lake, page, state
from varlor.datasets import DeltaDatasets

Record = dict[str, Any]

values = st.one_of(
    st.none(),
    st.integers(-9, 9),
    st.sampled_from([0.5, 2.0, -1.25]),
    st.sampled_from(["a", "b", ""]),
    st.booleans(),
    st.lists(st.integers(0, 3), max_size=2),
    st.fixed_dictionaries({"k": st.one_of(st.none(), st.integers(0, 3), st.just("t"))}),
    st.fixed_dictionaries({"k": st.integers(0, 3), "l": st.just(1.5)}),
)
records = st.builds(
    lambda key, rest: {"id": key, **rest},
    st.integers(0, 6),
    st.dictionaries(st.sampled_from(["x", "y", "z"]), values, max_size=3),
)


@dataclass(frozen=True)
class Step:
    """One page, and what comes after it; `expects` more pages are decoded before it is added."""

    records: list[Record]
    expects: int
    then: Literal["nothing", "commit", "crash", "commit and crash"]


@dataclass(frozen=True)
class RunPlan:
    mode: Literal["append", "replace", "merge"]
    steps: list[Step]
    ends: Literal["well", "discarded"]


steps = st.builds(
    Step,
    st.lists(records, max_size=4),
    st.integers(0, 2),
    st.sampled_from(["nothing", "commit", "commit", "crash", "commit and crash"]),
)
plans = st.builds(
    RunPlan,
    st.sampled_from(["append", "replace", "merge"]),
    st.lists(steps, min_size=1, max_size=4),
    st.sampled_from(["well", "well", "well", "discarded"]),
)


def expected(model: list[Record], plan: RunPlan, landed: list[Record]) -> list[Record]:
    if plan.mode == "append":
        return model + landed
    if plan.ends == "discarded":
        return model
    if plan.mode == "replace":
        return landed
    newest = {r["id"]: r for r in landed}
    return [*(r for r in model if r["id"] not in newest), *newest.values()]


async def carry_out(lake: Lake, run: str, plan: RunPlan) -> list[Record]:
    """Run the plan as an activity would, again from the last state after each crash; what was committed."""
    target = lake.target(run, plan.mode, primary_key=["id"])
    landing = await lake.datasets.open(target)
    crashes = {at for at, step in enumerate(plan.steps) if "crash" in step.then}
    pages = [page(*step.records) for step in plan.steps]
    at, writing = 0, None
    while at < len(plan.steps):
        step = plan.steps[at]
        for later in pages[at + 1 : at + 1 + step.expects]:
            landing.expect(later.body, later.record_path)
        await landing.add(pages[at])
        if writing is not None and step.then != "nothing":
            await writing
        if "commit" in step.then:
            writing = landing.commit(state(at + 1))  # beside the pages that follow
        at += 1
        if at - 1 in crashes:
            if writing is not None:
                await writing
            crashes.discard(at - 1)
            landing = await lake.datasets.open(target)
            at = landing.state.cursor["at"] if landing.state and landing.state.cursor else 0
    if writing is not None:
        await writing
    if plan.ends == "discarded":
        committed = landing.state.cursor["at"] if landing.state and landing.state.cursor else 0
        await lake.datasets.discard(target)
        return [r for s in plan.steps[:committed] for r in s.records]
    await landing.commit(state(len(plan.steps), done=True))
    await lake.datasets.publish(target, heartbeat=lambda _: None)
    return [r for s in plan.steps for r in s.records]


def meaning(row: Record) -> str:
    """A row's content whatever columns carry it: siblings folded back, nulls left out, numbers as numbers."""
    folded = {k: v for k, v in row.items() if not k.endswith("__json") and v is not None}
    for name, text in row.items():
        if name.endswith("__json") and text is not None:
            folded[name.removesuffix("__json")] = json.loads(text)
    return json.dumps({k: _plain(v) for k, v in folded.items()}, sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


@settings(max_examples=25, deadline=None)
@given(todo=st.lists(plans, min_size=1, max_size=3))
def test_the_dataset_equals_the_model(todo: list[RunPlan]) -> None:
    async def play(root: str) -> None:
        lake = Lake(DeltaDatasets(root, {}), {})
        model: list[Record] = []
        for number, plan in enumerate(todo):
            landed = await carry_out(lake, f"run_{number}", plan)
            model = expected(model, plan, landed)
            assert sorted(map(meaning, lake.rows())) == sorted(map(meaning, model))
            shown = await lake.datasets.rows(lake.location, limit=1000, offset=0)
            assert (len(shown.rows), shown.row_count) == (len(model), len(model))

    with tempfile.TemporaryDirectory() as root:
        asyncio.run(play(root))
