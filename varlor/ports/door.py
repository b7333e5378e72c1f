"""Who asks: bearer tokens, sessions, and the addresses that may be saved."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Role = Literal["viewer", "editor", "admin", "operator"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks. `tenant_id` is None only for an operator, who belongs to the platform."""

    subject: str
    tenant_id: str | None
    roles: frozenset[Role]
    expires_at: datetime


class TokenVerifier(Protocol):
    """Says whose bearer token this is."""

    async def verify(self, token: str) -> Identity:
        """Raises UnauthenticatedError, or PartUnavailableError when the keys cannot be fetched."""
        ...


class Sessions(Protocol):
    """The browser's sign-in: a one-time code becomes an opaque session; all raise PartUnavailableError."""

    async def invite(self, identity: Identity) -> str:
        """A code that opens one session, once, until `identity.expires_at`."""
        ...

    async def open(self, identity: Identity) -> tuple[str, Identity]:
        """A session for somebody the identity provider has named: its token, and whose it is until when."""
        ...

    async def redeem(self, code: str) -> tuple[str, Identity]:
        """Use the code up: the new session's token and whose it is; UnauthenticatedError if it is spent."""
        ...

    async def resolve(self, token: str) -> Identity: ...
    async def close(self, token: str) -> None: ...


@dataclass(frozen=True, slots=True, repr=False)
class SignInBegun:
    """`secret` stays with the browser that begins, `state` comes back with it, `url` is where it is sent."""

    secret: str
    state: str
    url: str


class SignIn(Protocol):
    """The identity provider's sign-in; both steps raise TokenError when it refuses or does not answer."""

    async def begin(self) -> SignInBegun: ...

    def state_of(self, secret: str) -> str:
        """The state that belongs to the secret."""
        ...

    async def finish(self, secret: str, code: str, issuer: str | None) -> Identity:
        """Who signed in.

        Raises UnauthenticatedError for an answer that does not belong to the attempt, ForbiddenError for an
        account without a role, PartUnavailableError while the provider's keys cannot be fetched.
        """
        ...


class UrlJudge(Protocol):
    """Says whether an address may be saved as a base URL."""

    def check_saved(self, url: str) -> str:
        """The normalised URL; raises InvalidInputError."""
        ...
