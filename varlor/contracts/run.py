"""The run: one sync of one dataset, its numbers, its requests and its log."""

from typing import Final, Literal

from varlor.contracts.fetch import FetchRequest
from varlor.contracts.model import Id, Model, UtcTime

RunStatus = Literal[
    "queued", "running", "paused", "throttled", "waiting_auth", "succeeded", "failed", "canceled"
]
FINAL_STATUSES: frozenset[RunStatus] = frozenset({"succeeded", "failed", "canceled"})
Origin = Literal["api", "schedule", "webhook"]


class RunError(Model):
    """Why a run stopped: the contract's slug, one sentence, and what to do."""

    type: str
    title: str
    detail: str
    status: int | None = None


NOT_STARTED: Final = "not_started"
"""The error's type of a run whose workflow could not be started: it has read and written nothing."""


class SchemaChange(Model):
    """One recorded change of a dataset's columns."""

    kind: Literal["column_added", "column_widened", "column_renamed", "values_diverted", "discarded"]
    column: str
    detail: str


class Counters(Model):
    """What a run has done so far; `rows` and `pages` are committed ones."""

    rows: int = 0
    pages: int = 0
    requests: int = 0
    retries: int = 0
    bytes: int = 0


class ProgressPoint(Model):
    """What a run had done at a moment; rates are the differences between two."""

    time: UtcTime
    rows: int
    requests: int
    retries: int


class Run(Counters):
    """A run as the API shows it. `notes` say what pagination `auto` chose, and why.

    `scheduleId`: the schedule that started it. `pendingRows`, `pendingPages`: read, and not committed yet.
    """

    pending_rows: int = 0
    pending_pages: int = 0

    id: Id
    connector_id: Id
    dataset_id: Id
    origin: Origin
    schedule_id: Id | None = None
    status: RunStatus
    request: FetchRequest
    workflow_id: str
    requests_per_minute: int | None = None
    created_at: UtcTime
    started_at: UtcTime | None = None
    finished_at: UtcTime | None = None
    resume_at: UtcTime | None = None
    error: RunError | None = None
    schema_changes: list[SchemaChange] = []
    notes: list[str] = []

    def live(self, newest: Counters) -> "Run":
        """The run with what its open chunk has done so far."""
        moving = {
            name: max(getattr(self, name), getattr(newest, name)) for name in ("requests", "retries", "bytes")
        }
        pending = {
            "pending_rows": max(0, newest.rows - self.rows),
            "pending_pages": max(0, newest.pages - self.pages),
        }
        return self.model_copy(update=moving | pending)


class RequestLogEntry(Model):
    """One request of a run; the URL is redacted, `wait_ms` is the time it waited for the rate window.

    `headers` are the answer's, `answer` its body, both redacted and cut; kept for failed requests alone.
    """

    seq: int
    time: UtcTime
    method: str
    url: str
    status: int | None = None
    bytes: int = 0
    ms: int = 0
    attempt: int = 1
    wait_ms: int = 0
    error: str | None = None
    headers: dict[str, str] | None = None
    answer: str | None = None


class Event(Model):
    """One message on `/events`: `id` is the resume point, `data` holds no secret."""

    id: str
    type: str
    data: dict[str, object]
