"""The database: one tenant's repositories, and no other way to its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from varlor.contracts.care import Promise
from varlor.contracts.check import CheckResult
from varlor.contracts.connector import (
    Connector,
    ConnectorSettings,
    ConnectorStatus,
    Secrets,
)
from varlor.contracts.dataset import Dataset, TableFacts
from varlor.contracts.messages import ResealProgress
from varlor.contracts.run import Run
from varlor.contracts.schedule import ScheduleSettings, StoredSchedule
from varlor.ports.audit import AuditLog
from varlor.ports.grants import GrantRepository
from varlor.ports.inbox import Hooks, InboxRef, InboxRepository
from varlor.ports.notifications import NotificationRepository
from varlor.ports.runs import RunRepository, StartRepository
from varlor.ports.sweeping import Sweeping
from varlor.ports.time_and_lists import Listing


class ConnectorRepository(Protocol):
    """One tenant's connectors. Every method raises NotFoundError for an unknown or foreign id."""

    async def create(
        self, settings: ConnectorSettings, secrets: Secrets, *, created_by: str
    ) -> Connector: ...
    async def get(self, connector_id: str) -> Connector: ...
    async def list(self, *, limit: int, cursor: str | None) -> Listing[Connector]: ...
    async def update(
        self, connector_id: str, settings: ConnectorSettings, secrets: Secrets | None
    ) -> Connector:
        """Replace the settings; `secrets` None keeps the stored credential, else replaces it whole."""
        ...

    async def set_status(self, connector_id: str, status: ConnectorStatus) -> None: ...
    async def secrets(self, connector_id: str) -> Secrets:
        """Unseal the credential; raises SealError when it does not open."""
        ...

    async def erase(self, connector_id: str) -> None:
        """Delete the connector and its credential; its datasets and runs stay."""
        ...

    async def record_check(self, connector_id: str, result: CheckResult) -> None:
        """Keep the last test (without its sample) and move the status to connected or error."""
        ...

    async def last_check(self, connector_id: str) -> tuple[datetime, CheckResult] | None: ...


class ScheduleRepository(Protocol):
    """One tenant's schedules; whether one is paused, and when it fires next, is `Timetable`'s."""

    async def create(self, schedule: ScheduleSettings) -> StoredSchedule:
        """NotFoundError when there is no such connector."""
        ...

    async def get(self, schedule_id: str) -> StoredSchedule: ...
    async def list(
        self, *, limit: int, cursor: str | None, connector_id: str | None = None
    ) -> Listing[StoredSchedule]: ...
    async def update(self, schedule_id: str, schedule: ScheduleSettings) -> StoredSchedule:
        """Replace the settings, but for the connector, which stays."""
        ...

    async def delete(self, schedule_id: str) -> None: ...


class DatasetRepository(Protocol):
    """One tenant's datasets and their writer's leases."""

    async def create(self, name: str, *, connector_id: str | None) -> Dataset: ...
    async def get(self, dataset_id: str) -> Dataset: ...
    async def find(self, name: str) -> Dataset | None: ...
    async def list(self, *, limit: int, cursor: str | None) -> Listing[Dataset]: ...
    async def rename(self, dataset_id: str, name: str) -> Dataset: ...
    async def promise(self, dataset_id: str, max_age: int | None) -> Dataset:
        """Promise that it is not older than `max_age` seconds; None takes the promise back."""
        ...

    async def record_facts(self, dataset_id: str, facts: TableFacts, *, refreshed: bool = False) -> None:
        """`refreshed`: a sync has succeeded, so the data is as young as now. Care is due within the hour."""
        ...

    async def record_maintenance(
        self, dataset_id: str, facts: TableFacts, *, next_at: datetime | None
    ) -> None: ...
    async def turned(self, promise: Promise) -> None:
        """That its promise is broken, or kept again, has been told; ignored when it changed since."""
        ...

    async def delete(self, dataset_id: str) -> None: ...
    async def lease(self, dataset_id: str, run_id: str) -> str:
        """Take the writer's lease in one statement, or answer who holds it; the holder's run id."""
        ...

    async def writer(self, dataset_id: str) -> str | None:
        """The run that holds the lease and has not ended, if any."""
        ...

    async def release(self, dataset_id: str, run_id: str) -> str | None:
        """Give the lease back if `run_id` holds it; answer the run queued longest, if any."""
        ...


@dataclass(frozen=True, slots=True)
class RememberedAnswer:
    """What an idempotent request answered the first time; `fingerprint` is of its body."""

    fingerprint: str
    status: int
    body: dict[str, Any]


class IdempotencyRepository(Protocol):
    """One tenant's Idempotency-Keys, kept for 24 h."""

    async def begin(self, key: str, fingerprint: str) -> RememberedAnswer | None:
        """Claim the key: None to go on; the first answer if done; ConflictError while it is under way."""
        ...

    async def finish(self, key: str, answer: RememberedAnswer) -> None: ...
    async def abandon(self, key: str) -> None:
        """Give a claimed key back after a failure, so that the client may try again."""
        ...


class TenantStore(Protocol):
    """Everything stored for one tenant: there is no other way to a tenant's rows."""

    @property
    def connectors(self) -> ConnectorRepository: ...
    @property
    def grants(self) -> GrantRepository: ...
    @property
    def runs(self) -> RunRepository: ...
    @property
    def starts(self) -> StartRepository: ...
    @property
    def schedules(self) -> ScheduleRepository: ...
    @property
    def datasets(self) -> DatasetRepository: ...
    @property
    def notifications(self) -> NotificationRepository: ...
    @property
    def inbox(self) -> InboxRepository: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def idempotency(self) -> IdempotencyRepository: ...


class Store(Sweeping, Protocol):
    """The database."""

    def tenant(self, tenant_id: str) -> TenantStore: ...
    @property
    def hooks(self) -> Hooks: ...
    async def waiting_inboxes(self) -> Sequence[InboxRef]:
        """The inboxes, of all tenants, with events that no dataset has yet."""
        ...

    async def ping(self) -> None:
        """Raise PartUnavailableError when the database does not answer."""
        ...

    async def open_runs(
        self, *, created_before: datetime, after: tuple[str, str] | None, limit: int
    ) -> Sequence[tuple[str, Run]]:
        """Runs of all tenants that have not ended, each with its tenant, in the order of both ids.

        `after`: the tenant and the run where the last look stopped.
        """
        ...

    async def reseal_batch(self, after: str | None, limit: int) -> ResealProgress:
        """Re-seal, in all tenants, up to `limit` rows that are not under the newest key.

        Each by compare-and-swap: a row that changed meanwhile is `skipped`, and `key_usage` tells
        whether another pass is needed. Start with `after` None, go on until the answer's is None;
        the numbers are of this batch.
        """
        ...

    async def key_usage(self) -> Mapping[str, int]:
        """Sealed rows by master key version, in all tenants; the newest version is always named."""
        ...
