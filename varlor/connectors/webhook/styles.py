"""How each kind of sender signs: what is signed, where the signatures stand, and with which key.

Standard Webhooks (standardwebhooks.com, 1.0), GitHub (docs.github.com, "Validating webhook deliveries"),
Stripe (docs.stripe.com, "Verify webhook signatures manually"), Slack (api.slack.com, "Verifying requests"),
and a plain HMAC-SHA256 of the body. Raw bytes are signed, so nothing is decoded before it is judged.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from varlor.contracts.webhook import WebhookConfig, WebhookStyle

_MOST_SIGNATURES: Final = 16  # looked at; each costs an HMAC of the body
_MOST_DIGITS: Final = 12  # of a time in seconds: the year 33658
_WHSEC: Final = "whsec_"
Headers = Mapping[bytes, bytes]
"""Names in lower case. A header that came more than once is not among them."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as its sender signed it. `timestamp` in seconds since 1970, where the style signs a time."""

    prefix: bytes
    signatures: Sequence[bytes]
    timestamp: int | None = None


def key_of(style: WebhookStyle, secret: str) -> bytes:
    """Standard Webhooks' secrets are base64 behind `whsec_`; everybody else's are the text itself."""
    if style == "standard" and secret.startswith(_WHSEC):
        try:
            return base64.b64decode(secret.removeprefix(_WHSEC), validate=True)
        except (binascii.Error, ValueError):
            return secret.encode()
    return secret.encode()


def _standard(headers: Headers, config: WebhookConfig) -> Signed | None:
    del config
    name, time = headers.get(b"webhook-id"), headers.get(b"webhook-timestamp")
    seconds = _seconds(time)
    if not name or time is None or seconds is None:
        return None
    tagged = (each.partition(b",") for each in headers.get(b"webhook-signature", b"").split(b" "))
    found = [_from_base64(value) for version, _, value in tagged if version == b"v1"]
    return Signed(b"%s.%s." % (name, time), _known(found), seconds)


def _github(headers: Headers, config: WebhookConfig) -> Signed | None:
    del config
    value = headers.get(b"x-hub-signature-256", b"")
    return Signed(b"", _known([_from_hex(value[7:])])) if value.startswith(b"sha256=") else None


def _stripe(headers: Headers, config: WebhookConfig) -> Signed | None:
    del config
    pairs = [each.strip().partition(b"=") for each in headers.get(b"stripe-signature", b"").split(b",")]
    times = [value for name, _, value in pairs if name == b"t"]
    seconds = _seconds(times[0]) if len(times) == 1 else None
    if seconds is None:
        return None
    found = [_from_hex(value) for name, _, value in pairs if name == b"v1"]
    return Signed(times[0] + b".", _known(found), seconds)


def _slack(headers: Headers, config: WebhookConfig) -> Signed | None:
    del config
    time, value = headers.get(b"x-slack-request-timestamp"), headers.get(b"x-slack-signature", b"")
    seconds = _seconds(time)
    if time is None or seconds is None or not value.startswith(b"v0="):
        return None
    return Signed(b"v0:%s:" % time, _known([_from_hex(value[3:])]), seconds)


def _hmac(headers: Headers, config: WebhookConfig) -> Signed | None:
    value, prefix = headers.get(config.header.lower().encode()), config.prefix.encode()
    if value is None or not value.startswith(prefix):
        return None
    read = _from_hex if config.encoding == "hex" else _from_base64
    return Signed(b"", _known([read(value[len(prefix) :])]))


SIGNED: Final[Mapping[WebhookStyle, Callable[[Headers, WebhookConfig], Signed | None]]] = {
    "standard": _standard,
    "github": _github,
    "stripe": _stripe,
    "slack": _slack,
    "hmac": _hmac,
}
"""What a request says of its signature; None when it does not say it as the style does."""


def _seconds(value: bytes | None) -> int | None:
    """Plain ASCII digits alone: what another reader of the same header could not take for another time."""
    if value is None or not value.isdigit() or len(value) > _MOST_DIGITS:
        return None
    return int(value)


def _from_hex(value: bytes) -> bytes | None:
    try:
        return binascii.unhexlify(value)
    except (binascii.Error, ValueError):
        return None


def _from_base64(value: bytes) -> bytes | None:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None


def _known(signatures: Sequence[bytes | None]) -> Sequence[bytes]:
    return [each for each in signatures[:_MOST_SIGNATURES] if each is not None]
