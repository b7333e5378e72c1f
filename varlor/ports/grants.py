"""OAuth tokens at rest: sealed in the database, copied and stashed in Redis."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from varlor.contracts.connector import Connector, Secrets
from varlor.contracts.oauth import TokenState, TokenStatus
from varlor.ports.audit import AuditLine


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """A token answer: what it opens, and until when. `expires_at` is None when nobody knows.

    `key_version`: the master key that it was stored under, known once it was opened.
    """

    access_token: str
    refresh_token: str | None
    token_type: str
    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime | None
    key_version: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class HeldToken:
    """A connector with all that a renewal of its token needs; `grant` None: there is no token."""

    connector: Connector
    secrets: Secrets
    grant: Grant | None
    state: TokenState


class GrantRepository(Protocol):
    """One tenant's tokens, sealed. A version names one stored token and never comes back."""

    async def state(self, connector_id: str) -> TokenState:
        """What may be told; status `none` and version 0 before the first token."""
        ...

    async def open(self, connector_id: str) -> tuple[Grant, TokenState] | None:
        """Unseal; None when there is no token. SealError when it does not open."""
        ...

    async def held(self, connector_id: str) -> HeldToken:
        """Unseal all of one moment; NotFoundError, SealError as `open`."""
        ...

    async def write(
        self,
        connector_id: str,
        grant: Grant,
        *,
        expected_version: int,
        audience: str | None = None,
        next_refresh_at: datetime | None = None,
        line: AuditLine | None = None,
    ) -> TokenState:
        """Store the next version as `active`; a connector that waited for this becomes a draft again.

        `audience`: of the settings that the token was asked for by. The audit's `line` is written with it
        or not at all.

        ConflictError when another version was stored meanwhile, the connector was pointed elsewhere or is
        being deleted, NotFoundError when it is gone.
        """
        ...

    async def mark(
        self,
        connector_id: str,
        status: TokenStatus,
        *,
        expected_version: int | None = None,
        next_refresh_at: datetime | None = None,
        line: AuditLine | None = None,
    ) -> TokenState:
        """Set the status, not the version; ConflictError when `expected_version` is no longer stored.

        The audit's `line` is written with it or not at all.
        needs_reauth and revoked also become the connector's status. None: no refresh is planned.
        """
        ...

    async def erase(self, connector_id: str) -> TokenState:
        """Forget the token, which is then `revoked`, as is the connector unless it is being deleted.

        The version grows, so that whoever still holds the old one writes in vain.
        """
        ...


@dataclass(frozen=True, slots=True, repr=False)
class CachedToken:
    """An access token ready to be sent; `expires_at` None: unknown, so it is kept for a short while."""

    access_token: str
    token_type: str
    version: int
    expires_at: datetime | None


class TokenCache(Protocol):
    """Access tokens, sealed, as long as they live. Never a refresh token. Losing them loses nothing."""

    async def put(self, tenant: str, connector: str, token: CachedToken) -> None:
        """Keep it until it expires, unless a newer version is there."""
        ...

    async def get(self, tenant: str, connector: str) -> CachedToken | None: ...
    async def drop(self, tenant: str, connector: str, *, version: int) -> None:
        """Forget it; a straggler's put of this version or an older one is refused for some minutes."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class StashedGrant:
    """A token answer that is not written yet, the version it is to follow, and the audience it is for."""

    grant: Grant
    expected_version: int
    audience: str | None = None


class TokenStash(Protocol):
    """The token endpoint's answer, sealed for at most 1 h: a retry repeats the write, not the request.

    `purpose` keeps flows apart: "refresh", or the nonce of an onboarding.
    """

    async def put(self, tenant: str, connector: str, purpose: str, stashed: StashedGrant) -> None: ...
    async def get(self, tenant: str, connector: str, purpose: str) -> StashedGrant | None: ...
    async def drop(self, tenant: str, connector: str, purpose: str) -> None: ...
