"""How far an incremental sync has come: the highest value of a field that grows, and where to ask from next.

Times are compared as instants, whatever offset each is written with; numbers, and text that is one,
by size; other text by its characters. What is sent is written like the value it comes from.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final, Literal

import pyarrow as pa

from varlor.contracts.incremental import CursorValue, Incremental
from varlor.datasets.compute import pc
from varlor.errors import SourceError

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:([T ])(\d\d:\d\d)(:\d\d)?(?:([.,])(\d{1,12}))?( ?(?:Z|z|[+-]\d\d(?::?\d\d)?))?)?"
)
_NUMBER = re.compile(r"-?\d{1,19}(?:\.\d{1,9})?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400
_AHEAD: Final = Decimal(_DAY)  # seconds; a time further ahead of the clock is a slip, not progress
_LEAST: Final = Decimal(-62_135_596_800 + 2 * _DAY)  # the year 1, in any offset

Kind = Literal["time", "number", "text"]
_KINDS: Final[dict[Kind, str]] = {"time": "a time", "number": "a number", "text": "text"}


@dataclass(frozen=True, slots=True)
class Rank:
    """A value as it is compared: `by` is seconds since 1970, a number, or text."""

    kind: Kind
    by: Any

    def above(self, other: "Rank") -> bool:
        """Raises SourceError(bad_records): there is no order between kinds."""
        if self.kind != other.kind:
            raise SourceError(
                "bad_records",
                f"The cursor field holds {_KINDS[self.kind]} where it held {_KINDS[other.kind]}; an "
                "incremental sync needs one kind.",
            )
        return bool(self.by > other.by)


def rank(value: CursorValue) -> Rank:
    if not isinstance(value, str):
        return Rank("number", Decimal(str(value)))
    if _NUMBER.fullmatch(value):
        return Rank("number", Decimal(value))
    found = _TIME.fullmatch(value)
    seconds = None if found is None else _seconds(found)
    return Rank("text", value) if seconds is None else Rank("time", seconds)


def _moment(found: re.Match[str]) -> datetime | None:
    """To the second, in its own offset (UTC without one); None where calendar or clock has no such time."""
    day, _, clock, second, _, _, offset = found.groups()
    zone = (offset or "").strip().upper().replace("Z", "") or "+00:00"
    try:
        return datetime.fromisoformat(f"{day}T{clock or '00:00'}{second or ':00'}{zone}")
    except ValueError:
        return None


def _seconds(found: re.Match[str]) -> Decimal | None:
    """Since 1970, with the fraction."""
    moment = _moment(found)
    if moment is None:
        return None
    past = moment - _EPOCH
    return Decimal(past.days * _DAY + past.seconds) + Decimal(f"0.{found[6] or 0}")


def highest(array: pa.Array, before: CursorValue | None, now: datetime) -> CursorValue | None:
    """The highest of `before` and the array's values; times more than a day after `now` are passed over.

    Raises SourceError(bad_records) for values that have no order.
    """
    if array.null_count == len(array):
        return before
    if not (pa.types.is_string(array.type) or pa.types.is_integer(array.type) or array.type == pa.float64()):
        raise SourceError("bad_records", "The cursor field holds no times, numbers or text.")
    latest = Decimal((now - _EPOCH) // timedelta(seconds=1)) + _AHEAD
    top: CursorValue = pc.max(array).as_py()
    if isinstance(top, str) and not (_all_like(top, array) and _believed(rank(top), latest)):
        return _highest_of(array.unique().drop_null().to_pylist(), before, latest)
    return _highest_of([top], before, latest)


def is_before(array: pa.Array, start: CursorValue) -> bool:
    """Whether the lowest value, in text by its characters, lies clearly before `start`.

    A day is not much for times, as some APIs know only dates.
    """
    low = pc.min(array).as_py() if len(array) > array.null_count else None
    if low is None:
        return False
    one, asked = rank(low), rank(start)
    if one.kind != asked.kind or one.kind == "text":
        return False
    return bool(one.by < asked.by - (_DAY if one.kind == "time" else 0))


def _highest_of(
    values: Iterable[CursorValue], before: CursorValue | None, latest: Decimal
) -> CursorValue | None:
    best, best_rank = before, None if before is None else rank(before)
    for value in values:
        one = rank(value)
        if value != "" and _believed(one, latest) and (best_rank is None or one.above(best_rank)):
            best, best_rank = value, one
    return best


def _believed(one: Rank, latest: Decimal) -> bool:
    return one.kind != "time" or one.by <= latest


def _all_like(top: str, texts: pa.Array) -> bool:
    """Whether all texts differ from `top` in digits alone: then their order is that of their characters."""
    found = _TIME.fullmatch(top)
    offset = (found[7] or "") if found else ""
    varying = top.removesuffix(offset) if offset else top
    if found is None and not _NUMBER.fullmatch(top):
        return False
    pattern = re.sub(r"\d", r"\\d", re.escape(varying)) + re.escape(offset)
    alike = pc.match_substring_regex(texts, f"^{pattern}$")
    return bool(pc.all(alike).as_py())


def since(value: CursorValue, wanted: Incremental) -> CursorValue:
    """Where to ask from when `value` is the highest seen: `lookback` before it, written like it."""
    one = rank(value)
    if one.kind == "text":
        if wanted.lookback:
            raise SourceError("bad_records", "A lookback needs a cursor field that holds times or numbers.")
        return value
    if wanted.lookback == 0:
        return value
    step = _precision(value) if wanted.lookback is None else Decimal(str(wanted.lookback))
    earlier = one.by - step
    return _time_like(str(value), earlier) if one.kind == "time" else _number_like(value, earlier)


def _precision(value: CursorValue) -> Decimal:
    """The smallest step that a value written like this one can make: a day, a minute, 0.001."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        exponent = int(Decimal(str(value)).as_tuple().exponent)
        return Decimal(1).scaleb(min(exponent, 0))
    _, _, clock, second, _, fraction, _ = found.groups()
    if fraction:
        return Decimal(1).scaleb(-len(fraction))
    return Decimal(1 if second else 60 if clock else _DAY)


def _time_like(text: str, seconds: Decimal) -> CursorValue:
    """The moment in the text's own form and offset, never later than asked."""
    found = _TIME.fullmatch(text)
    like = None if found is None else _moment(found)
    if found is None or like is None:
        raise AssertionError
    _, between, clock, second, point, fraction, offset = found.groups()
    at = max(seconds, _LEAST)
    whole = at.to_integral_value(ROUND_FLOOR)
    moment = (_EPOCH + timedelta(seconds=int(whole))).astimezone(like.tzinfo)
    shown = moment.date().isoformat()
    if clock:
        shown += f"{between}{moment:%H:%M}"
    if second:
        shown += f":{moment:%S}"
    if fraction:
        digits = int((at - whole).scaleb(len(fraction)).to_integral_value(ROUND_FLOOR))
        shown += f"{point}{digits:0{len(fraction)}d}"
    return shown + (offset or "")


def _number_like(value: CursorValue, number: Decimal) -> CursorValue:
    if isinstance(value, int):
        return int(number.to_integral_value(ROUND_FLOOR))
    if isinstance(value, float):
        return float(number)
    places = -min(int(Decimal(value).as_tuple().exponent), 0)
    return f"{number.quantize(Decimal(1).scaleb(-places), ROUND_FLOOR):f}"
