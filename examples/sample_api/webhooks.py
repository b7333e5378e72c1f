"""A sender of webhooks: signs events in each style, and posts them.

`SECRET=… python -m examples.sample_api.webhooks URL --style github --count 20`
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

STYLES: Final = ("standard", "github", "stripe", "slack", "hmac")
Headers = dict[str, str]


def signed(style: str, secret: str, body: bytes, *, event_id: str, at: float | None = None) -> Headers:
    """The headers that a sender of this style adds to `body`; `at` in seconds since 1970, else now."""
    seconds = str(int(time.time() if at is None else at))
    return _SIGN[style](secret, body, event_id, seconds)


def events(style: str, count: int) -> Iterator[tuple[str, bytes]]:
    """Orders, with ids of their own."""
    for number in range(count):
        event_id = f"evt-{uuid.uuid4().hex}"
        told: dict[str, Any] = {"type": "order.paid", "order": number, "amount": number * 1.25}
        named = {"stripe": {"id": event_id}, "slack": {"event_id": event_id}}
        yield event_id, json.dumps(told | named.get(style, {})).encode()


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The answer's status."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})  # noqa: S310 - the caller's own address
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        return answer.status


def _standard(secret: str, body: bytes, event_id: str, seconds: str) -> Headers:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{event_id}.{seconds}.".encode() + body, hashlib.sha256)
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return {"webhook-id": event_id, "webhook-timestamp": seconds, "webhook-signature": signature}


def _github(secret: str, body: bytes, event_id: str, seconds: str) -> Headers:
    del seconds
    signature = f"sha256={_hex(secret, body)}"
    return {"X-Hub-Signature-256": signature, "X-GitHub-Delivery": event_id, "X-GitHub-Event": "order"}


def _stripe(secret: str, body: bytes, event_id: str, seconds: str) -> Headers:
    del event_id
    return {"Stripe-Signature": f"t={seconds},v1={_hex(secret, seconds.encode() + b'.' + body)}"}


def _slack(secret: str, body: bytes, event_id: str, seconds: str) -> Headers:
    del event_id
    signature = f"v0={_hex(secret, b'v0:' + seconds.encode() + b':' + body)}"
    return {"X-Slack-Request-Timestamp": seconds, "X-Slack-Signature": signature}


def _hmac(secret: str, body: bytes, event_id: str, seconds: str) -> Headers:
    del seconds
    return {"X-Signature": _hex(secret, body), "X-Event-Id": event_id}


def _hex(secret: str, signed_bytes: bytes) -> str:
    return hmac.digest(secret.encode(), signed_bytes, hashlib.sha256).hex()


_SIGN: Final[Mapping[str, Callable[[str, bytes, str, str], Headers]]] = {
    "standard": _standard,
    "github": _github,
    "stripe": _stripe,
    "slack": _slack,
    "hmac": _hmac,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="webhooks", description="Posts signed events.")
    parser.add_argument("url", help="the connector's webhookUrl")
    parser.add_argument("--style", choices=STYLES, default="standard")
    parser.add_argument("--count", type=int, default=10)
    order = parser.parse_args()
    secret = os.environ.get("SECRET", "")
    if not secret:
        raise SystemExit("set SECRET to the connector's webhookSecret")
    for event_id, body in events(order.style, order.count):
        status = post(order.url, body, signed(order.style, secret, body, event_id=event_id))
        print(f"{event_id} {status}")  # noqa: T201 - what a command is for


if __name__ == "__main__":
    main()
