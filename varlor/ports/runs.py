"""One tenant's runs: how they begin, what they tell, how they end."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from varlor.contracts.connector import ConnectorSettings
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.run import (
    Counters,
    Origin,
    RequestLogEntry,
    Run,
    RunError,
    RunStatus,
    SchemaChange,
)
from varlor.ports.time_and_lists import Listing


class RunRepository(Protocol):
    """One tenant's runs."""

    async def create(
        self,
        run_id: str,
        *,
        connector_id: str,
        dataset_id: str,
        request: FetchRequest,
        origin: Origin,
        schedule_id: str | None = None,
        workflow_id: str | None = None,
    ) -> Run:
        """Insert as `queued`; the same id again answers the stored run.

        `workflow_id`: where it is not the one that follows from the run's id.
        """
        ...

    async def get(self, run_id: str) -> Run: ...
    async def find(self, run_id: str) -> Run | None: ...
    async def list(
        self,
        *,
        limit: int,
        cursor: str | None,
        connector_id: str | None = None,
        dataset_id: str | None = None,
        schedule_id: str | None = None,
        status: RunStatus | None = None,
    ) -> Listing[Run]: ...
    async def mark(
        self,
        run_id: str,
        status: RunStatus,
        *,
        resume_at: datetime | None = None,
        error: RunError | None = None,
    ) -> Run:
        """Set the visible status; a final status is never left again (a later mark is ignored)."""
        ...

    async def count(self, run_id: str, counters: Counters) -> Run:
        """Set what the run has committed, unless it has ended; its status is not touched."""
        ...

    async def set_rate(self, run_id: str, requests_per_minute: int | None) -> Run: ...
    async def record(
        self, run_id: str, *, notes: Sequence[str] = (), changes: Sequence[SchemaChange] = ()
    ) -> None:
        """Add notes and schema changes; those already recorded are not repeated."""
        ...

    async def append_requests(self, run_id: str, entries: Sequence[RequestLogEntry]) -> None: ...
    async def requests(
        self,
        run_id: str,
        *,
        limit: int,
        cursor: str | None,
        failed_only: bool = False,
        statuses: range | None = None,
    ) -> Listing[RequestLogEntry]:
        """Newest first; `statuses`: those alone, an empty range for requests without an answer."""
        ...

    async def active_since(
        self, connector_id: str, since: datetime, *, before: datetime | None = None
    ) -> bool:
        """Whether this connector may have sent a request since then (the window after a Redis flush).

        A run that started at `before` or later does not count: whatever it sent is known.
        """
        ...


Fits = Callable[[ConnectorSettings], None]
"""Refuses a request that is nothing for such a connector, by raising; it only looks."""


class StartRepository(Protocol):
    """What the start of one tenant's sync leaves behind."""

    async def queue(
        self,
        run_id: str,
        *,
        connector_id: str,
        request: FetchRequest,
        fits: Fits,
        actor: str,
        correlation_id: str | None = None,
    ) -> Run:
        """Insert the run as `queued`, with the audit's line, and its dataset if that is named and missing.

        All or nothing; the same id again answers the stored run. NotFoundError without such a connector
        or dataset; ConflictError while the connector is being deleted or lacks its credential.
        """
        ...
