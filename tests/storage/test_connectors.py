from collections.abc import Callable
from datetime import UTC

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from varlor.contracts.check import CheckError, CheckResult, Sample
from varlor.contracts.connector import ApiKeyConfig, ConnectorSettings, Secrets
from varlor.crypto import key_version_of, new_master_key
from varlor.errors import ConflictError, NotFoundError, SealError
from varlor.storage import SqlStore
from varlor.storage.store import SqlTenantStore
from varlor.storage.tables import CredentialRow

SETTINGS = ConnectorSettings(
    name="Orders \u0000 \U0001f41f",
    base_url="https://api.example.com",
    headers={"X-Team": "a"},
    auth_type="bearer",
)
TOKEN = Secrets.model_validate({"bearer_token": "canary-secret"})
KEYED = SETTINGS.model_copy(update={"auth_type": "apikey", "api_key_config": ApiKeyConfig(key_name="X-Key")})


async def test_a_connector_comes_back_as_it_was_given(tenant: SqlTenantStore) -> None:
    made = await tenant.connectors.create(SETTINGS, TOKEN, created_by="ann")
    assert made.status == "draft"
    assert made.has_credential
    assert made.created_at.tzinfo == UTC
    assert await tenant.connectors.get(made.id) == made
    assert (
        ConnectorSettings.model_validate(made.model_dump(include=set(ConnectorSettings.model_fields)))
        == SETTINGS
    )
    assert await tenant.connectors.secrets(made.id) == TOKEN


async def test_without_its_credential_it_needs_one_until_it_is_given(tenant: SqlTenantStore) -> None:
    made = await tenant.connectors.create(SETTINGS, Secrets(), created_by="ann")
    assert (made.status, made.has_credential) == ("needs_auth", False)
    assert (await tenant.connectors.update(made.id, SETTINGS, TOKEN)).status == "draft"
    other = await tenant.connectors.update(made.id, KEYED, None)
    assert (other.status, other.has_credential) == ("needs_auth", False)


async def test_an_update_keeps_the_secret_or_replaces_it_whole(tenant: SqlTenantStore) -> None:
    made = await tenant.connectors.create(SETTINGS, TOKEN, created_by="ann")
    renamed = made.model_copy(update={"name": "Renamed"})
    assert (await tenant.connectors.update(made.id, renamed, None)).name == "Renamed"
    assert await tenant.connectors.secrets(made.id) == TOKEN
    key = Secrets.model_validate({"api_key": "k"})
    assert (await tenant.connectors.update(made.id, KEYED, key)).has_credential
    assert await tenant.connectors.secrets(made.id) == key


async def test_lists_run_newest_first_page_by_page(tenant: SqlTenantStore) -> None:
    ids = [(await tenant.connectors.create(SETTINGS, TOKEN, created_by="ann")).id for _ in range(5)]
    seen: list[str] = []
    cursor = None
    for size in (2, 2, 1):
        listing = await tenant.connectors.list(limit=2, cursor=cursor)
        assert len(listing.items) == size
        seen += [item.id for item in listing.items]
        cursor = listing.next_cursor
        await tenant.connectors.create(SETTINGS, TOKEN, created_by="ann")  # shifts nothing
    assert cursor is None
    assert seen == ids[::-1] == sorted(ids, reverse=True)


async def test_erasing_takes_the_secret_along(
    tenant: SqlTenantStore, tenant_id: str, engine: AsyncEngine
) -> None:
    made = await tenant.connectors.create(SETTINGS, TOKEN, created_by="ann")
    await tenant.connectors.erase(made.id)
    with pytest.raises(NotFoundError):
        await tenant.connectors.get(made.id)
    async with AsyncSession(engine) as session:
        mine = select(CredentialRow).where(col(CredentialRow.tenant_id) == tenant_id)
        assert (await session.exec(mine)).all() == []


async def test_a_check_moves_the_status_and_leaves_no_sample_behind(tenant: SqlTenantStore) -> None:
    made = await tenant.connectors.create(SETTINGS, TOKEN, created_by="ann")
    assert await tenant.connectors.last_check(made.id) is None
    sample = Sample(columns=[], rows=[{"secret": "row"}], truncated=False)
    good = CheckResult(ok=True, url="https://api.example.com/", status_code=200, sample=sample)
    await tenant.connectors.record_check(made.id, good)
    assert (await tenant.connectors.get(made.id)).status == "connected"
    found = await tenant.connectors.last_check(made.id)
    assert found is not None
    assert found[1] == good.model_copy(update={"sample": None})
    error = CheckError(type="timeout", title="No answer", detail="No answer in 30 s.")
    await tenant.connectors.record_check(made.id, CheckResult(ok=False, url="https://x/", error=error))
    assert (await tenant.connectors.get(made.id)).status == "error"


async def test_a_connector_under_deletion_is_not_revived(tenant: SqlTenantStore) -> None:
    made = await tenant.connectors.create(SETTINGS, TOKEN, created_by="ann")
    await tenant.connectors.set_status(made.id, "deleting")
    await tenant.connectors.record_check(made.id, CheckResult(ok=True, url="https://x/"))
    assert (await tenant.connectors.get(made.id)).status == "deleting"
    with pytest.raises(ConflictError):
        await tenant.connectors.update(made.id, SETTINGS, None)


async def test_no_secret_is_stored_in_the_clear(
    tenant: SqlTenantStore, tenant_id: str, engine: AsyncEngine
) -> None:
    await tenant.connectors.create(SETTINGS, TOKEN, created_by="ann")
    async with engine.connect() as connection:
        for table in ("connectors", "credentials"):
            query = text(f"SELECT * FROM {table} WHERE tenant_id = :t")  # noqa: S608 - table names are constants
            assert "canary-secret" not in str((await connection.execute(query, {"t": tenant_id})).all())


async def test_a_sealed_secret_opens_only_in_its_own_row_field_and_version(
    tenant: SqlTenantStore, tenant_id: str, store: SqlStore, engine: AsyncEngine
) -> None:
    first = await tenant.connectors.create(SETTINGS, TOKEN, created_by="ann")
    second = await tenant.connectors.create(SETTINGS, TOKEN, created_by="ann")
    third = await store.tenant("other").connectors.create(SETTINGS, TOKEN, created_by="eve")
    async with AsyncSession(engine) as session:
        sealed = (await session.exec(_credential(tenant_id, first.id))).one().sealed
    for where, field in (((tenant_id, second.id), "bearer_token"), (("other", third.id), "bearer_token")):
        await _overwrite(engine, *where, {"sealed": {field: sealed["bearer_token"]}})
        with pytest.raises(SealError):
            await store.tenant(where[0]).connectors.secrets(where[1])
    await _overwrite(engine, tenant_id, first.id, {"sealed": {"api_key": sealed["bearer_token"]}})
    with pytest.raises(SealError):
        await tenant.connectors.secrets(first.id)
    await _overwrite(engine, tenant_id, first.id, {"sealed": sealed, "version": 7})
    with pytest.raises(SealError):
        await tenant.connectors.secrets(first.id)


async def test_a_new_key_seals_what_is_written_next_and_the_old_one_still_opens(
    tenant: SqlTenantStore,
    tenant_id: str,
    make_store: Callable[[str], SqlStore],
    master_key: str,
    engine: AsyncEngine,
) -> None:
    made = await tenant.connectors.create(SETTINGS, TOKEN, created_by="ann")
    rotated = make_store(f"{new_master_key('v2')},{master_key}").tenant(tenant_id).connectors
    assert await rotated.secrets(made.id) == TOKEN
    await rotated.update(made.id, SETTINGS, TOKEN)
    async with AsyncSession(engine) as session:
        row = (await session.exec(_credential(tenant_id, made.id))).one()
    assert row.key_version == key_version_of(row.sealed["bearer_token"]) == "v2"
    assert row.version == 2
    with pytest.raises(SealError):
        await make_store(new_master_key()).tenant(tenant_id).connectors.secrets(made.id)


def _credential(tenant: str, connector: str):  # noqa: ANN202 - a private query
    mine = col(CredentialRow.tenant_id) == tenant
    return select(CredentialRow).where(mine, col(CredentialRow.connector_id) == connector)


async def _overwrite(engine: AsyncEngine, tenant: str, connector: str, values: dict[str, object]) -> None:
    mine = col(CredentialRow.tenant_id) == tenant
    async with engine.begin() as connection:
        where = mine, col(CredentialRow.connector_id) == connector
        await connection.execute(update(CredentialRow).where(*where).values(values))
