"""A range of time that is read window by window, several at once."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from varlor.contracts.model import NUMBER, Model

MOST_WINDOWS: Final = 10_000
FROM: Final = "{from}"
TO: Final = "{to}"
UNTIL: Final = "{until}"


def _moment(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("give a date (2026-01-31) or a time (2026-01-31T00:00:00Z)") from None
    return text


Moment = Annotated[str, StringConstraints(min_length=8, max_length=40), AfterValidator(_moment)]


class DateWindows(Model):
    """Repeats the request for each window of a range of time, whose bounds take the places of these slots.

    `{from}` is where a window begins and `{until}` where the next one does; `{to}`, for dates alone, is its
    last day. They stand in path, params or body: choose `{to}` or `{until}` by whether the API counts the end
    in. `from` and `to` are dates or times; of dates `to` is the last day, of times the first moment outside,
    and not given it is the day or the moment at which the run begins. `days`: the length of a window.
    """

    from_: Annotated[Moment, Field(alias="from")]
    to: Moment | None = None
    days: Annotated[int, Field(ge=1, le=3660), NUMBER] = 1

    @model_validator(mode="after")
    def _a_range(self) -> "DateWindows":
        if self.to is not None:
            begin, end = datetime.fromisoformat(self.from_), datetime.fromisoformat(self.to)
            if is_date(self.from_) != is_date(self.to) or (begin.tzinfo is None) != (end.tzinfo is None):
                raise ValueError("give from and to in one form: both dates, or both times of one kind")
            if begin > end:
                raise ValueError("from is after to")
            if (end - begin).days // self.days >= MOST_WINDOWS:
                raise ValueError(f"more than {MOST_WINDOWS} windows: give more days")
        return self

    def end(self, now: datetime) -> datetime:
        """The first moment outside the range, for a run that begins `now`."""
        if self.to is not None:
            end = datetime.fromisoformat(self.to)
        else:
            zone = datetime.fromisoformat(self.from_).tzinfo
            end = now.astimezone(zone or UTC).replace(microsecond=0)
            end = end if zone else end.replace(tzinfo=None)
        if not is_date(self.from_):
            return end
        last = min(end.date(), date.max - timedelta(days=1))  # the calendar has no day after its last one
        return datetime.combine(last + timedelta(days=1), datetime.min.time())

    def windows(self, end: datetime) -> list[str]:
        """`begin/until` of each window before `end`, written as `from` is."""
        begin, found = datetime.fromisoformat(self.from_), list[str]()
        while begin < end:
            until = begin + min(timedelta(days=self.days), end - begin)
            found.append(f"{self._written(begin)}/{self._written(until)}")
            begin = until
        return found

    def _written(self, moment: datetime) -> str:
        if is_date(self.from_):
            return moment.date().isoformat()
        if self.from_.endswith("Z"):
            return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
        return moment.isoformat()


def is_date(text: str) -> bool:
    return "T" not in text and " " not in text


def slots(window: str) -> dict[str, str]:
    """What takes the places of the slots for a window as `DateWindows.windows` writes it."""
    begin, until = window.split("/")
    bounds = {FROM: begin, UNTIL: until}
    if is_date(begin):
        bounds[TO] = (date.fromisoformat(until) - timedelta(days=1)).isoformat()
    return bounds
