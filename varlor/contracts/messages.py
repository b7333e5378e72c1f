"""What goes into and out of workflows and activities: ids, positions and counts."""

from varlor.contracts.model import Model
from varlor.contracts.oauth import TokenState
from varlor.contracts.run import Counters, Origin, RunError, RunStatus
from varlor.contracts.token_acts import RevocationResult
from varlor.contracts.waits import WaitReason


class CheckInput(Model):
    """A connection test. What it tests (draft or connector id, path) waits sealed in Redis under `nonce`."""

    tenant_id: str
    nonce: str
    connector_id: str | None = None


class CheckOutcome(Model):
    """How the test ended; the sample waits sealed in Redis under the same nonce."""

    ok: bool
    error_type: str | None = None


class DiscoverInput(Model):
    tenant_id: str
    connector_id: str


class DiscoverOutcome(Model):
    """The document itself waits in Redis."""

    source: str
    endpoints: int


class SyncState(Model):
    """What a sync carries over a continue-as-new. Rows and cursor live in the dataset's own log."""

    leased: bool = False
    failures: int = 0
    chunks: int = 0
    paused: bool = False
    requests_per_minute: int | None = None


class SyncInput(Model):
    """With a `schedule_id`, `run_id` and `dataset_id` are empty until the workflow has made its run."""

    tenant_id: str
    run_id: str
    connector_id: str
    dataset_id: str
    origin: Origin = "api"
    schedule_id: str | None = None
    state: SyncState = SyncState()


class SyncResult(Model):
    status: RunStatus
    counters: Counters = Counters()


class RunRef(Model):
    """Names one run of one tenant."""

    tenant_id: str
    run_id: str


class ScheduleRef(Model):
    """Names one schedule of one tenant."""

    tenant_id: str
    schedule_id: str


class ScheduledRun(Model):
    """The run that a schedule's sync has made; None when there is nothing to do (any more)."""

    run_id: str | None = None
    dataset_id: str | None = None


class SkipInput(Model):
    """Another run holds the dataset, so this scheduled one is skipped."""

    tenant_id: str
    run_id: str
    holder_run_id: str | None


class SetRateInput(Model):
    tenant_id: str
    run_id: str
    requests_per_minute: int | None


class LeaseOutcome(Model):
    """Whether the run now holds its dataset; if not, `holder_run_id` does."""

    leased: bool
    holder_run_id: str | None = None


class ChunkInput(Model):
    """`failures`: passing failures in a row before this chunk, for the wait that follows."""

    tenant_id: str
    run_id: str
    failures: int = 0


class ChunkResult(Model):
    """One bounded chunk of pages, committed.

    `done`: the API has no more. `wait_seconds` > 0 with `wait_reason`: go on after that time.
    `progressed`: at least one page was committed. `failures`: passing failures in a row at the end.
    `error` is the passing failure that is being waited out.
    """

    done: bool
    progressed: bool
    counters: Counters
    position: str = ""
    wait_reason: WaitReason | None = None
    wait_seconds: float = 0.0
    failures: int = 0
    error: RunError | None = None


class MarkInput(Model):
    """Sets a run's visible status."""

    tenant_id: str
    run_id: str
    status: RunStatus
    resume_in_seconds: float | None = None


class FinishInput(Model):
    tenant_id: str
    run_id: str
    status: RunStatus
    error: RunError | None = None


class FinishOutcome(Model):
    """`next_run_id`: the run that waited longest for the same dataset, if any."""

    counters: Counters
    next_run_id: str | None = None


class SyncProgress(Model):
    """The query `progress`."""

    status: RunStatus
    counters: Counters
    chunks: int
    position: str = ""
    waiting_for: str | None = None


class RetireInput(Model):
    """Deletes a connector: its running syncs stop, its secrets go, its datasets stay."""

    tenant_id: str
    connector_id: str
    actor: str


class RetireOutcome(Model):
    """How many running syncs were stopped, and what the provider said of its tokens' revocation."""

    stopped_runs: int
    revocation: RevocationResult = "nothing"


class OpenRuns(Model):
    """Workflow ids of a connector's runs that have not ended."""

    workflow_ids: list[str]


class OnboardInput(Model):
    """An OAuth onboarding. What it is bound to (browser, return path) waits sealed in Redis under `nonce`."""

    tenant_id: str
    connector_id: str
    nonce: str
    actor: str


class AuthorizationReceived(Model):
    """The provider's callback came and was checked; the code waits sealed in Redis under `nonce`.

    `error`: the allow-listed OAuth error code of a callback that brought no code.
    """

    nonce: str
    error: str | None = None


class OnboardOutcome(Model):
    """`reason` is a slug when not connected: expired, access_denied, invalid_grant and the like."""

    connected: bool
    reason: str | None = None


class KeepFreshState(Model):
    """What keep-token-fresh carries over a continue-as-new.

    `clock_ahead`: seconds by which the workers' clock, which its times are by, is ahead of Temporal's.
    """

    token: TokenState = TokenState()
    failures: int = 0
    clock_ahead: float = 0.0
    updates: int = 0


class KeepFreshInput(Model):
    tenant_id: str
    connector_id: str
    state: KeepFreshState = KeepFreshState()


class EnsureFresh(Model):
    """Wants a token newer than `seen_version` when `force`, else one that is not about to expire."""

    seen_version: int = 0
    force: bool = False
    actor: str | None = None


class RefreshInput(Model):
    """`failures`: passing failures in a row before this one, for the wait that follows."""

    tenant_id: str
    connector_id: str
    seen_version: int
    force: bool = False
    actor: str | None = None
    failures: int = 0


class RefreshOutcome(Model):
    """The state after one refresh; `reason`: the slug of what failed, `retry_seconds`: the wait asked for.

    `clock_ahead`: seconds by which the worker's clock, by which its times are, is ahead of Temporal's.
    """

    token: TokenState
    clock_ahead: float = 0.0
    refreshed: bool = False
    reason: str | None = None
    retry_seconds: float | None = None


class ResealProgress(Model):
    """Where a rotation is: `after` is where the next batch begins, None when all has been looked at.

    `resealed` rows are now under the newest key; `skipped` ones changed meanwhile; `unopened` ones do
    not open under any given key.
    """

    after: str | None = None
    looked_at: int = 0
    resealed: int = 0
    skipped: int = 0
    unopened: int = 0


class RotateKeysInput(Model):
    """Re-seals everything under `key_version`, the newest; `progress` is carried over continue-as-new."""

    key_version: str
    actor: str
    progress: ResealProgress = ResealProgress()
