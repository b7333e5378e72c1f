"""A connector that is pointed elsewhere leaves no living token behind at the provider that it had."""

from typing import Final

from api.deps import Caller
from api.services import Services
from api.trail import audit
from varlor.errors import ConflictError, PartUnavailableError

_NO_TOKEN: Final = frozenset({"none", "revoked"})


async def revoke_before_moving(parts: Services, caller: Caller, connector_id: str) -> None:
    """Revoke its token (RFC 7009), and wait ten seconds at most: a provider that is down keeps nobody.

    The audit says of such a one that it has not confirmed.
    """
    state = await caller.store.grants.state(connector_id)
    if state.status in _NO_TOKEN:
        return
    try:
        await parts.oauth.revoke(caller.tenant_id, connector_id, caller.actor)
    except (PartUnavailableError, ConflictError):
        await audit(
            caller, "token.revoked", connector_id=connector_id, outcome="failed", provider="not_confirmed"
        )
