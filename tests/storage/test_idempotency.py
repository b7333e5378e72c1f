import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from varlor.errors import ConflictError
from varlor.ports import RememberedAnswer
from varlor.storage.store import SqlTenantStore

ANSWER = RememberedAnswer("print", 201, {"webhookSecret": "canary-secret", "n": None})


async def test_the_first_answer_is_given_again(tenant: SqlTenantStore) -> None:
    assert await tenant.idempotency.begin("key \x00" + "x" * 9000, "print") is None
    await tenant.idempotency.finish("key \x00" + "x" * 9000, ANSWER)
    assert await tenant.idempotency.begin("key \x00" + "x" * 9000, "other") == ANSWER
    assert await tenant.idempotency.begin("another", "print") is None


async def test_of_many_at_once_one_goes_on(tenant: SqlTenantStore) -> None:
    begins = (tenant.idempotency.begin("key", "print") for _ in range(8))
    results = await asyncio.gather(*begins, return_exceptions=True)
    assert results.count(None) == 1
    assert sum(isinstance(result, ConflictError) for result in results) == 7


async def test_an_abandoned_key_may_be_used_again(tenant: SqlTenantStore) -> None:
    await tenant.idempotency.begin("key", "print")
    await tenant.idempotency.abandon("key")
    assert await tenant.idempotency.begin("key", "print") is None
    await tenant.idempotency.finish("key", ANSWER)
    await tenant.idempotency.abandon("key")
    assert await tenant.idempotency.begin("key", "print") == ANSWER


async def test_the_claim_of_a_dead_process_is_taken_over_after_a_minute(
    tenant: SqlTenantStore, later: Callable[[timedelta], None]
) -> None:
    await tenant.idempotency.begin("key", "print")
    later(timedelta(seconds=58))
    with pytest.raises(ConflictError):
        await tenant.idempotency.begin("key", "print")
    later(timedelta(seconds=2))
    begins = (tenant.idempotency.begin("key", "print") for _ in range(4))
    assert (await asyncio.gather(*begins, return_exceptions=True)).count(None) == 1


async def test_the_answer_of_a_claim_that_was_taken_over_is_not_kept(
    tenant: SqlTenantStore, later: Callable[[timedelta], None]
) -> None:
    await tenant.idempotency.begin("key", "print")
    later(timedelta(seconds=61))
    assert await tenant.idempotency.begin("key", "other") is None
    await tenant.idempotency.finish("key", ANSWER)
    theirs = RememberedAnswer("other", 201, {"n": 1})
    for answer in (theirs, RememberedAnswer("other", 201, {"n": 2})):
        await tenant.idempotency.finish("key", answer)
        assert await tenant.idempotency.begin("key", "other") == theirs


async def test_an_answer_is_kept_for_a_day(
    tenant: SqlTenantStore, later: Callable[[timedelta], None]
) -> None:
    await tenant.idempotency.begin("key", "print")
    await tenant.idempotency.finish("key", ANSWER)
    later(timedelta(hours=23, minutes=59))
    assert await tenant.idempotency.begin("key", "print") == ANSWER
    later(timedelta(minutes=2))
    assert await tenant.idempotency.begin("key", "print") is None


async def test_an_answer_is_sealed(tenant: SqlTenantStore, tenant_id: str, engine: AsyncEngine) -> None:
    await tenant.idempotency.begin("key", "print")
    await tenant.idempotency.finish("key", ANSWER)
    async with engine.connect() as connection:
        query = text("SELECT * FROM idempotency_keys WHERE tenant_id = :t")
        assert "canary-secret" not in str((await connection.execute(query, {"t": tenant_id})).all())
