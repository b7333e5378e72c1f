"""What an act leaves behind: a line in the audit, and an event for whoever watches."""

from contextlib import suppress

import structlog

from api.deps import Caller
from api.services import Services
from varlor.contracts.connector import Connector, ConnectorStatus
from varlor.errors import PartUnavailableError


async def audit(
    caller: Caller, action: str, *, connector_id: str | None = None, outcome: str = "ok", **detail: str
) -> None:
    """Write one line under the request's correlation id; `detail` holds ids and words, never a secret."""
    await caller.store.audit.write(
        action,
        actor=caller.actor,
        outcome=outcome,
        connector_id=connector_id,
        correlation_id=structlog.contextvars.get_contextvars().get("correlation_id"),
        detail=detail,
    )


async def connection_changed(
    parts: Services, caller: Caller, connector: Connector, status: ConnectorStatus | None = None
) -> None:
    """Tell whoever watches `/events`. A lost event loses nothing."""
    data = {"connectorId": connector.id, "status": status or connector.status}
    with suppress(PartUnavailableError):
        await parts.events.publish(caller.tenant_id, "connection.changed", data)
