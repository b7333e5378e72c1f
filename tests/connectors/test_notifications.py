"""Messages as a receiver sees them; the reference library of Standard Webhooks is the judge."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.receiver import receiving
from varlor.bootstrap import SystemClock
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.connectors.notifications import WebhookSender
from varlor.contracts.notification import Notification
from varlor.ports import OutgoingNotification, SendResult

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"


def outgoing(url: str) -> OutgoingNotification:
    message = Notification(
        id="msg_1",
        type="dataset.updated",
        data={"datasetId": "dat_1", "name": "Bücher"},
        status="pending",
        created_at=datetime.now(UTC),
    )
    return OutgoingNotification(message, url, SecretStr(SECRET), failures=0)


async def send(url: str, allow: str = "127.0.0.1") -> SendResult:
    client = GuardedClient(EgressPolicy([allow]))
    try:
        return await WebhookSender(client, SystemClock()).send(outgoing(url))
    finally:
        await client.aclose()


async def test_the_reference_library_accepts_the_signature_and_refuses_a_changed_body() -> None:
    with receiving() as receiver:
        assert await send(receiver.url) == SendResult()
    headers, body = receiver.seen[0]
    told: Any = Webhook(SECRET).verify(body, headers)
    assert told["type"] == "dataset.updated"
    assert told["data"] == {"datasetId": "dat_1", "name": "Bücher"}
    assert headers["webhook-id"] == "msg_1"
    for wrong in (body + b" ", body.replace(b"dat_1", b"dat_2")):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(wrong, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(f"whsec_{base64.b64encode(bytes(32)).decode()}").verify(body, headers)


async def test_what_the_receiver_does_is_the_answer() -> None:
    with receiving() as receiver:
        receiver.answers = [500, 410, (302, {"Location": receiver.url}), (429, {"Retry-After": "90"})]
        failed, gone, moved, busy = [await send(receiver.url) for _ in range(4)]
    assert (failed.error, failed.gone) == ("The receiver answered 500.", False)
    assert gone.gone
    assert moved.error == "The receiver answered 302."
    assert busy.retry_after == 90
    assert len(receiver.seen) == 4, "a redirect is not followed"
    away = await send(receiver.url)
    assert away.error is not None
    assert away.error.startswith("unreachable")


async def test_our_own_network_is_out_of_reach() -> None:
    with receiving() as receiver:
        blocked = await send(receiver.url, allow="127.0.0.2")
    assert blocked.error is not None
    assert blocked.error.startswith("blocked_destination")
    assert receiver.seen == []
