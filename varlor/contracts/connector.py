"""The connector: where an API is, who we are to it, and how fast it may be asked."""

import json
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from varlor.contracts.error_rules import ErrorRules
from varlor.contracts.model import NUMBER, HeaderName, Id, Model, Name, UtcTime
from varlor.contracts.oauth import OAuthConfig
from varlor.contracts.pagination import Pagination
from varlor.contracts.webhook import WebhookConfig

ApiType = Literal["rest", "graphql", "webhook"]
AuthType = Literal["none", "bearer", "oauth2", "apikey"]
ConnectorStatus = Literal["draft", "needs_auth", "connected", "error", "needs_reauth", "revoked", "deleting"]
HeaderValue = Annotated[
    str, StringConstraints(max_length=4096, strip_whitespace=True, pattern=r"^[\x20-\x7e\x80-\xff]*$")
]
"""Without the spaces around it, which belong to no value (RFC 9110, 5.5)."""
Url = Annotated[str, StringConstraints(min_length=1, max_length=2048, strip_whitespace=True)]
PresetId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
BaseUrl = Annotated[str, StringConstraints(max_length=2048, strip_whitespace=True)]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=16384)]


def _one_line(secret: SecretStr) -> SecretStr:
    if any(character in secret.get_secret_value() for character in "\0\r\n"):
        raise ValueError("holds a line break or NUL; remove it")
    return secret


SentSecret = Annotated[Secret, AfterValidator(_one_line)]
"""A secret that goes into a header or a parameter as it is."""


class ApiKeyConfig(Model):
    """Where an API key goes: a header or a query parameter, with an optional prefix."""

    key_name: Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z\[\]-]{1,128}$")]
    location: Literal["header", "query"] = "header"
    prefix: Annotated[str, StringConstraints(max_length=64, pattern=r"^[\x20-\x7e]*$")] | None = None


class RateLimitConfig(Model):
    """At most `requests_per_minute` in any 60 s, and `burst_limit` in any one second."""

    requests_per_minute: Annotated[int, Field(ge=1, le=100_000), NUMBER] = 60
    burst_limit: Annotated[int, Field(ge=1, le=10_000), NUMBER] = 10


class ConnectorSettings(Model):
    """What a connector is made of, without its secrets. A webhook calls nobody, so it has no `baseUrl`."""

    name: Name
    connector_type: Literal["api"] = "api"
    api_type: ApiType = "rest"
    base_url: BaseUrl = ""
    headers: Annotated[dict[HeaderName, HeaderValue], Field(max_length=64)] = {}
    auth_type: AuthType = "none"
    api_key_config: ApiKeyConfig | None = None
    oauth_config: OAuthConfig | None = None
    rate_limit_config: RateLimitConfig = RateLimitConfig()
    pagination: Pagination | None = None
    preset_id: PresetId | None = None
    webhook_config: WebhookConfig | None = None
    error_rules: ErrorRules = []

    def audience(self) -> str:
        """Everybody who is sent a part of the token, and as whom: of a changed one its user knows nothing."""
        if self.auth_type != "oauth2" or self.oauth_config is None:
            return ""
        api = urlsplit(self.base_url)
        whom = {"grant", "authorization_url", "token_url", "revocation_url", "issuer", "client_id"}
        return json.dumps([api.scheme, api.netloc, *self.oauth_config.model_dump(include=whom).values()])

    @model_validator(mode="before")
    @classmethod
    def _given(cls, data: Any) -> Any:
        """A `baseUrl` left out is judged like an empty one, so that the error names it as the wire does."""
        absent = isinstance(data, dict) and not {"baseUrl", "base_url"} & cast("dict[str, Any]", data).keys()
        return {**data, "baseUrl": ""} if absent else data

    @field_validator("base_url")
    @classmethod
    def _where(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("api_type") == "webhook":
            if value:
                raise PydanticCustomError("no_base_url", "A webhook has no baseUrl; leave it out.")
        elif not value:
            raise PydanticCustomError("missing", "Field required")
        return value


class Secrets(Model):
    """A connector's secrets in the clear: only between unsealing and sending, never stored or logged.

    `private_key` is a PEM for private_key_jwt; `refresh_token` the first one of the grant refresh_token.
    `former_webhook_secret` is valid beside `webhook_secret` for a grace time after a rotation.
    """

    bearer_token: Secret | None = None
    api_key: Secret | None = None
    client_secret: Secret | None = None
    private_key: Secret | None = None
    refresh_token: Secret | None = None
    webhook_secret: Secret | None = None
    former_webhook_secret: Secret | None = None


class Connector(ConnectorSettings):
    """A stored connector as the API shows it; its secrets are not part of it.

    A webhook's: `hook_id` ends its `webhook_url`; `webhook_secret` is answered once, by what made it.
    """

    id: Id
    status: ConnectorStatus
    has_credential: bool
    hook_id: str | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None
    created_at: UtcTime
    updated_at: UtcTime
