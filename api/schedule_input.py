"""What a caller may say of a schedule, and how a patch joins what is stored; else 422 with a pointer."""

from datetime import timedelta
from typing import Any, Final

from pydantic import Field, ValidationError, model_validator

from api.errors import invalid
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.model import GivenName, Model, UtcTime
from varlor.contracts.schedule import (
    CatchupWindow,
    Cron,
    Every,
    Jitter,
    Note,
    Overlap,
    ScheduleSettings,
    ScheduleState,
    StoredSchedule,
    TimeZone,
)
from varlor.errors import FieldProblem, InvalidInputError

_LONGEST_BACKFILL: Final = timedelta(days=366)
_OF_THE_ENGINE: Final = frozenset({"paused", "note"})


class ScheduleInput(ScheduleSettings):
    """A schedule as a caller describes it: `cron` with `timeZone`, or `every`."""

    name: GivenName
    paused: bool = False
    note: Note | None = None


class SchedulePatch(Model):
    """RFC 7396 merge patch of a schedule: absent keeps, null removes.

    `fetch` is replaced whole. A new `cron` takes the place of `every`, and the other way round.
    """

    name: GivenName | None = None
    fetch: FetchRequest | None = None
    cron: Cron | None = None
    time_zone: TimeZone | None = None
    every: Every | None = None
    jitter: Jitter | None = None
    overlap: Overlap | None = None
    catchup_window: CatchupWindow | None = None
    paused: bool | None = None
    note: Note | None = None


class ScheduleNote(Model):
    """Why it is paused or resumed; without a note the present one stays."""

    note: Note | None = None


class BackfillRequest(Model):
    """Make up for the times after `startAt`, up to and including `endAt`; a year at most."""

    start_at: UtcTime = Field(description="exclusive")
    end_at: UtcTime = Field(description="inclusive; not in the future")

    @model_validator(mode="after")
    def _a_range(self) -> "BackfillRequest":
        if not timedelta(0) < self.end_at - self.start_at <= _LONGEST_BACKFILL:
            raise ValueError("endAt must come after startAt, by 366 days at most")
        return self


def settings_of(given: ScheduleInput) -> ScheduleSettings:
    """The settings to store."""
    return ScheduleSettings.model_validate(given.model_dump(by_alias=False, exclude=set(_OF_THE_ENGINE)))


def merged(stored: StoredSchedule, patch: SchedulePatch) -> ScheduleSettings:
    """The settings after the patch; raises InvalidInputError."""
    document = stored.model_dump(mode="json", include=set(ScheduleSettings.model_fields))
    changes: dict[str, Any] = patch.model_dump(mode="json", exclude_unset=True, exclude=set(_OF_THE_ENGINE))
    for given, other in (("cron", "every"), ("every", "cron")):
        if changes.get(given) is not None:
            document.pop(other, None)
    document |= changes
    document = {name: value for name, value in document.items() if value is not None}
    try:
        return ScheduleSettings.model_validate(document)
    except ValidationError as error:
        raise invalid(error, document) from None


def refuse_never(settings: ScheduleSettings, state: ScheduleState | None) -> None:
    """`state`: of the engine, which alone knows when an expression comes, and only once it has it."""
    if settings.cron is not None and state is not None and not state.next_runs:
        detail = "This time never comes: none of its months has such a day."
        raise InvalidInputError(detail, FieldProblem("/cron", detail))
