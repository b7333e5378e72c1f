"""A sync of BENCH_MINUTES whose access tokens live 60 seconds; part of the benchmark `tokens`."""

import os
from time import monotonic

import httpx2

from benchmarks.machine import sign_in
from benchmarks.table import show
from examples.sample_api.data import make_data
from tests.e2e.grants import Consents
from tests.e2e.kit import each_once
from tests.stack.launched import Launched

MINUTES = float(os.environ.get("BENCH_MINUTES", "5"))
SHORT = 60


def long_sync(launched: Launched, consents: Consents) -> None:
    """A sync of MINUTES with real 60-second tokens: 120 delayed pages, one after the other by cursor."""
    consents.steer("DELETE", "/stats")
    consents.live(SHORT)
    slow = {"pathPrefix": "/oauth2/cursor/events", "kind": "slow", "everyNth": 1}
    slow |= {"delaySeconds": MINUTES * 60 / 120}
    httpx2.post(f"{consents.address}/_faults", json={"rules": [slow]}).raise_for_status()
    api, first = sign_in(launched), consents.give("long-sync")
    settings = consents.config("long-sync", first["refresh_token"])
    connector, began = api.connector(f"{consents.address}/oauth2", **settings), monotonic()
    run_id, dataset = api.fetch(connector, "/cursor/events", name="long sync", writeMode="append")
    run = api.until_ended(run_id, MINUTES * 60 * 2 + 300)
    if run["status"] != "succeeded":
        raise SystemExit(f"the sync ended as {run['status']}: {run['error']}")
    each_once(api.location(dataset), "id", {record["id"] for record in make_data().events.records})
    stats = consents.stats()
    rows = [("rows, each once", run["rows"]), ("minutes", (monotonic() - began) / 60)]
    rows += [
        ("refreshes", stats["refreshes"]["long-sync"]),
        ("refreshes after the end", stats["lateRefreshes"]),
    ]
    rows += [(f"requests to the API, token {kind}", count) for kind, count in stats["resource"].items()]
    show(f"One sync with {SHORT}-second tokens", ("", ""), rows)
