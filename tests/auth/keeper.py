"""A keep-token-fresh in small, and what leaves with a request beside it."""

from dataclasses import dataclass, field
from datetime import timedelta

from tests.auth.conftest import MovableClock
from varlor.auth.expiry import plan
from varlor.auth.tokens import TokenManagerService
from varlor.contracts.connector import Connector, ConnectorSettings
from varlor.contracts.oauth import OAuthConfig, TokenState
from varlor.errors import PartUnavailableError
from varlor.ports import Grant
from varlor.storage import SqlStore

TENANT = "acme"
SETTINGS = ConnectorSettings(
    name="CRM",
    base_url="https://api.example.com",
    auth_type="oauth2",
    oauth_config=OAuthConfig(
        authorization_url="https://id.example.com/a", token_url="https://id.example.com/t", client_id="c"
    ),
)


@dataclass
class KeepFresh:
    """Refreshes as the workflow would; `down` is a provider that fails, `away` a Temporal that does.

    `again`: seconds until a provider that fails is asked again. `content`: by its clock it is not time yet.
    """

    store: SqlStore
    clock: MovableClock
    down: bool = False
    away: bool = False
    again: float | None = 30
    content: bool = False
    asked: list[tuple[int, bool]] = field(default_factory=list[tuple[int, bool]])

    async def ensure_fresh(
        self, tenant: str, connector: str, seen_version: int, *, force: bool = False
    ) -> TokenState:
        if self.away:
            raise PartUnavailableError("temporal", "away")
        self.asked.append((seen_version, force))
        grants = self.store.tenant(tenant).grants
        state = await grants.state(connector)
        if state.version > seen_version or self.content:
            return state
        if self.down:
            soon = None if self.again is None else self.clock.now() + timedelta(seconds=self.again)
            return await grants.mark(connector, "degraded", next_refresh_at=soon)
        return await self.connect(connector, state.version)

    async def connect(self, connector: str, version: int = 0, life: float = 3600) -> TokenState:
        now = self.clock.now()
        grant = Grant(
            f"access-{version + 1}", "canary-refresh", "Bearer", (), now, now + timedelta(seconds=life)
        )
        return await self.store.tenant(TENANT).grants.write(
            connector, grant, expected_version=version, next_refresh_at=plan(connector, grant)
        )


async def sent(manager: TokenManagerService, connector: Connector) -> str:
    auth = await manager.auth(TENANT, connector)
    return (await auth.parts()).headers["Authorization"]
