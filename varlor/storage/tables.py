"""The tables. Every key begins with the tenant, so that no id can reach over to another tenant's row.

Runs and datasets outlive their connector, so only the credential hangs on it by a foreign key.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, LargeBinary, MetaData, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from varlor.storage.columns import Json, UtcDateTime, Words

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class TenantRow(SQLModel, registry=registry(metadata=METADATA)):
    """What every table has: the tenant, as the first part of its key."""

    __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride] - a descriptor there

    tenant_id: str = Field(sa_type=Words, primary_key=True)


class ConnectorRow(TenantRow, table=True):
    __tablename__ = "connectors"
    __table_args__ = (Index(None, "tenant_id", "created_at", "id"),)

    id: str = Field(sa_type=Words, primary_key=True)
    settings: dict[str, Any] = Field(sa_type=Json)
    status: str = Field(sa_type=Words)
    created_by: str = Field(sa_type=Words)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    last_check: dict[str, Any] | None = Field(default=None, sa_type=Json)
    last_check_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class InboxRow(TenantRow, table=True):
    """A webhook connector's inbox. `last_sequence` numbers its events; its row's lock puts writers in line.

    `former_until`: how long the secret before the present one is valid.
    """

    __tablename__ = "inboxes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "connector_id"], ["connectors.tenant_id", "connectors.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("hook_id"),
    )

    connector_id: str = Field(sa_type=Words, primary_key=True)
    hook_id: str = Field(sa_type=Words)
    dataset_id: str | None = Field(default=None, sa_type=Words)
    last_sequence: int = Field(default=0, sa_type=BigInteger)
    last_event_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    former_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class InboxEventRow(TenantRow, table=True):
    """One event; its id follows from the sender's. `body` is gone once the dataset has it (`drained`)."""

    __tablename__ = "inbox_events"
    __table_args__ = (Index(None, "tenant_id", "connector_id", "status", "sequence"),)

    connector_id: str = Field(sa_type=Words, primary_key=True)
    id: str = Field(sa_type=Words, primary_key=True)
    event_id: str = Field(sa_type=Words)
    kind: str | None = Field(default=None, sa_type=Words)
    sequence: int = Field(sa_type=BigInteger)
    received_at: datetime = Field(sa_type=UtcDateTime)
    status: str = Field(sa_type=Words)
    reason: str | None = Field(default=None, sa_type=Words)
    size: int = Field(sa_type=BigInteger)
    body: bytes | None = Field(default=None, sa_type=LargeBinary)


class CredentialRow(TenantRow, table=True):
    """A connector's secrets, each sealed for its own field; `version` grows with every write."""

    __tablename__ = "credentials"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "connector_id"], ["connectors.tenant_id", "connectors.id"], ondelete="CASCADE"
        ),
    )

    connector_id: str = Field(sa_type=Words, primary_key=True)
    version: int = Field(sa_type=BigInteger)
    key_version: str = Field(sa_type=Words)
    sealed: dict[str, str] = Field(sa_type=Json)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class GrantRow(TenantRow, table=True):
    """A connector's token, sealed; without one (`sealed` empty) it keeps the version from coming back."""

    __tablename__ = "grants"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "connector_id"], ["connectors.tenant_id", "connectors.id"], ondelete="CASCADE"
        ),
        Index(None, "next_refresh_at"),
    )

    connector_id: str = Field(sa_type=Words, primary_key=True)
    version: int = Field(sa_type=BigInteger)
    status: str = Field(sa_type=Words)
    key_version: str = Field(sa_type=Words)
    sealed: dict[str, str] = Field(sa_type=Json)
    token_type: str = Field(sa_type=Words)
    scopes: list[str] = Field(sa_type=Json)
    issued_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    next_refresh_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ScheduleRow(TenantRow, table=True):
    """When it fires next, and whether it is paused, is the workflow engine's; this is what it does."""

    __tablename__ = "schedules"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "connector_id"], ["connectors.tenant_id", "connectors.id"], ondelete="CASCADE"
        ),
        Index(None, "tenant_id", "created_at", "id"),
        Index(None, "tenant_id", "connector_id"),
    )

    id: str = Field(sa_type=Words, primary_key=True)
    connector_id: str = Field(sa_type=Words)
    settings: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


OPEN = text("status NOT IN ('succeeded', 'failed', 'canceled')")
"""Of the few runs that have not ended, in the words of their index: both databases find it by these."""


class RunRow(TenantRow, table=True):
    """`workflow_id` is there where it does not follow from the id: a schedule gives its own."""

    __tablename__ = "runs"
    __table_args__ = (
        Index(None, "tenant_id", "created_at", "id"),
        Index(None, "tenant_id", "connector_id", "created_at", "id"),
        Index(None, "tenant_id", "dataset_id", "created_at", "id"),
        Index(None, "tenant_id", "schedule_id", "created_at", "id"),
        Index("ix_runs_open", "tenant_id", "id", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: str = Field(sa_type=Words, primary_key=True)
    connector_id: str = Field(sa_type=Words)
    dataset_id: str = Field(sa_type=Words)
    origin: str = Field(sa_type=Words)
    schedule_id: str | None = Field(default=None, sa_type=Words)
    workflow_id: str | None = Field(default=None, sa_type=Words)
    status: str = Field(sa_type=Words)
    request: dict[str, Any] = Field(sa_type=Json)
    requests_per_minute: int | None = Field(default=None, sa_type=BigInteger)
    created_at: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resume_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: dict[str, Any] | None = Field(default=None, sa_type=Json)
    schema_changes: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    notes: list[str] = Field(default_factory=list, sa_type=Json)
    rows: int = Field(default=0, sa_type=BigInteger)
    pages: int = Field(default=0, sa_type=BigInteger)
    requests: int = Field(default=0, sa_type=BigInteger)
    retries: int = Field(default=0, sa_type=BigInteger)
    bytes: int = Field(default=0, sa_type=BigInteger)


class RunRequestRow(TenantRow, table=True):
    """One request of a run; a line that is written twice (a retried batch) is stored once."""

    __tablename__ = "run_requests"

    run_id: str = Field(sa_type=Words, primary_key=True)
    time: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    seq: int = Field(sa_type=BigInteger, primary_key=True)
    failed: bool
    status: int | None = None
    entry: dict[str, Any] = Field(sa_type=Json)


class DatasetRow(TenantRow, table=True):
    """`lease_run_id` is the run that may write; it holds until released or until that run has ended.

    `fresh_until`: when its promise (`max_age` seconds) breaks; `stale_since`: the break that was told.
    """

    __tablename__ = "datasets"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        Index(None, "tenant_id", "created_at", "id"),
        Index(None, "fresh_until"),
        Index(None, "maintain_at"),
    )

    id: str = Field(sa_type=Words, primary_key=True)
    name: str = Field(sa_type=Words)
    connector_id: str | None = Field(default=None, sa_type=Words)
    facts: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    lease_run_id: str | None = Field(default=None, sa_type=Words)
    lease_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    refreshed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    max_age: int | None = Field(default=None, sa_type=BigInteger)
    fresh_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    stale_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    maintain_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    maintained_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class NotificationTargetRow(TenantRow, table=True):
    """Where a tenant's notifications go; the signing secret is sealed."""

    __tablename__ = "notification_targets"

    url: str | None = Field(default=None, sa_type=Words)
    events: list[str] = Field(sa_type=Json)
    version: int = Field(sa_type=BigInteger)
    key_version: str = Field(sa_type=Words)
    sealed: dict[str, str] = Field(sa_type=Json)
    disabled: bool = False
    failures: int = Field(default=0, sa_type=BigInteger)
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_error: str | None = Field(default=None, sa_type=Words)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class NotificationRow(TenantRow, table=True):
    """One thing that happened, once; the outbox is those that are `pending`."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index(None, "tenant_id", "created_at", "id"),
        Index(None, "tenant_id", "status", "created_at", "id"),
        Index(None, "created_at"),
    )

    id: str = Field(sa_type=Words, primary_key=True)
    type: str = Field(sa_type=Words)
    data: dict[str, Any] = Field(sa_type=Json)
    status: str = Field(sa_type=Words)
    attempts: int = Field(default=0, sa_type=BigInteger)
    created_at: datetime = Field(sa_type=UtcDateTime)
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = Field(default=None, sa_type=Words)


class AuditRow(TenantRow, table=True):
    __tablename__ = "audit_lines"
    __table_args__ = (Index(None, "tenant_id", "connector_id", "seq"),)

    seq: int = Field(sa_type=BigInteger, primary_key=True)
    time: datetime = Field(sa_type=UtcDateTime)
    actor: str = Field(sa_type=Words)
    action: str = Field(sa_type=Words)
    connector_id: str | None = Field(default=None, sa_type=Words)
    outcome: str = Field(sa_type=Words)
    correlation_id: str | None = Field(default=None, sa_type=Words)
    detail: dict[str, str] = Field(sa_type=Json)
    hash: str = Field(sa_type=Words)


class AuditHeadRow(TenantRow, table=True):
    """How long a tenant's audit is and how it ends; `seal` is that end under the tenant's key."""

    __tablename__ = "audit_heads"

    count: int = Field(sa_type=BigInteger)
    hash: str = Field(sa_type=Words)
    seal: str = Field(sa_type=Words)


class IdempotencyRow(TenantRow, table=True):
    """A claimed Idempotency-Key, by its SHA-256; `answer` is sealed, it may hold a secret shown once."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "tenant_id", "claimed_at"),)

    key: str = Field(sa_type=Words, primary_key=True)
    fingerprint: str = Field(sa_type=Words)
    claimed_at: datetime = Field(sa_type=UtcDateTime)
    answer: str | None = Field(default=None, sa_type=Words)
