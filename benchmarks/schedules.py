"""300 schedules that fire every minute, on the embedded stack: which times were missed or doubled, how late.

Each schedule's times are those that it names itself (`nextRuns`), spread over the minute by its jitter; each
of its runs carries the minute that it stands for in its workflow's id. A run is late by the time from then to
the row that its workflow makes; the sync itself, one page into a table of its own, comes after.
"""

import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import quantiles
from typing import Any, Final

from benchmarks.machine import cpu, mock_api, sign_in, stack
from benchmarks.soak import patiently
from benchmarks.table import show
from tests.e2e.kit import Api

SCHEDULES: Final = int(os.environ.get("BENCH_SCHEDULES", "300"))
MINUTES: Final = int(os.environ.get("BENCH_SCHEDULE_MINUTES", "3"))  # of the five foretold
JITTER: Final = 55  # seconds
AT_ONCE: Final = 4
GRACE: Final = 45.0  # seconds for the last ones to be started


def plan(api: Api, connector: str, number: int) -> str:
    fetch = {"path": "/offset", "params": {"limit": 100}, "pagination": {"type": "none"}}
    fetch |= {"dataset": {"name": f"bench {number}", "writeMode": "replace"}}
    body = {"name": f"bench {number}", "connectorId": connector, "fetch": fetch, "every": 60}
    body |= {"jitter": JITTER, "paused": True}
    return patiently(partial(api.ok, "POST", "/schedules", body))["id"]


def foretold(api: Api, schedule: str, begin: datetime) -> list[datetime]:
    """Its times in the minutes that are measured."""
    shown = patiently(partial(api.ok, "GET", f"/schedules/{schedule}"))
    times = map(datetime.fromisoformat, shown["nextRuns"])
    return [at for at in times if begin <= at < begin + timedelta(minutes=MINUTES)]


def resume(api: Api, schedule: str) -> None:
    patiently(partial(api.ok, "POST", f"/schedules/{schedule}/resume"))


def runs_of(api: Api, schedule: str) -> list[dict[str, Any]]:
    return patiently(partial(api.ok, "GET", f"/runs?scheduleId={schedule}&limit=50"))["items"]


def minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def stands_for(run: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(run["workflowId"][-20:])


def measure(api: Api, connector: str) -> tuple[list[float], Counter[str]]:
    """Seconds late of each run, and what else was counted."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        schedules = list(pool.map(lambda n: plan(api, connector, n), range(SCHEDULES)))
        list(pool.map(lambda each: resume(api, each), schedules))
        begin = minute(datetime.now(UTC)) + timedelta(minutes=2)
        wanted = dict(zip(schedules, pool.map(lambda s: foretold(api, s, begin), schedules), strict=True))
        end = begin + timedelta(minutes=MINUTES)
        time.sleep((end - datetime.now(UTC)).total_seconds() + GRACE)
        runs = list(pool.map(lambda each: runs_of(api, each), schedules))
    late, counted = list[float](), Counter[str]()
    for schedule, made in zip(schedules, runs, strict=True):
        by_minute: dict[datetime, list[dict[str, Any]]] = {}
        for run in made:
            by_minute.setdefault(stands_for(run), []).append(run)
        for at in wanted[schedule]:
            found = by_minute.get(minute(at), [])
            counted["times"] += 1
            counted["missed"] += not found
            counted["doubled"] += len(found) > 1
            counted["succeeded"] += any(run["status"] == "succeeded" for run in found)
            late += [(datetime.fromisoformat(run["createdAt"]) - at).total_seconds() for run in found[:1]]
    return late, counted


def main() -> None:
    with mock_api(1_000) as address, stack(allow=address) as launched:
        api, pids = sign_in(launched), launched.facts["pids"]
        parts = ("temporal", "worker", "api")
        before = {part: cpu(pids[part]) for part in parts}
        late, counted = measure(api, api.connector(f"http://{address}"))
        spent = {part: cpu(pids[part]) - before[part] for part in parts}
    cuts = quantiles(late, n=100, method="inclusive")
    rows: list[tuple[object, ...]] = [
        (name, counted[name]) for name in ("times", "missed", "doubled", "succeeded")
    ]
    rows += [(f"late, seconds, {n} %", cuts[n - 1]) for n in (50, 95, 99)] + [
        ("late, seconds, most", max(late))
    ]
    rows += [(f"CPU seconds of {part}, setup included", spent[part]) for part in parts]
    show(f"{SCHEDULES} schedules every minute, for {MINUTES} minutes", ("", ""), rows)


if __name__ == "__main__":
    main()
