"""What may be told of a connector's credential, whatever its kind."""

from api.deps import Caller
from varlor.contracts.connector import Connector
from varlor.contracts.oauth import TokenState


async def token_state(caller: Caller, connector: Connector) -> TokenState:
    """An OAuth token's own state; a static credential is there or not."""
    if connector.auth_type == "oauth2":
        return await caller.store.grants.state(connector.id)
    return TokenState(status="active" if connector.has_credential else "none")
