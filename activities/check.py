"""The connection test's effect. Draft and answer wait sealed in Redis, not in the history."""

from pydantic import SecretStr
from temporalio import activity

from activities.failures import translated
from varlor.contracts.check import CheckResult
from varlor.contracts.connector import Connector, ConnectorSettings, Secrets
from varlor.contracts.messages import CheckInput, CheckOutcome
from varlor.contracts.model import Model
from varlor.errors import NotFoundError
from varlor.ports import Clock, Connectors, Drafts, Store

SECONDS = 20.0  # for the outside request; the rest of the 30 s is ours


class CheckDraft(Model):
    """What the API leaves under the nonce: an unsaved connector with its secrets, or just a path."""

    connector: ConnectorSettings | None = None
    bearer_token: str | None = None
    api_key: str | None = None
    path: str | None = None

    def secrets(self) -> Secrets:
        return Secrets(
            bearer_token=SecretStr(self.bearer_token) if self.bearer_token else None,
            api_key=SecretStr(self.api_key) if self.api_key else None,
        )


class CheckActivities:
    def __init__(self, store: Store, connectors: Connectors, drafts: Drafts, clock: Clock) -> None:
        self._store = store
        self._connectors = connectors
        self._drafts = drafts
        self._clock = clock

    @activity.defn
    @translated
    async def check_connection(self, order: CheckInput) -> CheckOutcome:
        """Send one request, judge it, leave the answer sealed under the nonce."""
        raw = await self._drafts.get(order.tenant_id, order.nonce, "request")
        if raw is None:
            raise NotFoundError("The connection test's draft has expired. Start the test again.")
        draft = CheckDraft.model_validate_json(raw)
        result = await self._judge(order, draft)
        await self._drafts.put(order.tenant_id, order.nonce, "result", result.model_dump_json().encode())
        return CheckOutcome(ok=result.ok, error_type=result.error.type if result.error else None)

    async def _judge(self, order: CheckInput, draft: CheckDraft) -> CheckResult:
        repository = self._store.tenant(order.tenant_id).connectors
        if order.connector_id is not None:
            connector = await repository.get(order.connector_id)
            secrets = await repository.secrets(order.connector_id)
        elif draft.connector is not None:
            connector, secrets = self._unsaved(draft.connector, order.nonce), draft.secrets()
        else:
            raise NotFoundError("The connection test names no connector.")
        result = await self._connectors.check(
            order.tenant_id,
            connector,
            self._connectors.auth(connector, secrets),
            path=draft.path,
            seconds=SECONDS,
        )
        if order.connector_id is not None:
            await repository.record_check(order.connector_id, result)
        return result

    def _unsaved(self, settings: ConnectorSettings, nonce: str) -> Connector:
        now = self._clock.now()
        return Connector(
            **settings.model_dump(by_alias=False),
            id=nonce,
            status="draft",
            has_credential=True,
            created_at=now,
            updated_at=now,
        )
