"""An async export in chunks: the job's id is in the log before the first wait, and stays the one."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from deltalake import DeltaTable

from activities.chunk import Chunk
from activities.journal import Journal, Tally
from tests.activities.test_chunk_cancel import Silent
from tests.connectors.kit import FixedClock, FreeWindow, NoDiscoverer, connector, serve
from tests.connectors.test_export import EXPORT, ROWS, Office, lines
from varlor.connectors import APIConnectorService
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.contracts.connector import Secrets
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.messages import ChunkResult
from varlor.contracts.run import Counters, Run
from varlor.datasets import DeltaDatasets
from varlor.ports import LandingTarget, ReadJob


async def test_a_worker_that_dies_while_waiting_starts_no_second_job(tmp_path: Path) -> None:
    office = Office(files=[lines(ROWS)])
    datasets = DeltaDatasets(str(tmp_path), {})
    target = LandingTarget(datasets.location("t", "d"), "r1", "replace")
    waits = 0
    for url in serve(office.app()):
        client = GuardedClient(EgressPolicy(allow=["127.0.0.1"]))
        service = APIConnectorService(client, FreeWindow(), NoDiscoverer(), FixedClock())
        first = await one_life(service, datasets, target, url)
        assert (first.wait_reason, first.done) == ("export", False)
        landed = (await datasets.open(target)).state
        assert landed is not None
        assert landed.cursor is not None
        assert landed.cursor["job"] == "j 1"
        while not (await one_life(service, datasets, target, url)).done:
            waits += 1
        await client.aclose()
    await datasets.publish(target, heartbeat=lambda _: None)
    ids = DeltaTable(target.location).to_pyarrow_table(columns=["id"]).column("id").to_pylist()
    assert sorted(ids) == [row["id"] for row in ROWS]
    assert len(office.started) == 1
    assert waits == 2


async def one_life(
    service: APIConnectorService, datasets: DeltaDatasets, target: LandingTarget, url: str
) -> ChunkResult:
    """One chunk by a worker that knows nothing of the ones before it."""
    request = FetchRequest.model_validate({"asyncExport": EXPORT, "dataset": {"name": "d"}})
    where, journal = connector(url), cast("Journal", Silent())
    auth = service.auth(where, Secrets())
    job = ReadJob("t", target.run_id, where, auth, request, lambda _: None, lambda _: None)
    landing = await datasets.open(target)
    counters = landing.state.counters if landing.state else Counters()
    chunk = Chunk(
        run=cast("Run", SimpleNamespace(request=request)),
        reader=await service.reader(job, None),
        landing=landing,
        journal=journal,
        tally=Tally.after(counters),
        stop=asyncio.Event(),
        failures=0,
    )
    return await chunk.read()
