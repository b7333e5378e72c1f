"""Talking to authorization servers, and what waits for a user's return."""

from dataclasses import dataclass
from typing import Literal, Protocol

from varlor.contracts.connector import (
    Secrets,
)
from varlor.contracts.model import Model, UtcTime
from varlor.contracts.oauth import OAuthConfig, ServerMetadata
from varlor.ports.grants import Grant


class OAuthAttempt(Model):
    """An authorization under way: whom its callback must come from, and what its code is good for.

    `browser_hash`: SHA-256 in hex of the browser-binding cookie. `issuer` None: none is known.
    `onboard_run`: the one execution of onboard-connector that waits; a later start has replaced it.
    `audience`: of the settings that the user is asked by. Sealed in Redis, never in a history.
    """

    tenant_id: str
    connector_id: str
    subject: str
    nonce: str
    onboard_run: str
    browser_hash: str
    verifier: str
    redirect_uri: str
    token_url: str
    audience: str | None = None
    return_to: str | None = None
    issuer: str | None = None
    iss_required: bool = False
    created_at: UtcTime

    def __repr_args__(self) -> list[tuple[str, object]]:
        return [("connector_id", self.connector_id), ("nonce", self.nonce)]


class AuthorizationAnswer(Model):
    """What a checked callback leaves for the exchange, sealed under the attempt's nonce."""

    code: str
    verifier: str
    redirect_uri: str
    token_url: str
    audience: str | None = None

    def __repr_args__(self) -> list[tuple[str, object]]:
        return []


class OAuthAttempts(Protocol):
    """Authorizations under way, for 600 s; all raise PartUnavailableError when Redis is away."""

    async def save(self, state: str, attempt: OAuthAttempt) -> None:
        """Keep it under the state's hash."""
        ...

    async def take(self, state: str) -> OAuthAttempt | None:
        """Use the state up, atomically: of two callers one gets it. None: unknown, expired or used."""
        ...

    async def put_code(self, tenant: str, nonce: str, answer: AuthorizationAnswer) -> None: ...
    async def code(self, tenant: str, nonce: str) -> AuthorizationAnswer | None:
        """The answer, as often as a retry needs it."""
        ...

    async def drop_code(self, tenant: str, nonce: str) -> None: ...


@dataclass(frozen=True, slots=True, repr=False)
class Authorization:
    """Where to send the user, and what to remember until the callback."""

    url: str
    state: str
    verifier: str
    token_url: str
    issuer: str | None
    iss_required: bool


class OAuth2(Protocol):
    """Talks to authorization servers (`OAuth2Service`); what goes wrong there is a TokenError."""

    async def authorization(self, config: OAuthConfig, redirect_uri: str) -> Authorization:
        """A fresh state (256 bits) and S256 challenge (RFC 7636)."""
        ...

    async def exchange(self, config: OAuthConfig, secrets: Secrets, answer: AuthorizationAnswer) -> Grant: ...
    async def renew(self, config: OAuthConfig, secrets: Secrets, held: Grant | None) -> Grant:
        """The next token by the config's grant; a refresh token that is not replaced is kept.

        TokenError(invalid_grant) also when there is nothing to renew with.
        """
        ...

    async def revoke(
        self,
        config: OAuthConfig,
        secrets: Secrets,
        token: str,
        hint: Literal["access_token", "refresh_token"],
    ) -> Literal["done", "unsupported"]:
        """RFC 7009; TokenError(passing) asks for another try, any other kind is final."""
        ...

    async def metadata(self, issuer: str) -> ServerMetadata:
        """RFC 8414, or OpenID Connect Discovery; its issuer is `issuer` to the letter."""
        ...
