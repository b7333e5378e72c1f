"""The webhook inbox: from the signed request to the durable event, and from there to the dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from varlor.contracts.webhook import InboxEvent, InboxState, InboxStatus, WebhookConfig, WebhookStyle
from varlor.ports.source import PageResponse
from varlor.ports.time_and_lists import Listing


@dataclass(frozen=True, slots=True, repr=False)
class Hook:
    """Whose inbox an address is, and what its senders sign with: the valid secrets, newest first."""

    tenant_id: str
    connector_id: str
    config: WebhookConfig
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True, repr=False)
class Arrival:
    """One event whose signature was checked. `kind` is its type, where a header of the sender names it.

    `challenge`: the sender only wants to hear this back; there is nothing to keep.
    """

    event_id: str
    body: bytes
    kind: str | None = None
    challenge: str | None = None


class Signatures(Protocol):
    """The senders' ways to sign."""

    def new_secret(self, style: WebhookStyle) -> str:
        """256 random bits: `whsec_` and base64 for Standard Webhooks, hex for everybody else."""
        ...

    def opened(
        self, hook: Hook | None, headers: Sequence[tuple[bytes, bytes]], body: bytes, now: datetime
    ) -> Arrival | None:
        """The event, or None when no secret of the hook fits: as long for a hook that does not exist."""
        ...


class Hooks(Protocol):
    """All tenants' addresses, as strangers reach them."""

    async def find(self, hook_id: str, *, newest: bool = False) -> Hook | None:
        """By its address, from memory for a few seconds; `newest`: as it is stored now."""
        ...

    async def accept(self, hook: Hook, arrival: Arrival) -> bool:
        """Return once the event is durable; the same event id again changes nothing.

        False when the connector is gone. PartUnavailableError when the database is away or too far behind.
        """
        ...


@dataclass(frozen=True, slots=True, repr=False)
class WaitingEvent:
    """One event in the inbox, in the order of `sequence`."""

    id: str
    event_id: str
    kind: str | None
    sequence: int
    received_at: datetime
    body: bytes


class InboxRepository(Protocol):
    """One tenant's webhook inboxes. NotFoundError for a connector that has none."""

    async def state(self, connector_id: str) -> InboxState: ...
    async def list(
        self, connector_id: str, *, limit: int, cursor: str | None, status: InboxStatus | None = None
    ) -> Listing[InboxEvent]: ...
    async def replay(self, connector_id: str, event: str) -> InboxEvent:
        """Put an event that was set aside at the end of those that wait."""
        ...

    async def rotate(self, connector_id: str, secret: str, *, former_until: datetime) -> None:
        """Store a new secret; the one before is valid until then, the one before that no more."""
        ...

    async def dataset(self, connector_id: str) -> str | None:
        """The dataset that the events go to, once that is known."""
        ...

    async def bind(self, connector_id: str, dataset_id: str) -> None: ...
    async def waiting(
        self, connector_id: str, *, after: int, most: int, most_bytes: int
    ) -> Sequence[WaitingEvent]:
        """The next events after a sequence: at least one if there is one, else within both bounds."""
        ...

    async def set_aside(self, connector_id: str, reasons: Mapping[str, str]) -> None:
        """Keep events out of the way, each with its reason."""
        ...

    async def drained(self, connector_id: str, upto: int) -> None:
        """Drop the bodies of what the dataset has, up to a sequence; the ids stay, to know them again."""
        ...

    async def forget(self, connector_id: str, before: datetime) -> None:
        """Drop the ids of drained events that came before."""
        ...


class EventReader(Protocol):
    """Events as records."""

    def record(self, event: WaitingEvent) -> bytes:
        """The event as one JSON object, with our own fields; SourceError says why it makes no row."""
        ...

    def page(self, records: Sequence[bytes]) -> PageResponse:
        """Records that can be landed together."""
        ...


@dataclass(frozen=True, slots=True)
class InboxRef:
    """Names one inbox of one tenant."""

    tenant_id: str
    connector_id: str


class Drains(Protocol):
    """The engine's side of an inbox."""

    async def wake(self, tenant: str, connector: str) -> None:
        """See to it that the inbox is being drained; PartUnavailableError when the engine is away."""
        ...
