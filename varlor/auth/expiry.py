"""When a token ends and when to renew it, from whatever a provider says; pure, in UTC and seconds."""

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from joserfc.errors import JoseError
from joserfc.jws import extract_compact

from varlor.ports import Grant

DEFAULT_LIFE: Final = timedelta(hours=1)  # of a token whose end nobody knows: renewed by then, or at a 401
LONGEST_LIFE: Final = timedelta(days=3650)
RESERVE_SHARE: Final = 0.2
LONGEST_RESERVE: Final = timedelta(minutes=5)
SPREAD_SHARE: Final = 0.3
LONGEST_SPREAD: Final = timedelta(minutes=15)
KEEP_ALIVE: Final = timedelta(days=7)  # providers forget refresh tokens that lie idle for weeks
STALE_BEFORE: Final = timedelta(seconds=5)
SHORTEST_WAIT: Final = timedelta(seconds=1)
_MILLISECONDS: Final = 1e11  # as seconds that is the year 5138


def expires_at(answer: Mapping[str, Any], access_token: str, issued_at: datetime) -> datetime | None:
    """The token's end, or None when neither `expires_in`, `expires_at` nor a JWT's `exp` tells.

    A lifetime counts from our own clock, so that a provider's clock may be off. One of zero, below
    zero or not a number means nothing; an endless one is cut to ten years.
    """
    life = _number(answer.get("expires_in"))
    if life is not None and life >= 1:
        return issued_at + _clamp(life)
    moment = _moment(answer.get("expires_at"))
    if moment is not None and moment > issued_at:
        return min(moment, issued_at + LONGEST_LIFE)
    life = _jwt_life(access_token, issued_at)
    return None if life is None or life < 1 else issued_at + _clamp(life)


def refresh_at(issued_at: datetime, ends_at: datetime | None, connector: str) -> datetime:
    """When to renew: in the second half of the life and before its last fifth, at least once a week.

    The last fifth, at most 5 minutes, is held in reserve for a provider or a worker that is slow. Three
    tenths before it, at most 15 minutes, are shared out among connectors, so that tokens which end at
    the same moment are not renewed at the same moment.
    """
    life = DEFAULT_LIFE if ends_at is None else ends_at - issued_at
    reserve = min(LONGEST_RESERVE, life * RESERVE_SHARE)
    spread = min(LONGEST_SPREAD, life * SPREAD_SHARE)
    share = _share(connector)
    after = min(life - reserve - spread * share, KEEP_ALIVE * (1 - share / 10))
    return issued_at + max(after, SHORTEST_WAIT)


def plan(connector: str, grant: Grant) -> datetime | None:
    """When to renew this grant; None when it never ends by itself and there is nothing to renew it with."""
    if grant.expires_at is None and grant.refresh_token is None:
        return None
    return refresh_at(grant.issued_at, grant.expires_at, connector)


def is_stale(ends_at: datetime | None, now: datetime) -> bool:
    """Whether to ask for a newer one before sending: it may end on the way.

    The timer has renewed it by then unless something was in its way. A token whose end nobody knows
    is stale only once an API refuses it.
    """
    return ends_at is not None and now >= ends_at - STALE_BEFORE


def _share(connector: str) -> float:
    """A connector's place in [0, 1), the same in every process."""
    return int.from_bytes(hashlib.sha256(connector.encode()).digest()[:4], "big") / 2**32


def _clamp(seconds: float) -> timedelta:
    return timedelta(seconds=int(min(seconds, LONGEST_LIFE.total_seconds())))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _moment(value: object) -> datetime | None:
    """A point in time as Unix seconds, as milliseconds, or in ISO 8601 (without a zone: UTC)."""
    number = _number(value)
    try:
        if number is not None:
            return datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS else number, UTC)
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _jwt_life(token: str, issued_at: datetime) -> float | None:
    """Seconds until a JWT's `exp`, by its own `iat` if it has one; a hint, so nothing is verified."""
    if token.count(".") != 2:  # noqa: PLR2004 - a JWS in compact form has three parts
        return None
    try:
        claims = orjson.loads(extract_compact(token.encode()).payload)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if not isinstance(claims, dict):
        return None
    end, start = _number(claims.get("exp")), _number(claims.get("iat"))
    return None if end is None else end - (issued_at.timestamp() if start is None else start)
