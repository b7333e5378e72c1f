"""The audit: append-only, hash-chained, per tenant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from varlor.contracts.model import Model, UtcTime
from varlor.ports.time_and_lists import Listing


class AuditEntry(Model):
    """One line of the audit; `seq` counts per tenant without gaps, `hash` chains to the line before."""

    seq: int
    time: UtcTime
    actor: str
    action: str
    connector_id: str | None
    outcome: str
    correlation_id: str | None
    detail: dict[str, str]
    hash: str


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A line that is yet to be written, for what writes it together with the act itself."""

    action: str
    actor: str
    outcome: str = "ok"
    connector_id: str | None = None
    correlation_id: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict[str, str])


class AuditLog(Protocol):
    """One tenant's append-only, hash-chained audit."""

    async def write(
        self,
        action: str,
        *,
        actor: str,
        outcome: str = "ok",
        connector_id: str | None = None,
        correlation_id: str | None = None,
        detail: Mapping[str, str] | None = None,
    ) -> AuditEntry: ...
    async def list(
        self,
        *,
        limit: int,
        cursor: str | None,
        connector_id: str | None = None,
        action: str | None = None,
        since: datetime | None = None,
    ) -> Listing[AuditEntry]: ...
    async def verify(self) -> int | None:
        """The `seq` of the first line that was changed, removed or reordered; None when all hold."""
        ...
