"""How long an API asks us to stay away, read from any of the headers in use and clamped."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = 3600.0  # seconds; nobody is obeyed for longer
_EPOCH: Final = 1e9  # from here on a reset is a point in time, not a length
_EPOCH_MS: Final = 1e12
_DIGITS: Final = 10  # of a number that is taken for a count of requests
_REMAINING: Final = ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining")
_RESETS: Final = (
    "x-ratelimit-reset-after",
    "ratelimit-reset",
    "x-ratelimit-reset",
    "x-rate-limit-reset",
)
_LEFT = re.compile(r";\s*r=(\d{1,9})\b(?:\s*;\s*t=(\d{1,9}))?")  # draft-ietf-httpapi-ratelimit-headers


def seconds_to_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds in [0, 3600] from Retry-After (RFC 9110 section 10.2.3) or a rate-limit reset; None unknown."""
    asked = _retry_after(headers.get("retry-after"), now)
    return asked if asked is not None else _reset(headers, now)


def exhausted(headers: Mapping[str, str]) -> bool:
    """Whether the answer says that no further request is allowed for now."""
    return remaining(headers) == 0


def remaining(headers: Mapping[str, str]) -> int | None:
    """Requests still allowed for now, by the tightest of the windows told of; None where none is."""
    told = [int(match[1]) for match in _LEFT.finditer(headers.get("ratelimit") or "")]
    texts = [(headers.get(name) or "").strip() for name in _REMAINING]
    told += [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < _DIGITS]
    return min(told, default=None)


def _retry_after(value: str | None, now: datetime) -> float | None:
    if not value:
        return None
    number = _number(value)
    if number is not None:
        return _clamp(number)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return _clamp((date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())


def _reset(headers: Mapping[str, str], now: datetime) -> float | None:
    used_up = [m for m in _LEFT.finditer(headers.get("ratelimit") or "") if int(m[1]) == 0 and m[2]]
    if used_up:
        return _clamp(max(float(match[2]) for match in used_up))
    for name in _RESETS:
        number = _number(headers.get(name) or "")
        if number is not None:
            at = number / 1000 if number > _EPOCH_MS else number
            return _clamp(at - now.timestamp() if at > _EPOCH else at)
    return None


def _number(value: str) -> float | None:
    try:
        number = float(value.strip())
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _clamp(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST)
