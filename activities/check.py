"""The connection test's effect. Draft and answer wait sealed in Redis, not in the history."""

import asyncio
from typing import Any

from pydantic import SecretStr
from temporalio import activity

from activities.failures import translated
from varlor.contracts.check import CheckError, CheckResult
from varlor.contracts.connector import Connector, ConnectorSettings, Secrets
from varlor.contracts.messages import CheckInput, CheckOutcome
from varlor.contracts.model import Model
from varlor.errors import AuthRequiredError, NotFoundError, TokenError
from varlor.ports import Clock, Connectors, Credentials, Drafts, OAuth2, RequestAuth, Store

SECONDS = 20.0  # for the outside request; the rest of the 30 s is ours
TOKEN_SECONDS = 6.0  # before it, for an unsaved machine's token


class CheckDraft(Model):
    """What the API leaves under the nonce: an unsaved connector with its secrets, or just what to ask."""

    connector: ConnectorSettings | None = None
    bearer_token: str | None = None
    api_key: str | None = None
    client_secret: str | None = None
    private_key: str | None = None
    path: str | None = None
    query: str | None = None
    variables: dict[str, Any] | None = None

    def secrets(self) -> Secrets:
        given = self.model_dump(include=set(Secrets.model_fields), by_alias=False)
        return Secrets.model_validate(given)


class CheckActivities:
    def __init__(
        self,
        store: Store,
        connectors: Connectors,
        credentials: Credentials,
        oauth: OAuth2,
        drafts: Drafts,
        clock: Clock,
    ) -> None:
        self._store = store
        self._connectors = connectors
        self._credentials = credentials
        self._oauth = oauth
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
            try:
                auth = await self._unsaved_auth(connector, draft.secrets())
            except (TokenError, TimeoutError) as error:
                return CheckResult(ok=False, url=connector.base_url, error=_no_token(error))
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

    async def _unsaved_auth(self, connector: Connector, secrets: Secrets) -> RequestAuth:
        """A machine's first token is asked for here, used once and stored nowhere."""
        if connector.auth_type != "oauth2" or connector.oauth_config is None:
            return self._connectors.auth(connector, secrets)
        async with asyncio.timeout(TOKEN_SECONDS):
            grant = await self._oauth.renew(connector.oauth_config, secrets, None)
        as_bearer = connector.model_copy(update={"auth_type": "bearer"})
        return self._connectors.auth(as_bearer, Secrets(bearer_token=SecretStr(grant.access_token)))

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


def _no_token(error: TokenError | TimeoutError) -> CheckError:
    if isinstance(error, TokenError) and error.kind != "passing":
        return CheckError(type="invalid_credential", title="No token", detail=error.detail)
    detail = error.detail if isinstance(error, TokenError) else "The token endpoint did not answer in time."
    return CheckError(type="unreachable", title="No token", detail=detail)
