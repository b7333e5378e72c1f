"""Webhooks in: how senders sign, and an event on its way from the inbox into the dataset."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints

from varlor.contracts.model import NUMBER, HeaderName, Id, Model, Name, UtcTime

WebhookStyle = Literal["standard", "github", "stripe", "slack", "hmac"]
InboxStatus = Literal["waiting", "set_aside"]
WebhookSecret = Annotated[
    SecretStr, Field(min_length=16, max_length=256, json_schema_extra={"writeOnly": True})
]


class WebhookConfig(Model):
    """How a sender signs. `header`, `encoding`, `prefix` and `idHeader` are of the style `hmac` alone.

    `tolerance_seconds`: how far a signed time may be from ours. `dataset`: where the events go, by name;
    the connector's own name if not given. Without `idHeader` an event's id is the hash of its body.
    """

    style: WebhookStyle = "standard"
    header: HeaderName = "X-Signature"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: Annotated[str, StringConstraints(max_length=64, pattern=r"^[\x21-\x7e]*$")] = ""
    id_header: HeaderName | None = None
    tolerance_seconds: Annotated[int, Field(ge=1, le=3600), NUMBER] = 300
    dataset: Name | None = None


class InboxEvent(Model):
    """One event that has not reached the dataset. `id` is ours, `eventId` the sender's; `bytes` of its body.

    `reason`: why it was set aside.
    """

    id: Id
    event_id: str
    status: InboxStatus
    sequence: int
    received_at: UtcTime
    bytes: int
    reason: str | None = None


class InboxState(Model):
    """How a webhook connector's inbox stands; events that the dataset has are in no count."""

    waiting: int = 0
    set_aside: int = 0
    last_event_at: UtcTime | None = None
    oldest_waiting_at: UtcTime | None = None


class DrainState(Model):
    """What drain-inbox carries over a continue-as-new: its open run, if any, and its failures in a row."""

    run_id: str | None = None
    leased: bool = False
    batches: int = 0
    failures: int = 0


class DrainInput(Model):
    tenant_id: str
    connector_id: str
    state: DrainState = DrainState()


class OpenedDrain(Model):
    """The run that an inbox's events go under; None when nothing waits, or the connector goes."""

    run_id: str | None = None


class DrainOrder(Model):
    """Names the inbox and the run that it is drained under."""

    tenant_id: str
    connector_id: str
    run_id: str


class DrainResult(Model):
    """One bounded stretch of draining, committed. `more`: events were still waiting at its end."""

    more: bool
    rows: int = 0
    set_aside: int = 0
