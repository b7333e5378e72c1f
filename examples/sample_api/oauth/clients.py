"""Who may ask for tokens: registered clients, by the names of RFC 7591 section 2."""

import secrets
from typing import Any, Literal, Self

from authlib.oauth2.rfc6749 import ClientMixin
from pydantic import BaseModel, ConfigDict, Field, model_validator

SCOPES = ("users:read", "orders:read", "events:read", "offline_access")
AUTH_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")

AuthMethod = Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
GrantType = Literal["authorization_code", "refresh_token", "client_credentials"]


def _default_grants() -> list[GrantType]:
    return ["authorization_code", "refresh_token"]


class Client(BaseModel, ClientMixin):  # pyright: ignore[reportUnsafeMultipleInheritance] - the mixin has no __init__
    """What `POST /_oauth/clients` takes and answers; the same `client_id` again replaces the client.

    `rotate` false keeps one refresh token for good, as some providers do: a refresh then answers none.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    client_id: str = Field("", description="Made up when left out")
    client_secret: str = Field("", repr=False, description="Made up for the two methods that need one")
    redirect_uris: list[str] = []
    token_endpoint_auth_method: AuthMethod = "none"
    grant_types: list[GrantType] = Field(default_factory=_default_grants)
    scope: str = " ".join(SCOPES)
    jwks: dict[str, Any] | None = Field(None, description="Public keys, for private_key_jwt")
    access_token_format: Literal["opaque", "jwt"] = "opaque"
    rotate: bool = True

    @model_validator(mode="after")
    def _whole(self) -> Self:
        method = self.token_endpoint_auth_method
        if method == "private_key_jwt" and self.jwks is None:
            raise ValueError("private_key_jwt needs jwks")
        if method == "none" and "client_credentials" in self.grant_types:
            raise ValueError("client_credentials needs a client that authenticates")
        self.client_id = self.client_id or f"client-{secrets.token_hex(8)}"
        if method.startswith("client_secret"):
            self.client_secret = self.client_secret or secrets.token_urlsafe(32)
        return self

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> Any:
        """None: this server wants the address spelled out in each request."""
        return None

    def get_allowed_scope(self, scope: Any) -> str:
        if not scope:
            return self.scope
        return " ".join(name for name in scope.split() if name in self.scope.split())

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return bool(self.client_secret) and secrets.compare_digest(
            self.client_secret.encode(), client_secret.encode()
        )

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 - Authlib passes it
        return method == self.token_endpoint_auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and "authorization_code" in self.grant_types

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grant_types
