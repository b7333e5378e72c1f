"""Request and answer bodies that are the API's own; the shared ones live in varlor/contracts."""

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field, StringConstraints, model_validator

from api.write_only import SentWriteOnly, WriteOnly
from varlor.contracts.check import CheckResult
from varlor.contracts.connector import (
    ApiKeyConfig,
    ApiType,
    AuthType,
    ConnectorSettings,
    ConnectorStatus,
    HeaderValue,
    Url,
)
from varlor.contracts.error_rules import ErrorRules
from varlor.contracts.fetch import Path, Query
from varlor.contracts.incremental import CursorValue
from varlor.contracts.model import NUMBER, GivenName, HeaderName, Id, Model, UtcTime
from varlor.contracts.oauth import (
    ClientAuthMethod,
    Endpoint,
    GrantType,
    OAuthConfig,
    ParamName,
    ParamValue,
    ScopeName,
    TokenState,
)
from varlor.contracts.pagination import Pagination
from varlor.contracts.preset import VariableName, VariableValue
from varlor.contracts.run import ProgressPoint
from varlor.contracts.schedule import MaxAge
from varlor.contracts.webhook import InboxState, WebhookConfig, WebhookSecret

M = TypeVar("M", bound=Model)
ConnectorType = Literal["api", "database", "storage"]


class Page(Model, Generic[M]):
    """One slice of a list, newest first; `nextCursor` is null at the end."""

    items: list[M]
    next_cursor: str | None = None


class OAuthConfigInput(OAuthConfig):
    """How tokens are got; the secrets are write-only, and `redirectUri` is ours to say."""

    client_secret: WriteOnly = None
    private_key: WriteOnly = None
    refresh_token: WriteOnly = None


class OAuthConfigPatch(Model):
    """RFC 7396 merge patch of `oauthConfig`. Secrets are replaced whole: send all that are needed."""

    grant: GrantType | None = None
    authorization_url: Endpoint | None = None
    token_url: Endpoint | None = None
    revocation_url: Endpoint | None = None
    issuer: Endpoint | None = None
    client_id: Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{1,512}$")] | None = None
    token_endpoint_auth_method: ClientAuthMethod | None = None
    scopes: Annotated[list[ScopeName], Field(max_length=128)] | None = None
    audience: Annotated[str, StringConstraints(min_length=1, max_length=2048)] | None = None
    extra_params: Annotated[dict[ParamName, ParamValue | None], Field(max_length=32)] | None = None
    redirect: Literal["connector", "shared"] | None = None
    redirect_uri: str | None = None
    client_secret: WriteOnly = None
    private_key: WriteOnly = None
    refresh_token: WriteOnly = None


class ConnectorInput(ConnectorSettings):
    """A connector as a caller describes it; the secrets are write-only."""

    name: GivenName
    connector_type: ConnectorType = "api"  # pyright: ignore[reportIncompatibleVariableOverride] - wider: reserved words get their own answer
    oauth_config: OAuthConfigInput | None = None  # pyright: ignore[reportIncompatibleVariableOverride] - with its secrets
    bearer_token: SentWriteOnly = None
    api_key: SentWriteOnly = None
    webhook_secret: WebhookSecret | None = None


class PresetConnector(Model):
    """What a user adds to a preset to make a connector of it. `authType`: the preset's first if not given.

    `baseUrl` in place of the preset's is for an instance of one's own.
    """

    name: GivenName | None = None
    variables: Annotated[dict[VariableName, VariableValue], Field(max_length=8)] = {}
    base_url: Url | None = None
    auth_type: AuthType | None = None
    bearer_token: SentWriteOnly = None
    api_key: SentWriteOnly = None
    client_id: Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{1,512}$")] | None = None
    client_secret: WriteOnly = None


class RateLimitPatch(Model):
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000), NUMBER] | None = None
    burst_limit: Annotated[int, Field(ge=1, le=10_000), NUMBER] | None = None


class ConnectorPatch(Model):
    """RFC 7396 merge patch of a connector: absent keeps, null removes.

    `pagination`, `apiKeyConfig` and `webhookConfig` are replaced whole: their fields mean nothing one by one.
    """

    name: GivenName | None = None
    connector_type: ConnectorType | None = None
    api_type: ApiType | None = None
    base_url: Url | None = None
    headers: Annotated[dict[HeaderName, HeaderValue | None], Field(max_length=64)] | None = None
    auth_type: AuthType | None = None
    api_key_config: ApiKeyConfig | None = None
    rate_limit_config: RateLimitPatch | None = None
    oauth_config: OAuthConfigPatch | None = None
    pagination: Pagination | None = None
    webhook_config: WebhookConfig | None = None
    error_rules: ErrorRules | None = None
    bearer_token: SentWriteOnly = None
    api_key: SentWriteOnly = None


class SecretRotation(Model):
    """`webhookSecret`: the sender's, where it chooses one; else a new one is made. `graceSeconds` of both."""

    webhook_secret: WebhookSecret | None = None
    grace_seconds: Annotated[int, Field(ge=0, le=604_800), NUMBER] = 86_400


class SecretRotated(Model):
    """`webhookSecret` is null where the caller has given it."""

    webhook_url: str
    webhook_secret: str | None
    former_valid_until: UtcTime


class CheckRequest(Model):
    """A connection test of a stored connector, or of one that is not saved yet."""

    connector_id: Id | None = None
    connector: ConnectorInput | None = None
    path: Path | None = None
    query: Annotated[Query, Field(description="GraphQL: instead of `{ __typename }`")] | None = None
    variables: Annotated[dict[str, Any], Field(max_length=128, description="GraphQL: of the query")] = {}

    @model_validator(mode="after")
    def _one_connector(self) -> "CheckRequest":
        if self.path is not None and self.query is not None:
            raise ValueError("give path or query, not both")
        if self.variables and self.query is None:
            raise ValueError("variables need a query")
        if (self.connector is None) == (self.connector_id is None):
            raise ValueError("give either connector or connectorId")
        return self


class LastCheck(Model):
    """The newest connection test, without its sample."""

    time: UtcTime
    result: CheckResult


class RateUse(Model):
    """Requests in the last minute and second; `blockedFor` seconds of silence that the API asked for."""

    last_minute: int
    last_second: int
    requests_per_minute: int
    burst_limit: int
    blocked_for: float


class ErrorRate(Model):
    """How many of the newest finished runs failed."""

    runs: int
    failed: int


class OAuthStartRequest(Model):
    """Connects a connector; `returnTo` is a path of this server where the browser goes in the end."""

    connector_id: Id
    return_to: Annotated[str, StringConstraints(max_length=2048)] | None = None


class OAuthStarted(Model):
    """Send the user to `authorizationUrl` with this browser: the answer's cookie binds the two."""

    authorization_url: str
    state: str
    expires_at: UtcTime
    workflow_id: str


class OAuthEnd(Model):
    """How an onboarding ended; `reason` is a slug when there is no connection."""

    oauth: Literal["connected", "error"]
    connector_id: str | None = None
    reason: str | None = None


class ConnectorHealth(Model):
    """How a connector is doing. `rateLimit` is null while Redis is away, `inbox` is a webhook's alone."""

    connector_id: Id
    status: ConnectorStatus
    last_check: LastCheck | None
    token: TokenState
    rate_limit: RateUse | None
    recent: ErrorRate
    inbox: InboxState | None = None


class Retiring(Model):
    """A deletion under way."""

    connector_id: Id
    workflow_id: str
    status: Literal["deleting"] = "deleting"


class FetchAccepted(Model):
    run_id: Id
    dataset_id: Id
    workflow_id: str


class RunProgress(Model):
    """A run's numbers over time, oldest first; kept for a day after its last page."""

    points: list[ProgressPoint]


class RunPatch(Model):
    """Lowers the run's share of its connector's rate; null gives the full rate back."""

    requests_per_minute: Annotated[int, Field(ge=1, le=100_000), NUMBER] | None


class DatasetPatch(Model):
    """RFC 7396 merge patch of a dataset. `freshness`: not older than so many seconds; null takes it back."""

    name: GivenName | None = None
    freshness: MaxAge | None = None

    @model_validator(mode="after")
    def _something(self) -> "DatasetPatch":
        if self.name is None and "freshness" not in self.model_fields_set:
            raise ValueError("give name or freshness")
        return self


class ResetRequest(Model):
    """Where the next sync starts: at `from`, as the API's parameter takes it, or without it from nothing."""

    from_: Annotated[CursorValue | None, Field(alias="from")] = None


class SessionRequest(Model):
    code: Annotated[str, StringConstraints(min_length=16, max_length=256, pattern=r"^[A-Za-z0-9_-]+$")]


class SessionInfo(Model):
    """Who is signed in."""

    subject: str
    tenant_id: str | None
    roles: list[str]
    expires_at: datetime


class Part(Model):
    state: Literal["up", "down"]


class Readiness(Model):
    """`parts` names every part of the stack that the API needs."""

    status: Literal["ready", "unavailable"]
    parts: dict[str, Part]


class Liveness(Model):
    status: Literal["ok"] = "ok"
