"""The connection test's effect. Draft and answer wait sealed in Redis, not in the history."""

from typing import Any

from pydantic import SecretStr
from temporalio import activity

from activities.failures import translated
from varlor.contracts.check import CheckError, CheckResult
from varlor.contracts.connector import Connector, ConnectorSettings, Secrets
from varlor.contracts.messages import CheckInput, CheckOutcome
from varlor.contracts.model import Model
from varlor.errors import AuthRequiredError, NotFoundError
from varlor.ports import Clock, Connectors, Credentials, Drafts, RequestAuth, Store

SECONDS = 20.0  # for the outside request; the rest of the 30 s is ours


class CheckDraft(Model):
    """What the API leaves under the nonce: an unsaved connector with its secrets, or just what to ask."""

    connector: ConnectorSettings | None = None
    bearer_token: str | None = None
    api_key: str | None = None
    path: str | None = None
    query: str | None = None
    variables: dict[str, Any] | None = None

    def secrets(self) -> Secrets:
        return Secrets(
            bearer_token=SecretStr(self.bearer_token) if self.bearer_token else None,
            api_key=SecretStr(self.api_key) if self.api_key else None,
        )


class CheckActivities:
    def __init__(
        self, store: Store, connectors: Connectors, credentials: Credentials, drafts: Drafts, clock: Clock
    ) -> None:
        self._store = store
        self._connectors = connectors
        self._credentials = credentials
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
            auth = await self._credentials.auth(order.tenant_id, connector)
        elif draft.connector is not None:
            connector = self._unsaved(draft.connector, order.nonce)
            auth = self._connectors.auth(connector, draft.secrets())
        else:
            raise NotFoundError("The connection test names no connector.")
        result = await self._asked(order.tenant_id, connector, auth, draft)
        if order.connector_id is not None:
            await repository.record_check(order.connector_id, result)
        return result

    async def _asked(
        self, tenant: str, connector: Connector, auth: RequestAuth, draft: CheckDraft
    ) -> CheckResult:
        try:
            return await self._connectors.check(
                tenant,
                connector,
                auth,
                path=draft.path,
                seconds=SECONDS,
                query=draft.query,
                variables=draft.variables,
            )
        except AuthRequiredError as error:
            told = CheckError(type="invalid_credential", title="Not connected", detail=error.detail)
            return CheckResult(ok=False, url=connector.base_url, error=told)

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
