"""What a user of the HTTP API does, in a few words; and what a dataset then holds, read from outside."""

import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
from deltalake import DeltaTable

from tests.stack.launched import VARLOR, clean_environment, eventually

FINAL = {"succeeded", "failed", "canceled"}


def mint(state: Path, tenant: str = "default", role: str = "admin") -> str:
    command = [VARLOR, "token", "--tenant", tenant, "--role", role, "--ttl", "2h", "--state-dir", str(state)]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=clean_environment()
    ).stdout.strip()


class Api:
    """One signed-in user; `ok` fails with the problem's own words."""

    def __init__(self, address: str, token: str) -> None:
        self.http = httpx2.Client(
            base_url=f"{address}/api/v2", headers={"Authorization": f"Bearer {token}"}, timeout=60
        )

    def ok(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        answer = self.http.request(method, path, json=json, **more)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def connector(self, base_url: str, **more: Any) -> str:
        fast = {"requestsPerMinute": 60_000, "burstLimit": 1_000}
        body = {"name": base_url, "baseUrl": base_url, "rateLimitConfig": fast, **more}
        return self.ok("POST", "/connectors", body)["id"]

    def fetch(self, connector: str, path: str, **dataset: Any) -> tuple[str, str]:
        """Start a sync; the run's and the dataset's id."""
        request = {"path": path, "dataset": {"name": path, **dataset}}
        started = self.ok("POST", f"/connectors/{connector}/fetch", request)
        return started["runId"], started["datasetId"]

    def run(self, run_id: str) -> dict[str, Any]:
        return self.ok("GET", f"/runs/{run_id}")

    def until_rows(self, run_id: str, rows: int, seconds: float = 90) -> None:
        def enough() -> bool:
            run = self.run(run_id)
            assert run["status"] not in FINAL, f"it ended too early: {run}"
            return run["rows"] + run["pendingRows"] >= rows

        eventually(f"{run_id} has read {rows} rows", enough, seconds)

    def until_ended(self, run_id: str, seconds: float = 180) -> dict[str, Any]:
        seen: Any = None

        def ended() -> dict[str, Any] | None:
            nonlocal seen
            try:
                seen = run = self.run(run_id)
            except (AssertionError, httpx2.TransportError) as error:
                seen = error
                return None  # a killed part answers 503 until it is back
            return run if run["status"] in FINAL else None

        try:
            return eventually(f"{run_id} has ended", ended, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; last seen: {seen}") from None

    def location(self, dataset_id: str) -> str:
        return self.ok("GET", f"/datasets/{dataset_id}")["location"]


def each_once(location: str, column: str, expected: set[Any], **options: str) -> None:
    """The table, read by another reader than ours, holds every value of the column exactly once."""
    table = DeltaTable(location, storage_options=options or None).to_pyarrow_table(columns=[column])
    counted = Counter(table.column(column).to_pylist())
    doubled = [value for value, times in counted.items() if times > 1]
    assert not doubled, f"{len(doubled)} doubled, such as {doubled[:3]}"
    assert set(counted) == expected, f"{len(expected - set(counted))} missing"
