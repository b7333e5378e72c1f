"""What an answer says of the budget that queries are paid from, as waits until the next one can be paid.

Two ways are in wide use: `extensions.cost.throttleStatus`, a bucket that fills at a steady rate
(shopify.dev/docs/api/usage/limits), and a field `rateLimit` at the root of the query, points until a
reset (docs.github.com/en/graphql, rate limits).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from varlor.connectors.retry_after import LONGEST

_RESETS: Final = ("resetAt", "reset_at")
_LARGEST: Final = 1e15


def wait_for(answer: Mapping[str, Any], now: datetime) -> float | None:
    """Seconds in [0, 3600] until another query like this can be paid; None when it can, or nobody says."""
    waits = [wait for wait in (_bucket(answer), _points(answer, now)) if wait]
    return min(max(waits), LONGEST) if waits else None


def _bucket(answer: Mapping[str, Any]) -> float | None:
    cost = _member(_member(answer, "extensions"), "cost")
    status = _member(cost, "throttleStatus")
    have, rate = number(status.get("currentlyAvailable")), number(status.get("restoreRate"))
    price = number(cost.get("requestedQueryCost")) or number(cost.get("actualQueryCost"))
    most = number(status.get("maximumAvailable"))
    if have is None or rate is None or rate <= 0 or price is None:
        return None
    short = (price if most is None else min(price, most)) - have
    return short / rate if short > 0 else None


def _points(answer: Mapping[str, Any], now: datetime) -> float | None:
    limit = _member(_member(answer, "data"), "rateLimit")
    left, price = number(limit.get("remaining")), number(limit.get("cost")) or 1.0
    if left is None or left >= price:
        return None
    reset = next((limit[name] for name in _RESETS if isinstance(limit.get(name), str)), "")
    try:
        at = datetime.fromisoformat(reset)
    except ValueError:
        return None
    return max(((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds(), 0.0)


def _member(value: Any, name: str) -> Mapping[str, Any]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def number(value: Any) -> float | None:
    """A number of sane size; JSON from outside may hold integers that no float can."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST < value < _LARGEST
    return float(value) if good else None
