"""What goes into and out of the workflows that get, exchange and end a connector's token."""

from typing import Literal

from varlor.contracts.model import Model
from varlor.contracts.oauth import TokenState

RevocationResult = Literal["confirmed", "unsupported", "nothing", "superseded", "not_confirmed"]


class PreparedAuthorization(Model):
    """The authorization URL waits sealed in Redis; `reason` is the slug of why there is none."""

    reason: str | None = None
    detail: str | None = None


class ExchangeOutcome(Model):
    """The token's state once it is stored; else `reason` is a slug."""

    token: TokenState | None = None
    reason: str | None = None


class OnboardEnd(Model):
    """An onboarding that brought no token, for the audit: `reason` is a slug."""

    tenant_id: str
    connector_id: str
    nonce: str
    actor: str
    reason: str


class StoredToken(Model):
    """A user has connected: the token's state as it was stored."""

    tenant_id: str
    connector_id: str
    nonce: str
    token: TokenState


class RevokeInput(Model):
    """Ends the token of `version`, and no later one. `version` None: whichever is stored."""

    tenant_id: str
    connector_id: str
    actor: str
    version: int | None = None


class RevokeOutcome(Model):
    """What the provider said of the revocation.

    `confirmed` by it; `unsupported`: it offers none (RFC 7009); `nothing` to revoke; `superseded` by a
    newer token; `not_confirmed`: it refused, or could not be reached for ten minutes.
    """

    result: RevocationResult


class EraseInput(RevokeInput):
    """Forgets the token, whatever the provider said of its revocation."""

    result: RevocationResult
