"""The connector: where an API is, who we are to it, and how fast it may be asked."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints

from varlor.contracts.model import Id, Model, Name, UtcTime
from varlor.contracts.oauth import OAuthConfig
from varlor.contracts.pagination import Pagination

ApiType = Literal["rest", "graphql", "webhook"]
AuthType = Literal["none", "bearer", "oauth2", "apikey"]
ConnectorStatus = Literal["draft", "needs_auth", "connected", "error", "needs_reauth", "revoked", "deleting"]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$")]
HeaderValue = Annotated[str, StringConstraints(max_length=4096, pattern=r"^[\x20-\x7e\x80-\xff]*$")]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2048, strip_whitespace=True)]
PresetId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=16384)]


class ApiKeyConfig(Model):
    """Where an API key goes: a header or a query parameter, with an optional prefix."""

    key_name: Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z\[\]-]{1,128}$")]
    location: Literal["header", "query"] = "header"
    prefix: Annotated[str, StringConstraints(max_length=64, pattern=r"^[\x20-\x7e]*$")] | None = None


class RateLimitConfig(Model):
    """At most `requests_per_minute` in any 60 s, and `burst_limit` in any one second."""

    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 60
    burst_limit: Annotated[int, Field(ge=1, le=10_000)] = 10


class ConnectorSettings(Model):
    """What a connector is made of, without its secrets."""

    name: Name
    connector_type: Literal["api"] = "api"
    api_type: ApiType = "rest"
    base_url: Url
    headers: Annotated[dict[HeaderName, HeaderValue], Field(max_length=64)] = {}
    auth_type: AuthType = "none"
    api_key_config: ApiKeyConfig | None = None
    oauth_config: OAuthConfig | None = None
    rate_limit_config: RateLimitConfig = RateLimitConfig()
    pagination: Pagination | None = None
    preset_id: PresetId | None = None


class Secrets(Model):
    """A connector's secrets in the clear: only between unsealing and sending, never stored or logged.

    `private_key` is a PEM for private_key_jwt; `refresh_token` the first one of the grant refresh_token.
    """

    bearer_token: Secret | None = None
    api_key: Secret | None = None
    client_secret: Secret | None = None
    private_key: Secret | None = None
    refresh_token: Secret | None = None


class Connector(ConnectorSettings):
    """A stored connector as the API shows it; its secrets are not part of it."""

    id: Id
    status: ConnectorStatus
    has_credential: bool
    created_at: UtcTime
    updated_at: UtcTime
