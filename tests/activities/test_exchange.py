"""The one exchange of a code on a real database and a real Valkey: what survives a death in the middle."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.oauth import OAuthActivities
from tests.activities.test_refresh import SETTINGS, Provider, grant
from varlor.auth.expiry import plan
from varlor.bootstrap import SystemClock
from varlor.cache import (
    RedisDrafts,
    RedisEvents,
    RedisOAuthAttempts,
    RedisTokenCache,
    RedisTokenStash,
    connect,
)
from varlor.contracts.connector import Secrets
from varlor.contracts.messages import OnboardInput
from varlor.contracts.oauth import TokenState
from varlor.contracts.token_acts import ExchangeOutcome
from varlor.crypto import EncryptionService, Keyring, new_master_key
from varlor.errors import PartUnavailableError
from varlor.ports import AuthorizationAnswer, Grant
from varlor.storage import SqlStore, create_engine
from varlor.storage.migrate import upgrade


@dataclass
class Exchanging(Provider):
    """A code is good once."""

    codes: list[str] = field(default_factory=list[str])

    async def exchange(self, config: Any, secrets: Any, answer: AuthorizationAnswer) -> Grant:
        self.codes.append(answer.code)
        if self.meanwhile is not None:
            await self.meanwhile()
        return grant(1)


class Told:
    """Nobody keeps a token here."""

    async def token_stored(self, tenant: str, connector: str, token: TokenState) -> None: ...


@dataclass
class Stand:
    store: SqlStore
    activities: OAuthActivities
    provider: Exchanging
    order: OnboardInput

    async def exchange(self) -> ExchangeOutcome:
        return await ActivityEnvironment().run(self.activities.exchange_code, self.order)

    async def actions(self) -> list[str]:
        lines = await self.store.tenant(self.order.tenant_id).audit.list(limit=50, cursor=None)
        return [line.action for line in lines.items][::-1]


@pytest.fixture
async def stand(tmp_path: Path, redis_url: str) -> AsyncIterator[Stand]:
    url = f"sqlite:///{tmp_path / 'varlor.db'}"
    await asyncio.to_thread(upgrade, url)
    engine, redis, clock = create_engine(url), connect(redis_url), SystemClock()
    encryption = EncryptionService(Keyring.parse(new_master_key()))
    store = SqlStore(engine, encryption, clock, lambda tenant, dataset: f"{tenant}/{dataset}")
    attempts, drafts = RedisOAuthAttempts(redis, encryption), RedisDrafts(redis, encryption)
    shelf = RedisTokenCache(redis, encryption, clock), RedisTokenStash(redis, encryption)
    provider, tenant = Exchanging(), f"t-{uuid.uuid4().hex[:12]}"
    activities = OAuthActivities(
        store, provider, attempts, drafts, *shelf, Told(), RedisEvents(redis), plan, clock
    )
    connector = await store.tenant(tenant).connectors.create(SETTINGS, Secrets(), created_by="ann")
    order = OnboardInput(tenant_id=tenant, connector_id=connector.id, nonce="n", actor="ann")
    answer = AuthorizationAnswer(
        code="code",
        verifier="v",
        redirect_uri="https://a.example/cb",
        token_url="https://id.example.com/t",
        audience=SETTINGS.audience(),
    )
    await attempts.put_code(tenant, "n", answer)
    yield Stand(store, activities, provider, order)
    await redis.aclose()
    await engine.dispose()


@pytest.mark.parametrize(
    "away", ["varlor.storage.grants.SqlGrants.write", "varlor.storage.audit.SqlAudit.write"]
)
async def test_a_database_away_before_or_after_the_write_costs_no_second_exchange(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, away: str
) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise PartUnavailableError("database", "away")

    with monkeypatch.context() as broken:
        broken.setattr(away, fails)
        for _ in range(2):
            with pytest.raises(ApplicationError) as failed:
                await stand.exchange()
            assert not failed.value.non_retryable
    outcome = await stand.exchange()
    assert outcome.token is not None, outcome.reason
    assert (outcome.token.status, outcome.token.version) == ("active", 1)
    assert stand.provider.codes == ["code"]
    assert await stand.actions() == ["token.exchanged", "authorization.completed"]


async def test_a_connector_deleted_during_the_exchange_leaves_no_living_token(stand: Stand) -> None:
    async def goes() -> None:
        connectors = stand.store.tenant(stand.order.tenant_id).connectors
        await connectors.set_status(stand.order.connector_id, "deleting")

    stand.provider.meanwhile = goes
    assert (await stand.exchange()).reason == "superseded"
    assert stand.provider.given_back == ["refresh-1", "access-1"]


@pytest.mark.parametrize("held", [True, False], ids=["again", "first"])
@pytest.mark.parametrize("early", [True, False], ids=["before the callback", "during the exchange"])
async def test_a_connector_pointed_elsewhere_since_the_consent_gets_no_token(
    stand: Stand, held: bool, early: bool
) -> None:
    """Whoever pointed it there would be sent what its user granted for the old address."""
    tenant, connector = stand.store.tenant(stand.order.tenant_id), stand.order.connector_id
    if held:
        await tenant.grants.write(connector, grant(1), expected_version=0)

    async def moved() -> None:
        elsewhere = SETTINGS.model_copy(update={"base_url": "https://elsewhere.example.net"})
        await tenant.connectors.update(connector, elsewhere, None)

    if early:
        await moved()
    else:
        stand.provider.meanwhile = moved
    assert (await stand.exchange()).reason == "superseded"
    assert await tenant.grants.open(connector) is None
    assert stand.provider.given_back == ([] if early else ["refresh-1", "access-1"])


async def test_a_token_refreshed_while_its_user_is_at_the_provider_makes_way(stand: Stand) -> None:
    grants, connector = stand.store.tenant(stand.order.tenant_id).grants, stand.order.connector_id
    await grants.write(connector, grant(2), expected_version=0)
    outcome = await stand.exchange()
    assert outcome.token is not None, outcome.reason
    assert outcome.token.version == 2
    held = await grants.open(connector)
    assert held is not None
    assert held[0].access_token == "access-1"


async def test_a_connector_that_is_being_deleted_is_not_connected(stand: Stand) -> None:
    connectors = stand.store.tenant(stand.order.tenant_id).connectors
    await connectors.set_status(stand.order.connector_id, "deleting")
    assert (await stand.exchange()).reason == "deleted"
    assert stand.provider.codes == []
