"""Two processes at one database: nothing is lost, doubled, or refused as locked."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.storage.store import SqlTenantStore

WRITER = Path(__file__).parent / "writer.py"
REQUEST = FetchRequest(path="/orders", dataset=DatasetTarget(name="orders"))
Together = Callable[[str, str, int], Awaitable[list[str]]]


@pytest.fixture
def together(database_url: str, master_key: str, tenant_id: str) -> Together:
    """Run an act `count` times, split over two processes that begin at one signal."""

    async def run(kind: str, target: str, count: int) -> list[str]:
        halves = ((0, count // 2), (count // 2, count))
        place = (database_url, master_key, tenant_id)
        writers = [
            await asyncio.create_subprocess_exec(
                *(sys.executable, WRITER, *place, kind, target, str(first), str(last)),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
            )
            for first, last in halves
        ]
        for writer in writers:
            assert writer.stdout is not None
            assert await writer.stdout.readline() == b"ready\n"
        ended = await asyncio.gather(*(writer.communicate(b"go\n") for writer in writers))
        assert [writer.returncode for writer in writers] == [0, 0], [errors.decode() for _, errors in ended]
        return [line for output, _ in ended for line in output.decode().splitlines()]

    return run


async def test_fifty_audit_writes_make_one_unbroken_chain(tenant: SqlTenantStore, together: Together) -> None:
    hashes = await together("audit", "ann", 50)
    lines = (await tenant.audit.list(limit=100, cursor=None)).items
    assert [line.seq for line in lines] == list(range(50, 0, -1))
    assert {line.hash for line in lines} == set(hashes)
    assert await tenant.audit.verify() is None


async def test_read_and_write_in_one_transaction_loses_nothing(
    tenant: SqlTenantStore, together: Together
) -> None:
    await tenant.runs.create("run_1", connector_id="c", dataset_id="d", request=REQUEST, origin="api")
    await together("note", "run_1", 200)
    assert set((await tenant.runs.get("run_1")).notes) == {f"note {number}" for number in range(100)}


async def test_one_lease_has_one_holder(tenant: SqlTenantStore, together: Together) -> None:
    dataset = await tenant.datasets.create("orders", connector_id=None)
    holders = await together("lease", dataset.id, 20)
    assert len(holders) == 20
    assert len(set(holders)) == 1
