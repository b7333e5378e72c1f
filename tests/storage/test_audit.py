import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col

from varlor.crypto import new_master_key
from varlor.storage import SqlStore
from varlor.storage.chain import line_hash
from varlor.storage.store import SqlTenantStore
from varlor.storage.tables import AuditHeadRow, AuditRow


class Vandal:
    """Somebody who can write to the database and knows how hashes are made, but holds no key."""

    def __init__(self, engine: AsyncEngine, tenant_id: str) -> None:
        self._engine = engine
        self._tenant = tenant_id

    async def change(self, line: int, **values: Any) -> None:
        where = col(AuditRow.tenant_id) == self._tenant, col(AuditRow.seq) == line
        await self.run(update(AuditRow).where(*where).values(values))

    async def remove(self, *seqs: int) -> None:
        where = col(AuditRow.tenant_id) == self._tenant, col(AuditRow.seq).in_(seqs)
        await self.run(delete(AuditRow).where(*where))

    async def head(self, **values: Any) -> None:
        await self.run(update(AuditHeadRow).where(col(AuditHeadRow.tenant_id) == self._tenant).values(values))

    async def behead(self) -> None:
        await self.run(delete(AuditHeadRow).where(col(AuditHeadRow.tenant_id) == self._tenant))

    async def run(self, statement: Any) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(statement)


@pytest.fixture
def vandal(engine: AsyncEngine, tenant_id: str) -> Vandal:
    return Vandal(engine, tenant_id)


@pytest.fixture
async def chain(tenant: SqlTenantStore) -> SqlTenantStore:
    for number in range(1, 6):
        await tenant.audit.write(f"act.{number}", actor="ann", detail={"n": str(number), "odd": "\x00\ud800"})
    assert await tenant.audit.verify() is None
    return tenant


async def test_lines_are_counted_chained_and_filtered(chain: SqlTenantStore) -> None:
    await chain.audit.write(
        "token.refreshed", actor="system", connector_id="con_1", outcome="failed", correlation_id="c"
    )
    newest = await chain.audit.list(limit=2, cursor=None)
    assert [line.seq for line in newest.items] == [6, 5]
    assert newest.items[0].outcome == "failed"
    rest = await chain.audit.list(limit=9, cursor=newest.next_cursor)
    assert [line.seq for line in rest.items] == [4, 3, 2, 1]
    only = await chain.audit.list(limit=9, cursor=None, connector_id="con_1", action="token.refreshed")
    assert [line.seq for line in only.items] == [6]
    since = await chain.audit.list(limit=9, cursor=None, since=newest.items[1].time)
    assert [line.seq for line in since.items] == [6, 5]


async def test_an_empty_audit_holds(tenant: SqlTenantStore) -> None:
    assert await tenant.audit.verify() is None


@pytest.mark.parametrize(
    "values",
    [{"actor": "eve"}, {"outcome": "denied"}, {"detail": {}}, {"connector_id": "x"}, {"hash": "0" * 64}],
)
async def test_a_changed_line_is_found(chain: SqlTenantStore, vandal: Vandal, values: dict[str, Any]) -> None:
    await vandal.change(3, **values)
    assert await chain.audit.verify() == 3


async def test_a_changed_time_is_found(chain: SqlTenantStore, vandal: Vandal) -> None:
    line = (await chain.audit.list(limit=9, cursor=None)).items[3]
    await vandal.change(2, time=line.time + timedelta(microseconds=1))
    assert await chain.audit.verify() == 2


@pytest.mark.parametrize(
    ("removed", "first"), [((1,), 1), ((3,), 3), ((5,), 5), ((4, 5), 4), ((1, 2, 3, 4, 5), 1)]
)
async def test_a_removed_line_is_found_the_newest_too(
    chain: SqlTenantStore, vandal: Vandal, removed: tuple[int, ...], first: int
) -> None:
    await vandal.remove(*removed)
    assert await chain.audit.verify() == first


async def test_reordered_lines_are_found(chain: SqlTenantStore, vandal: Vandal) -> None:
    await vandal.change(2, seq=99)
    await vandal.change(3, seq=2)
    await vandal.change(99, seq=3)
    assert await chain.audit.verify() == 2


async def test_a_missing_head_is_found(chain: SqlTenantStore, vandal: Vandal) -> None:
    await vandal.behead()
    assert await chain.audit.verify() == 1


async def test_a_tail_removed_with_a_forged_head_is_found(chain: SqlTenantStore, vandal: Vandal) -> None:
    line = (await chain.audit.list(limit=9, cursor=None)).items[2]
    await vandal.remove(4, 5)
    await vandal.head(count=3, hash=line.hash)
    assert await chain.audit.verify() == 3


async def test_a_chain_rewritten_from_a_line_on_is_found(
    chain: SqlTenantStore, tenant_id: str, vandal: Vandal
) -> None:
    newest, before, *_ = (await chain.audit.list(limit=2, cursor=None)).items
    forged = AuditRow(
        tenant_id=tenant_id, **newest.model_dump(exclude={"actor"}, by_alias=False), actor="eve"
    )
    await vandal.change(5, actor="eve", hash=line_hash(forged.model_dump(), before.hash))
    await vandal.head(hash=line_hash(forged.model_dump(), before.hash))
    assert await chain.audit.verify() == 5


async def test_the_chain_goes_on_under_a_newer_key(
    chain: SqlTenantStore, tenant_id: str, make_store: Callable[[str], SqlStore], master_key: str
) -> None:
    newer = make_store(f"{new_master_key('v2')},{master_key}").tenant(tenant_id)
    assert await newer.audit.verify() is None
    await newer.audit.write("key.rotated", actor="operator")
    assert await newer.audit.verify() is None
    assert await chain.audit.verify() == 6  # without the newer key the end cannot be vouched for


async def test_a_chain_that_grows_while_it_is_looked_at_is_whole(tenant: SqlTenantStore) -> None:
    async def grow() -> None:
        for _ in range(60):
            await tenant.audit.write("act", actor="ann")

    growing, judged = asyncio.create_task(grow()), list[int | None]()
    while not growing.done():
        judged.append(await tenant.audit.verify())
    await growing
    assert set(judged) == {None}
