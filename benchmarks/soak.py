"""Syncs of every kind, while 5 % of requests go wrong and the worker is killed each minute.

After each sync its dataset is read by another reader and compared with what the API holds: nothing lost,
nothing doubled. BENCH_SOAK_MINUTES (30) says for how long.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from time import monotonic, sleep
from typing import Any, Final

import httpx2
from deltalake import DeltaTable

from benchmarks.machine import resident_mb, sign_in, stack
from benchmarks.table import show
from examples.sample_api.data import SampleData, make_data
from tests.e2e.kit import Api
from tests.stack.launched import Launched, eventually

MINUTES: Final = float(os.environ.get("BENCH_SOAK_MINUTES", "30"))
KILL_SECONDS: Final = 60.0
FAULTS: Final = ("server_error", "rate_limit", "drop", "truncated", "slow")  # 1 % of requests each
RATE: Final = {"requestsPerMinute": 900, "burstLimit": 15}  # so that a sync lasts long enough to be hit
PARTS: Final = ("api", "worker", "temporal", "valkey")


@dataclass(frozen=True)
class Lane:
    """One kind of sync; without a `dataset` of its own each round begins a new one."""

    collection: str
    mode: str
    dataset: str | None


LANES: Final = (
    Lane("events", "append", None),
    Lane("orders", "merge", "soak orders"),
    Lane("users", "replace", "soak users"),
)


@dataclass
class Soak:
    """What was done, and what was found; `memory`: MB of each part, a sample a kill."""

    runs: Counter[str] = field(default_factory=Counter[str])
    rows: int = 0
    requests: int = 0
    retries: int = 0
    kills: int = 0
    memory: dict[str, list[float]] = field(default_factory=lambda: {part: [] for part in PARTS})

    def go_on(self, launched: Launched, seconds: float, kill_seconds: float = KILL_SECONDS) -> None:
        """AssertionError for a run that did not succeed, or a dataset that is not as it should be."""
        api, data = sign_in(launched), make_data()
        address = launched.facts["sample_url"]
        rules = [{"kind": kind, "pathPrefix": "/open", "probability": 0.01} for kind in FAULTS]
        httpx2.post(f"{address}/_faults", json={"rules": rules}).raise_for_status()
        until = monotonic() + seconds
        with ThreadPoolExecutor(len(LANES) + 1) as pool:
            killing = pool.submit(self._kill, launched, until, kill_seconds)
            lanes = [pool.submit(self._lane, api, address, lane, data, until) for lane in LANES]
            for each in (*lanes, killing):
                each.result()
        httpx2.delete(f"{address}/_faults").raise_for_status()

    def _kill(self, launched: Launched, until: float, every: float) -> None:
        while monotonic() + every < until:
            sleep(every)
            pids = launched.facts["pids"]
            for part in PARTS:
                self.memory[part].append(resident_mb(pids[part]))
            os.kill(pids["worker"], signal.SIGKILL)
            self.kills += 1

    def _lane(self, api: Api, address: str, lane: Lane, data: SampleData, until: float) -> None:
        connector = api.connector(f"{address}/open", rateLimitConfig=RATE)
        expected = {record["id"]: record for record in getattr(data, lane.collection).records}
        turn = 0
        while monotonic() < until:
            turn += 1
            target = {"name": lane.dataset or f"soak {lane.collection} {turn}", "writeMode": lane.mode}
            target |= {"primaryKey": ["id"]} if lane.mode == "merge" else {}
            run_id, dataset = patiently(partial(api.fetch, connector, f"/offset/{lane.collection}", **target))
            run = api.until_ended(run_id, 900)
            assert run["status"] == "succeeded", run
            self.runs[lane.mode] += 1
            self.rows += compare(patiently(partial(api.location, dataset)), expected)
            self.requests += run["requests"]
            self.retries += run["retries"]


def patiently(act: Callable[[], Any]) -> Any:
    """A part that was just killed answers 503, or nothing, until it is back."""

    def attempt() -> tuple[Any] | None:
        try:
            return (act(),)
        except (AssertionError, httpx2.TransportError):
            return None

    return eventually("the API has answered", attempt, 300)[0]


def compare(location: str, expected: Mapping[Any, Mapping[str, Any]]) -> int:
    """Every record is there once, and what it says is what the API says; how many were compared."""
    table = DeltaTable(location).to_pyarrow_table()
    rows = table.to_pylist()
    found = Counter(row["id"] for row in rows)
    doubled = [key for key, times in found.items() if times > 1]
    assert not doubled, f"{len(doubled)} doubled, such as {doubled[:3]}"
    assert found.keys() == expected.keys(), f"{len(expected.keys() ^ found.keys())} lost or foreign"
    plain = {f for f in table.column_names if not f.startswith("_varlor")}
    for row in rows:
        true = expected[row["id"]]
        wrong = [
            f for f in plain & true.keys() if isinstance(true[f], str | int | bool) and row[f] != true[f]
        ]
        assert not wrong, f"{row['id']}: {wrong}"
    return len(rows)


def main() -> None:
    soak = Soak()
    with stack(sample=True) as launched:
        soak.go_on(launched, MINUTES * 60)
    done = [("syncs, all succeeded", sum(soak.runs.values())), *soak.runs.items()]
    done += [("rows compared", soak.rows), ("rows lost", 0), ("rows doubled", 0)]
    done += [("requests", soak.requests), ("of them repeated", soak.retries), ("workers killed", soak.kills)]
    show(
        f"Soak, {MINUTES:g} minutes, 5 % of requests fail, a worker killed every {KILL_SECONDS:g} s",
        ("", ""),
        done,
    )
    third = max(1, soak.kills // 3)
    memory = [(part, max(mb[:third]), max(mb[-third:])) for part, mb in soak.memory.items()]
    show("Resident memory, MB, the highest seen", ("part", "in the first third", "in the last third"), memory)


if __name__ == "__main__":
    main()
