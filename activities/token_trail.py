"""What each act on a token leaves behind: a line in the audit, and an event for whoever watches."""

from contextlib import suppress
from typing import Final, Protocol

from temporalio import activity

from varlor.contracts.oauth import TokenState
from varlor.errors import PartUnavailableError
from varlor.ports import AuditLine, Events, Store

KEEPER: Final = "keep-token-fresh"  # who refreshes when nobody asked


class Order(Protocol):
    """What every order about a token says."""

    @property
    def tenant_id(self) -> str: ...
    @property
    def connector_id(self) -> str: ...
    @property
    def actor(self) -> str | None: ...


class Trail:
    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    async def note(
        self, order: Order, action: str, state: TokenState | None, *, outcome: str = "ok", **detail: str
    ) -> None:
        """Write the line; then tell, where there is a state to tell."""
        version = {"version": str(state.version)} if state is not None else {}
        line = self.line(order, action, outcome=outcome, **version, **detail)
        await self._store.tenant(order.tenant_id).audit.write(
            line.action,
            actor=line.actor,
            outcome=line.outcome,
            connector_id=line.connector_id,
            correlation_id=line.correlation_id,
            detail=line.detail,
        )
        if state is not None:
            await self.tell(order.tenant_id, order.connector_id, state, detail.get("reason"))

    def line(self, order: Order, action: str, *, outcome: str = "ok", **detail: str) -> AuditLine:
        """Correlated by the workflow's id; for an act that writes it in its own transaction."""
        return AuditLine(
            action=action,
            actor=order.actor or KEEPER,
            outcome=outcome,
            connector_id=order.connector_id,
            correlation_id=activity.info().workflow_id,
            detail=detail,
        )

    async def tell(self, tenant: str, connector: str, state: TokenState, reason: str | None = None) -> None:
        """Show the token's state to whoever watches `/events`. A lost event loses nothing."""
        data = {"connectorId": connector, "reason": reason, **state.model_dump(mode="json", by_alias=True)}
        with suppress(PartUnavailableError):
            await self._events.publish(tenant, "token.changed", data)
