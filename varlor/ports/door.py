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

    async def redeem(self, code: str) -> tuple[str, Identity]:
        """Use the code up: the new session's token and whose it is; UnauthenticatedError if it is spent."""
        ...

    async def resolve(self, token: str) -> Identity: ...
    async def close(self, token: str) -> None: ...


class UrlJudge(Protocol):
    """Says whether an address may be saved as a base URL."""

    def check_saved(self, url: str) -> str:
        """The normalised URL; raises InvalidInputError."""
        ...
