"""A worker that dies while it drains an inbox: every event is one row in the end."""

import asyncio
import json
import os
import signal

import pytest
from deltalake import DeltaTable
from pydantic import SecretStr

from tests.e2e.kit import Api, each_once
from tests.stack.launched import Launched, eventually
from varlor.bootstrap import SystemClock, build_encryption
from varlor.ports import Arrival
from varlor.settings import Settings
from varlor.stack.state import StateDir
from varlor.storage import SqlStore, create_engine

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]
EVENTS = 150_000  # several commits long


async def fill(stack: Launched, hook_id: str) -> None:
    """By the product's own group commit, past HTTP."""
    keys = StateDir(stack.state).keys()
    settings = Settings(mode="embedded", master_keys=SecretStr(keys.master))
    engine = create_engine(f"sqlite:///{stack.state / 'varlor.db'}")
    store = SqlStore(engine, build_encryption(settings), SystemClock(), lambda _, dataset: dataset)
    hook = await store.hooks.find(hook_id)
    assert hook is not None
    numbers = iter(range(EVENTS))

    async def some() -> None:
        for number in numbers:
            body = json.dumps({"order": number, "note": "x" * 200}).encode()
            await store.hooks.accept(hook, Arrival(f"event-{number}", body))

    await asyncio.gather(*(some() for _ in range(2_000)))
    await engine.dispose()


def test_a_worker_killed_while_it_drains_loses_and_doubles_nothing(stack: Launched, api: Api) -> None:
    made = api.ok("POST", "/connectors", {"name": "drained", "apiType": "webhook"})
    worker = stack.facts["pids"]["worker"]
    os.kill(worker, signal.SIGSTOP)  # so that it finds all of them at once
    try:
        asyncio.run(fill(stack, made["hookId"]))
    finally:
        os.kill(worker, signal.SIGCONT)

    def committed() -> list[dict[str, int]]:
        return [run for run in api.ok("GET", f"/runs?connectorId={made['id']}")["items"] if run["rows"]]

    eventually("a first commit of the drain", committed, 120)
    os.kill(worker, signal.SIGKILL)

    def waiting() -> int:
        return api.ok("GET", f"/connectors/{made['id']}/health")["inbox"]["waiting"]

    assert waiting(), "it was killed too late to show anything"
    eventually("the inbox is empty", lambda: not waiting(), 240)
    location = api.location(api.ok("GET", f"/runs?connectorId={made['id']}")["items"][0]["datasetId"])
    each_once(location, "_event_id", {f"event-{number}" for number in range(EVENTS)})
    numbers = DeltaTable(location).to_pyarrow_table(columns=["_event_sequence"]).column(0).to_pylist()
    assert len(set(numbers)) == EVENTS
