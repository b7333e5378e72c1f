"""From a stranger's request to an event: judged by its signature first, and read only after that."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

import orjson

from varlor.connectors.webhook.styles import SIGNED, Headers, Signed, key_of
from varlor.contracts.webhook import WebhookConfig, WebhookStyle
from varlor.ports import Arrival, Hook

_ID_HEADERS: Final[Mapping[WebhookStyle, bytes]] = {
    "standard": b"webhook-id",
    "github": b"x-github-delivery",
}
_ID_FIELDS: Final[Mapping[WebhookStyle, str]] = {"stripe": "id", "slack": "event_id"}
_SECRET_BYTES: Final = 32
_LONGEST_ID: Final = 256  # characters; a longer one is known by its hash
_NOBODY: Final = Hook("", "", WebhookConfig(style="hmac"), ["nobody's secret"])


class SignedArrivals:
    """ports.Signatures."""

    def new_secret(self, style: WebhookStyle) -> str:
        raw = secrets.token_bytes(_SECRET_BYTES)
        return f"whsec_{base64.b64encode(raw).decode()}" if style == "standard" else raw.hex()

    def opened(
        self, hook: Hook | None, headers: Sequence[tuple[bytes, bytes]], body: bytes, now: datetime
    ) -> Arrival | None:
        known = _single(headers)
        config = (hook or _NOBODY).config
        signed = SIGNED[config.style](known, config)
        if not _fits(hook or _NOBODY, signed or Signed(b"", [b"none"]), body):
            return None
        if hook is None or signed is None or not _in_time(signed, config, now):
            return None
        return _arrival(config, known, body)


def _single(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    """A header that came twice counts as missing: which of the two was meant is anybody's guess."""
    known: dict[bytes, bytes] = {}
    twice: set[bytes] = set()
    for name, value in headers:
        if name in known:
            twice.add(name)
        known[name] = value
    return {name: value for name, value in known.items() if name not in twice}


def _fits(hook: Hook, signed: Signed, body: bytes) -> bool:
    """Whether one of the signatures is by a valid secret; every pair is compared, in constant time."""
    fits = False
    for secret in hook.secrets:
        right = hmac.digest(key_of(hook.config.style, secret), signed.prefix + body, "sha256")
        for signature in signed.signatures:
            fits |= hmac.compare_digest(right, signature)
    return fits


def _in_time(signed: Signed, config: WebhookConfig, now: datetime) -> bool:
    return signed.timestamp is None or abs(now.timestamp() - signed.timestamp) <= config.tolerance_seconds


def _arrival(config: WebhookConfig, headers: Headers, body: bytes) -> Arrival:
    document = _document(body) if config.style in _ID_FIELDS else {}
    if config.style == "slack" and document.get("type") == "url_verification":
        return Arrival("", body, challenge=str(document.get("challenge", "")))
    kind = headers.get(b"x-github-event") if config.style == "github" else None
    return Arrival(_event_id(config, headers, document, body), body, kind=_text(kind))


def _event_id(config: WebhookConfig, headers: Headers, document: Mapping[str, Any], body: bytes) -> str:
    """The sender's id, the same at each of its retries; without one, the body is its own."""
    header = config.id_header.lower().encode() if config.id_header else _ID_HEADERS.get(config.style)
    field = document.get(_ID_FIELDS.get(config.style, ""))
    found = _text(headers.get(header)) if header else field if isinstance(field, str) else None
    if not found:
        return f"sha256:{hashlib.sha256(body).hexdigest()}"
    return found if len(found) <= _LONGEST_ID else f"sha256:{hashlib.sha256(found.encode()).hexdigest()}"


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "backslashreplace")
