"""What falls due over all tenants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from varlor.contracts.care import DatasetRef, Promise
from varlor.contracts.oauth import TokenState


@dataclass(frozen=True, slots=True)
class OverdueToken:
    """A token that nobody refreshed in time."""

    tenant_id: str
    connector_id: str
    state: TokenState
    due: datetime


class Sweeping(Protocol):
    """The part of the store that looks over all tenants, for the sweeps alone."""

    async def promises_turned(self, now: datetime, limit: int) -> Sequence[Promise]:
        """Promises of freshness, of all tenants, that were broken or are kept again: not told yet."""
        ...

    async def care_due(self, now: datetime, limit: int) -> Sequence[DatasetRef]:
        """Datasets of all tenants to look after; each is named again in an hour if nobody has."""
        ...

    async def overdue_tokens(
        self, before: datetime, *, after: datetime | None, limit: int
    ) -> Sequence[OverdueToken]:
        """Tokens of all tenants that were to be refreshed between `after` and `before`, the oldest first."""
        ...

    async def forget_notifications(self, before: datetime) -> None:
        """Delete messages, of all tenants, that are older and not waiting to be sent."""
        ...
