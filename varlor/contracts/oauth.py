"""How a connector gets its OAuth 2.0 tokens, and what may be told of the token it has."""

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from varlor.contracts.model import Model, UtcTime

GrantType = Literal["authorization_code", "client_credentials", "refresh_token"]
ClientAuthMethod = Literal["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]
TokenStatus = Literal["none", "active", "refreshing", "degraded", "needs_reauth", "revoked"]

Endpoint = Annotated[str, StringConstraints(min_length=1, max_length=2048, strip_whitespace=True)]
ScopeName = Annotated[str, StringConstraints(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,256}$")]  # RFC 6749, 3.3
ParamName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:\[\]-]{1,128}$")]
ParamValue = Annotated[str, StringConstraints(max_length=2048, pattern=r"^[^\x00-\x1f\x7f]*$")]

RESERVED_PARAMS: Final = frozenset(
    {
        "assertion",
        "client_assertion",
        "client_assertion_type",
        "client_id",
        "client_secret",
        "code",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "grant_type",
        "password",
        "redirect_uri",
        "refresh_token",
        "request",
        "request_uri",
        "response_mode",
        "response_type",
        "scope",
        "state",
        "token",
        "username",
    }
)


class OAuthConfig(Model):
    """What is registered at the authorization server, without its secrets.

    Endpoints that are not given come from the issuer's metadata (RFC 8414). `redirect_uri` is what to
    register there: it is computed from the settings when a connector is shown, and never stored.
    """

    grant: GrantType = "authorization_code"
    authorization_url: Endpoint | None = None
    token_url: Endpoint | None = None
    revocation_url: Endpoint | None = None
    issuer: Endpoint | None = None
    client_id: Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{1,512}$")]
    token_endpoint_auth_method: ClientAuthMethod = "none"  # noqa: S105 - a method's name
    scopes: Annotated[list[ScopeName], Field(max_length=128)] = []
    audience: Annotated[str, StringConstraints(min_length=1, max_length=2048)] | None = None
    extra_params: Annotated[dict[ParamName, ParamValue], Field(max_length=32)] = {}
    redirect: Literal["connector", "shared"] = "connector"
    redirect_uri: str | None = None

    @model_validator(mode="after")
    def _findable(self) -> "OAuthConfig":
        if self.issuer is None and self.token_url is None:
            raise ValueError("give tokenUrl, or issuer to find it by")
        if self.grant == "authorization_code" and self.issuer is None and self.authorization_url is None:
            raise ValueError("give authorizationUrl, or issuer to find it by")
        return self

    @model_validator(mode="after")
    def _no_reserved_params(self) -> "OAuthConfig":
        if taken := sorted(RESERVED_PARAMS & {name.lower() for name in self.extra_params}):
            raise ValueError(f"extraParams may not set {', '.join(taken)}")
        return self


class TokenState(Model):
    """A connector's token without the token. `version` grows with each one stored; 0 before the first."""

    status: TokenStatus = "none"
    version: int = 0
    expires_at: UtcTime | None = None
    next_refresh_at: UtcTime | None = None
    scopes: list[str] = []


class ServerMetadata(Model):
    """What an authorization server says of itself (RFC 8414, section 2); `iss_required` is RFC 9207's."""

    issuer: str
    authorization_url: str | None = None
    token_url: str | None = None
    revocation_url: str | None = None
    jwks_url: str | None = None
    iss_required: bool = False
    auth_methods: list[str] = []
    scopes: list[str] = []
