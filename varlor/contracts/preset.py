"""The preset: a connector that is ready but for the credential, in one small declarative file.

Every block names its `source`, the page of the API's own documentation that states its facts.
"""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from varlor.contracts.connector import (
    ApiKeyConfig,
    AuthType,
    HeaderName,
    HeaderValue,
    PresetId,
    RateLimitConfig,
    Url,
)
from varlor.contracts.fetch import ParamValue, Path
from varlor.contracts.incremental import Incremental
from varlor.contracts.model import Model, Name
from varlor.contracts.oauth import ClientAuthMethod, GrantType, ParamName, ScopeName
from varlor.contracts.oauth import Endpoint as OAuthEndpoint
from varlor.contracts.oauth import ParamValue as OAuthParamValue
from varlor.contracts.pagination import JsonPath, Pagination

VariableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
VariableValue = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
_SLOT: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class PresetVariable(Model):
    """What differs from account to account and stands in an address as `{name}`."""

    name: VariableName
    title: Words
    example: VariableValue


class PresetOAuth(Model):
    """An `oauthConfig` without what each user registers: client id and secret."""

    grant: GrantType = "authorization_code"
    authorization_url: OAuthEndpoint | None = None
    token_url: OAuthEndpoint | None = None
    revocation_url: OAuthEndpoint | None = None
    issuer: OAuthEndpoint | None = None
    token_endpoint_auth_method: ClientAuthMethod = "none"  # noqa: S105 - a method's name
    scopes: Annotated[list[ScopeName], Field(max_length=128)] = []
    extra_params: Annotated[dict[ParamName, OAuthParamValue], Field(max_length=32)] = {}


class PresetAuth(Model):
    """One way to be let in; the first of a preset is the one to offer first."""

    type: AuthType
    title: Words
    source: Url
    api_key_config: ApiKeyConfig | None = None
    oauth_config: PresetOAuth | None = None

    @model_validator(mode="after")
    def _whole(self) -> "PresetAuth":
        for kind, field, value in (
            ("apikey", "apiKeyConfig", self.api_key_config),
            ("oauth2", "oauthConfig", self.oauth_config),
        ):
            if (self.type == kind) != (value is not None):
                raise ValueError(f"{field} belongs to type {kind}, and to it alone")
        return self


class PresetRateLimit(RateLimitConfig):
    """The API's documented limit, or what stays below it."""

    source: Url


class PresetEndpoint(Model):
    """Records that can be read. `params` and `body` are sent unless the fetch request has its own.

    A `{slot}` in the path is a parameter that the fetch request must give. GraphQL endpoints have a
    `query` with its `variables` in place of a path. `incremental` suggests how to read only what is new.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
    summary: Words
    source: Url
    path: Path | None = None
    method: Literal["GET", "POST"] = "GET"
    params: Annotated[
        dict[Annotated[str, StringConstraints(max_length=128)], ParamValue], Field(max_length=32)
    ] = {}
    body: dict[str, Any] | None = None
    query: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    variables: dict[str, Any] = {}
    record_path: JsonPath | None = None
    pagination: Pagination | None = None
    primary_key: Annotated[list[Name], Field(max_length=16)] = []
    incremental: Incremental | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "PresetEndpoint":
        if (self.path is None) == (self.query is None):
            raise ValueError("give either path or, for GraphQL, query")
        return self


class Preset(Model):
    """A ready-made connector. Slots of `variables` may stand in `baseUrl` and in OAuth addresses."""

    id: PresetId
    name: Name
    summary: Words
    docs: Url
    api_type: Literal["rest", "graphql"] = "rest"
    base_url: Url
    variables: Annotated[list[PresetVariable], Field(max_length=8)] = []
    headers: Annotated[dict[HeaderName, HeaderValue], Field(max_length=16)] = {}
    auth: Annotated[list[PresetAuth], Field(min_length=1, max_length=8)]
    rate_limit: PresetRateLimit | None = None
    pagination: Pagination | None = None
    test_path: Path | None = None
    endpoints: Annotated[list[PresetEndpoint], Field(min_length=1, max_length=3_000)]

    @model_validator(mode="after")
    def _consistent(self) -> "Preset":
        known = {each.name for each in self.variables}
        if strange := sorted(set(_SLOT.findall(self.base_url)) ^ known):
            raise ValueError(f"baseUrl and variables disagree about {', '.join(strange)}")
        ids = [each.id for each in self.endpoints]
        if twice := sorted({each for each in ids if ids.count(each) > 1}):
            raise ValueError(f"endpoints share the id {', '.join(twice)}")
        if wrong := [
            each.id for each in self.endpoints if (each.query is not None) != (self.api_type == "graphql")
        ]:
            raise ValueError(f"apiType {self.api_type} does not go with the endpoint {wrong[0]}")
        return self

    def filled(self, text: str, values: dict[str, str]) -> str:
        """`text` with its slots filled; KeyError names a variable that was not given."""
        return _SLOT.sub(lambda slot: values[slot[1]], text)


class PresetSummary(Model):
    """A preset in a list."""

    id: PresetId
    name: Name
    summary: Words
    docs: Url
    api_type: Literal["rest", "graphql"]
    auth_types: list[AuthType]
    endpoints: int
