"""How long an API asks us to stay away, read from any of the headers in use and clamped."""

import math
import re
from collections import ChainMap
from collections.abc import Iterator, Mapping
from contextlib import suppress
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
_OPAQUE = re.compile(r"\"(?:[^\"\\]|\\.)*\"|:[\w+/=]*:")  # texts and bytes of a structured field, RFC 9651
_LONGEST_HEADER: Final = 1024  # characters
_COUNT = re.compile(r"\d{1,9}")


def seconds_to_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds in [0, 3600] from Retry-After (RFC 9110 section 10.2.3) or a rate-limit reset; None unknown."""
    asked = _retry_after(headers.get("retry-after"), now)
    return asked if asked is not None else _reset(headers, now)


def exhausted(headers: Mapping[str, str]) -> bool:
    """Whether the answer says that no further request is allowed for now."""
    return remaining(headers) == 0


def remaining(headers: Mapping[str, str]) -> int | None:
    """Requests still allowed for now, by the tightest of the windows told of; None where none is."""
    told = [left for left, _ in _budgets(headers)]
    texts = [(headers.get(name) or "").strip() for name in _REMAINING]
    told += [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < _DIGITS]
    return min(told, default=None)


def _retry_after(value: str | None, now: datetime) -> float | None:
    if not value:
        return None
    number = _number(value.partition(",")[0])  # a proxy may have said it again
    if number is not None:
        return _clamp(number)
    moment = _moment(value)
    return None if moment is None else _clamp((moment - now).total_seconds())


def _moment(value: str) -> datetime | None:
    """A date of HTTP (RFC 9110 section 5.6.7) or, as some write it, of ISO 8601; UTC without an offset."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            moment = read(value)
            return moment.replace(tzinfo=moment.tzinfo or UTC)
    return None


def _reset(headers: Mapping[str, str], now: datetime) -> float | None:
    used_up = [wait for left, wait in _budgets(headers) if left == 0 and wait is not None]
    if used_up:
        return _clamp(max(used_up))
    for name in _RESETS:
        text = headers.get(name) or ""
        number = _number(text)
        if number is not None:
            at = number / 1000 if number > _EPOCH_MS else number
            return _clamp(at - now.timestamp() if at > _EPOCH else at)
        if (moment := _moment(text)) is not None:
            return _clamp((moment - now).total_seconds())
    return None


def _budgets(headers: Mapping[str, str]) -> Iterator[tuple[int, float | None]]:
    """Requests left and seconds until there are more, of each window that `RateLimit` tells of.

    draft-ietf-httpapi-ratelimit-headers: a list of items with `r` and `t`; up to its seventh edition, one
    dictionary of `limit`, `remaining` and `reset`.
    """
    header = (headers.get("ratelimit") or "")[:_LONGEST_HEADER]
    if not header:
        return
    members = _OPAQUE.sub("", header).lower().split(",")
    parsed = [
        {
            name.strip(): value.strip()
            for name, _, value in (part.partition("=") for part in member.split(";"))
        }
        for member in members
    ]
    for left, reset, windows in (("r", "t", parsed), ("remaining", "reset", [dict(ChainMap(*parsed))])):
        for window in windows:
            if _COUNT.fullmatch(window.get(left, "")):
                wait = window.get(reset, "")
                yield int(window[left]), float(wait) if _COUNT.fullmatch(wait) else None


def _number(value: str) -> float | None:
    try:
        number = float(value.strip())
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _clamp(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST)
