"""When a stored token is refreshed, and how long a provider that fails is left alone. No effects."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

from varlor.contracts.connector import Secrets
from varlor.contracts.messages import RefreshInput
from varlor.contracts.oauth import OAuthConfig, TokenState
from varlor.ports import Grant

FIRST_WAIT: Final = 2.0  # seconds after a first passing failure
LONGEST_WAIT: Final = 300.0  # seconds; a Retry-After may ask for more
_PARKED: Final = frozenset({"needs_reauth", "revoked"})

RefreshPlan = Callable[[str, Grant], datetime | None]
"""When the connector's new token is to be refreshed; None when that cannot be known or done."""


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """What a refresh begins with: how to ask, and the token that is stored."""

    config: OAuthConfig
    secrets: Secrets
    grant: Grant | None
    state: TokenState
    audience: str | None = None


def needed(order: RefreshInput, held: Held, now: datetime) -> bool:
    """Whether to ask the provider. A parked token is left alone until a person asks for it by name."""
    state = held.state
    if state.version > order.seen_version and order.force:
        return False
    if state.status in _PARKED and order.actor is None:
        return False
    if held.grant is None:
        return held.config.grant != "authorization_code"  # a machine gets its first token here
    over = state.expires_at is not None and state.expires_at <= now
    due = state.next_refresh_at is not None and state.next_refresh_at <= now
    return order.force or over or due or state.status == "refreshing"


def planned(plan: RefreshPlan, connector_id: str, config: OAuthConfig, grant: Grant) -> datetime | None:
    """When to refresh; what cannot be refreshed is used to its very end before its user is asked again."""
    if grant.refresh_token is None and config.grant != "client_credentials":
        return grant.expires_at
    return plan(connector_id, grant)


def wait_after(failures: int, asked: float | None, random: Random) -> float:
    """Seconds until the next try: exponential, half to whole of the step, never sooner than asked."""
    step = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 16))
    return max(step * random.uniform(0.5, 1.0), asked or 0.0)
