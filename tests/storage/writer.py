"""A process of its own for test_processes.py: does one kind of act many times at once."""

import asyncio
import sys
from datetime import UTC, datetime

from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.crypto import EncryptionService, Keyring
from varlor.storage import SqlStore, create_engine
from varlor.storage.store import SqlTenantStore

REQUEST = FetchRequest(path="/orders", dataset=DatasetTarget(name="orders"))


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


async def act(tenant: SqlTenantStore, kind: str, target: str, number: int) -> str:
    if kind == "audit":
        return (await tenant.audit.write("act", actor=target, detail={"n": str(number)})).hash
    if kind == "note":
        await tenant.runs.record(target, notes=[f"note {number % 100}"])
        return ""
    return await tenant.datasets.lease(target, f"run_{number}")


async def main(url: str, keys: str, tenant_id: str, kind: str, target: str, first: int, last: int) -> None:
    engine = create_engine(url)
    store = SqlStore(engine, EncryptionService(Keyring.parse(keys)), WallClock(), lambda tenant, _: tenant)
    tenant = store.tenant(tenant_id)
    await store.ping()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    answers = await asyncio.gather(*(act(tenant, kind, target, number) for number in range(first, last)))
    sys.stdout.write("\n".join(answers) + "\n")
    await engine.dispose()


if __name__ == "__main__":
    url, keys, tenant, kind, target, first, last = sys.argv[1:]
    asyncio.run(main(url, keys, tenant, kind, target, int(first), int(last)))
