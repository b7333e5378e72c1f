"""The schedule: which fetch request runs again and again, and when."""

import re
from functools import cache
from typing import Annotated, Any, Final, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from varlor.contracts.fetch import FetchRequest
from varlor.contracts.model import Id, Model, Name, UtcTime
from varlor.contracts.run import RunError, RunStatus

Overlap = Literal["skip", "buffer_one", "cancel_other"]

_DAY: Final = 86_400
_YEAR: Final = 366 * _DAY
_CRON: Final = re.compile(r"@(hourly|daily|weekly|monthly|yearly)|[0-9A-Za-z*/,-]+(?: [0-9A-Za-z*/,-]+){4}")
_LENGTH: Final = re.compile(
    r"P?(?:(\d{1,9})D)?T?(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?", re.IGNORECASE
)
_UNITS: Final = (_DAY, 3_600, 60, 1)


def _seconds(value: Any) -> Any:
    """Read `90s`, `15m`, `1h30m`, `7d` or ISO 8601 (`PT15M`); a number is seconds already."""
    if not isinstance(value, str):
        return value
    found = _LENGTH.fullmatch(value.strip())
    if found is None or not any(found.groups()):
        raise ValueError("give seconds, or a length such as 90s, 15m, 1h30m, 7d or PT15M")
    return sum(int(part or 0) * unit for part, unit in zip(found.groups(), _UNITS, strict=True))


def _as_text_too(least: int, most: int) -> WithJsonSchema:
    text = {"type": "string", "pattern": "^[0-9PTDHMSptdhms]{2,40}$"}
    return WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": least, "maximum": most}, text]}, mode="validation"
    )


def _cron(value: str) -> str:
    plain = " ".join(value.split())
    if _CRON.fullmatch(plain) is None:
        raise ValueError(
            "give five fields (minute hour day month weekday), such as 0 6 * * 1-5, or @hourly, @daily, "
            "@weekly, @monthly, @yearly"
        )
    return plain


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: str) -> str:
    known = _zones()
    if known and value not in known:  # a machine without zone data leaves it to the engine
        raise ValueError("not a time zone: give an IANA name such as Europe/Berlin")
    return value


Cron = Annotated[str, StringConstraints(min_length=1, max_length=128), AfterValidator(_cron)]
TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_zone)]
Every = Annotated[int, Field(strict=True, ge=1, le=_YEAR), BeforeValidator(_seconds), _as_text_too(1, _YEAR)]
Jitter = Annotated[int, Field(strict=True, ge=0, le=_DAY), BeforeValidator(_seconds), _as_text_too(0, _DAY)]
CatchupWindow = Annotated[
    int, Field(strict=True, ge=10, le=_YEAR), BeforeValidator(_seconds), _as_text_too(10, _YEAR)
]
MaxAge = Annotated[
    int, Field(strict=True, ge=60, le=_YEAR), BeforeValidator(_seconds), _as_text_too(60, _YEAR)
]
"""Of a dataset: a promise is looked at once a minute, so a shorter one could not be kept account of."""
Note = Annotated[str, StringConstraints(max_length=500)]


class ScheduleSettings(Model):
    """What is stored of a schedule. Lengths are seconds; they may be given as text too.

    `jitter`: each run begins up to so much later. `catchupWindow`: how late a run that was missed
    (the engine was down) is still made up for. `overlap`: what happens when the run before still runs.
    """

    name: Name
    connector_id: Id
    fetch: FetchRequest
    cron: Cron | None = None
    time_zone: TimeZone = "UTC"
    every: Every | None = None
    jitter: Jitter = 0
    overlap: Overlap = "skip"
    catchup_window: CatchupWindow = 3_600

    @model_validator(mode="after")
    def _one_rhythm(self) -> "ScheduleSettings":
        if (self.cron is None) == (self.every is None):
            raise ValueError("give either cron or every")
        return self


class StoredSchedule(ScheduleSettings):
    """A schedule as the database has it; whether it is paused only the engine knows."""

    id: Id
    created_at: UtcTime
    updated_at: UtcTime


class ScheduleState(Model):
    """A schedule as the engine has it. `running`: one of its runs has not ended."""

    paused: bool
    note: str | None = None
    next_runs: list[UtcTime] = []
    running: bool = False


class RecentRun(Model):
    """One of the newest runs that a schedule started; `GET /runs/{id}` has the rest."""

    id: Id
    status: RunStatus
    rows: int
    created_at: UtcTime
    finished_at: UtcTime | None = None
    error: RunError | None = None


class Schedule(StoredSchedule):
    """A schedule as the API shows it: the next five times, and the newest five runs.

    `parked`: its connector needs its user, so that runs wait, or do not begin.
    """

    paused: bool
    parked: bool
    note: str | None = None
    next_runs: list[UtcTime]
    recent_runs: list[RecentRun]
