"""The connection test of a webhook: nobody can be asked, so it tells whether an event has come."""

from api.deps import Caller
from api.services import Services
from api.shown import shown
from varlor.contracts.check import CheckError, CheckResult
from varlor.contracts.connector import Connector
from varlor.errors import ConflictError


async def listening(parts: Services, caller: Caller, connector: Connector) -> CheckResult:
    """Ok once an event has come whose signature held."""
    if connector.status == "deleting":
        raise ConflictError("The connector is being deleted.")
    url = shown(parts, connector).webhook_url or ""
    state = await caller.store.inbox.state(connector.id)
    if state.last_event_at is None:
        style = connector.webhook_config.style if connector.webhook_config else "standard"
        error = CheckError(
            type="no_event_yet",
            title="Waiting for the first event",
            detail=f"Register webhookUrl and secret at the sender (style {style}), and let it send one.",
        )
        return CheckResult(ok=False, url=url, error=error)
    return CheckResult(ok=True, url=url, reason=f"Last event at {state.last_event_at:%Y-%m-%dT%H:%M:%SZ}")
