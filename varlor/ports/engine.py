"""What is asked of the workflow engine besides starting."""

from datetime import datetime
from typing import Protocol

from varlor.contracts.oauth import TokenState
from varlor.contracts.schedule import ScheduleState, StoredSchedule


class Workflows(Protocol):
    """What the engine says of a workflow, for those who wait for another run's lease."""

    async def is_open(self, workflow_id: str) -> bool:
        """Whether it still runs; False when it ended in any way or never began."""
        ...


class Timetable(Protocol):
    """The engine's side of schedules: when they fire. PartUnavailableError when it does not answer."""

    async def put(
        self,
        tenant: str,
        schedule: StoredSchedule,
        *,
        paused: bool,
        note: str | None,
        drop_waiting: bool = False,
    ) -> None:
        """Make it fire as its settings say, whether the engine knew it or not.

        `drop_waiting`: runs that wait for their turn, such as those of a backfill, never begin.
        InvalidInputError when the engine cannot read the cron expression or the time zone.
        """
        ...

    async def state(self, tenant: str, schedule_id: str) -> ScheduleState | None:
        """None when the engine does not know it."""
        ...

    async def trigger(self, tenant: str, schedule_id: str) -> None:
        """Start a run now, whether it is paused or not; NotFoundError when the engine does not know it."""
        ...

    async def backfill(self, tenant: str, schedule_id: str, *, after: datetime, until: datetime) -> None:
        """Make up for its times in `after < time <= until`, one after the other."""
        ...

    async def delete(self, tenant: str, schedule_id: str) -> None:
        """It never fires again; nothing to do when the engine does not know it."""
        ...


class TokenRefresher(Protocol):
    """Asks the connector's keep-token-fresh, the one place where its token is refreshed."""

    async def ensure_fresh(
        self, tenant: str, connector: str, seen_version: int, *, force: bool = False
    ) -> TokenState:
        """The state afterwards; joins a refresh under way. PartUnavailableError when Temporal is away.

        `force`: refresh though the token looks fresh, unless a version after `seen_version` is stored.
        """
        ...


class TokenKeeper(Protocol):
    """Tells the connector's keep-token-fresh what happened; it is started when there is none."""

    async def token_stored(self, tenant: str, connector: str, token: TokenState) -> None:
        """A user has connected. PartUnavailableError when Temporal is away."""
        ...
