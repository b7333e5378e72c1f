"""Signed messages to where a tenant points, by the Standard Webhooks specification, through the guard."""

import base64
import binascii
import hashlib
import hmac
from http import HTTPStatus
from typing import Final

import orjson

from varlor.connectors.http import GuardedClient, OutRequest
from varlor.connectors.retry_after import seconds_to_wait
from varlor.errors import SourceError
from varlor.ports import Clock, OutgoingNotification, SendResult

SECONDS: Final = 15.0  # for the whole exchange, as the specification recommends
MOST_BYTES: Final = 1024 * 1024  # of an answer that nobody reads
_PREFIX: Final = "whsec_"


class WebhookSender:
    """`ports.NotificationSender`. A redirect is not followed: it counts as a failure."""

    def __init__(self, client: GuardedClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def send(self, outgoing: OutgoingNotification) -> SendResult:
        now = self._clock.now()
        body = _body(outgoing)
        message_id, stamp = outgoing.message.id, str(int(now.timestamp()))
        try:
            signature = sign(outgoing.secret.get_secret_value(), message_id, stamp, body)
            answer = await self._client.send(
                OutRequest(
                    "POST",
                    outgoing.url,
                    headers={
                        "Content-Type": "application/json",
                        "User-Agent": "varlor-notifications",
                        "webhook-id": message_id,
                        "webhook-timestamp": stamp,
                        "webhook-signature": signature,
                    },
                    body=body,
                    follow_redirects=False,
                ),
                deadline=SECONDS,
                max_bytes=MOST_BYTES,
            )
        except SourceError as error:
            return SendResult(error=f"{error.kind}: {error.detail}")
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return SendResult()
        return SendResult(
            error=f"The receiver answered {answer.status}.",
            gone=answer.status == HTTPStatus.GONE,
            retry_after=seconds_to_wait(answer.headers, now),
        )


def sign(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    """The `webhook-signature` (version 1): HMAC-SHA256 of id, time in seconds and body, in base64."""
    signed = b".".join([message_id.encode(), stamp.encode(), body])
    return f"v1,{base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()}"


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise SourceError("bad_request", "The signing secret is not base64.") from None


def _body(outgoing: OutgoingNotification) -> bytes:
    message = outgoing.message
    plain = {"type": message.type, "timestamp": message.created_at.isoformat(), "data": message.data}
    return orjson.dumps(plain)
