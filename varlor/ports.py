"""What activities and the API ask of the outside, as protocols; bootstrap joins adapters to them."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, Protocol, TypeVar

from varlor.contracts.check import CheckResult, Discovery
from varlor.contracts.connector import (
    Connector,
    ConnectorSettings,
    ConnectorStatus,
    RateLimitConfig,
    Secrets,
)
from varlor.contracts.dataset import Dataset, RowsPage, TableFacts
from varlor.contracts.fetch import FetchRequest, SchemaPolicy, WriteMode
from varlor.contracts.messages import ResealProgress, WaitReason
from varlor.contracts.model import Model, UtcTime
from varlor.contracts.oauth import OAuthConfig, ServerMetadata, TokenState, TokenStatus
from varlor.contracts.run import (
    Counters,
    Event,
    Origin,
    RequestLogEntry,
    Run,
    RunError,
    RunStatus,
    SchemaChange,
)
from varlor.contracts.schedule import ScheduleSettings, ScheduleState, StoredSchedule

T = TypeVar("T")


class Clock(Protocol):
    """Absolute time, injectable because tests move it."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One slice of a list, newest first; `next_cursor` is opaque and None at the end."""

    items: Sequence[T]
    next_cursor: str | None


# --- storage -----------------------------------------------------------------------------------


class ConnectorRepository(Protocol):
    """One tenant's connectors. Every method raises NotFoundError for an unknown or foreign id."""

    async def create(
        self, settings: ConnectorSettings, secrets: Secrets, *, created_by: str
    ) -> Connector: ...
    async def get(self, connector_id: str) -> Connector: ...
    async def list(self, *, limit: int, cursor: str | None) -> Listing[Connector]: ...
    async def update(
        self, connector_id: str, settings: ConnectorSettings, secrets: Secrets | None
    ) -> Connector:
        """Replace the settings; `secrets` None keeps the stored credential, else replaces it whole."""
        ...

    async def set_status(self, connector_id: str, status: ConnectorStatus) -> None: ...
    async def secrets(self, connector_id: str) -> Secrets:
        """Unseal the credential; raises SealError when it does not open."""
        ...

    async def erase(self, connector_id: str) -> None:
        """Delete the connector and its credential; its datasets and runs stay."""
        ...

    async def record_check(self, connector_id: str, result: CheckResult) -> None:
        """Keep the last test (without its sample) and move the status to connected or error."""
        ...

    async def last_check(self, connector_id: str) -> tuple[datetime, CheckResult] | None: ...


class RunRepository(Protocol):
    """One tenant's runs."""

    async def create(
        self,
        run_id: str,
        *,
        connector_id: str,
        dataset_id: str,
        request: FetchRequest,
        origin: Origin,
        schedule_id: str | None = None,
        workflow_id: str | None = None,
    ) -> Run:
        """Insert as `queued`; the same id again answers the stored run.

        `workflow_id`: where it is not the one that follows from the run's id.
        """
        ...

    async def get(self, run_id: str) -> Run: ...
    async def list(
        self,
        *,
        limit: int,
        cursor: str | None,
        connector_id: str | None = None,
        dataset_id: str | None = None,
        schedule_id: str | None = None,
        status: RunStatus | None = None,
    ) -> Listing[Run]: ...
    async def mark(
        self,
        run_id: str,
        status: RunStatus,
        *,
        resume_at: datetime | None = None,
        error: RunError | None = None,
        counters: Counters | None = None,
    ) -> Run:
        """Set the visible status; a final status is never left again (a later mark is ignored)."""
        ...

    async def set_rate(self, run_id: str, requests_per_minute: int | None) -> Run: ...
    async def record(
        self, run_id: str, *, notes: Sequence[str] = (), changes: Sequence[SchemaChange] = ()
    ) -> None:
        """Add notes and schema changes; those already recorded are not repeated."""
        ...

    async def append_requests(self, run_id: str, entries: Sequence[RequestLogEntry]) -> None: ...
    async def requests(
        self, run_id: str, *, limit: int, cursor: str | None, failed_only: bool = False
    ) -> Listing[RequestLogEntry]: ...
    async def active_since(
        self, connector_id: str, since: datetime, *, before: datetime | None = None
    ) -> bool:
        """Whether this connector may have sent a request since then (the window after a Redis flush).

        A run that started at `before` or later does not count: whatever it sent is known.
        """
        ...


class ScheduleRepository(Protocol):
    """One tenant's schedules; whether one is paused, and when it fires next, is `Timetable`'s."""

    async def create(self, schedule: ScheduleSettings) -> StoredSchedule:
        """NotFoundError when there is no such connector."""
        ...

    async def get(self, schedule_id: str) -> StoredSchedule: ...
    async def list(
        self, *, limit: int, cursor: str | None, connector_id: str | None = None
    ) -> Listing[StoredSchedule]: ...
    async def update(self, schedule_id: str, schedule: ScheduleSettings) -> StoredSchedule:
        """Replace the settings, but for the connector, which stays."""
        ...

    async def delete(self, schedule_id: str) -> None: ...


class DatasetRepository(Protocol):
    """One tenant's datasets and their writer's leases."""

    async def create(self, name: str, *, connector_id: str | None) -> Dataset: ...
    async def get(self, dataset_id: str) -> Dataset: ...
    async def find(self, name: str) -> Dataset | None: ...
    async def list(self, *, limit: int, cursor: str | None) -> Listing[Dataset]: ...
    async def rename(self, dataset_id: str, name: str) -> Dataset: ...
    async def record_facts(self, dataset_id: str, facts: TableFacts) -> None: ...
    async def delete(self, dataset_id: str) -> None: ...
    async def lease(self, dataset_id: str, run_id: str) -> str:
        """Take the writer's lease in one statement, or answer who holds it; the holder's run id."""
        ...

    async def release(self, dataset_id: str, run_id: str) -> str | None:
        """Give the lease back if `run_id` holds it; answer the run queued longest, if any."""
        ...


class AuditEntry(Model):
    """One line of the audit; `seq` counts per tenant without gaps, `hash` chains to the line before."""

    seq: int
    time: UtcTime
    actor: str
    action: str
    connector_id: str | None
    outcome: str
    correlation_id: str | None
    detail: dict[str, str]
    hash: str


class AuditLog(Protocol):
    """One tenant's append-only, hash-chained audit."""

    async def write(
        self,
        action: str,
        *,
        actor: str,
        outcome: str = "ok",
        connector_id: str | None = None,
        correlation_id: str | None = None,
        detail: Mapping[str, str] | None = None,
    ) -> AuditEntry: ...
    async def list(
        self,
        *,
        limit: int,
        cursor: str | None,
        connector_id: str | None = None,
        action: str | None = None,
        since: datetime | None = None,
    ) -> Listing[AuditEntry]: ...
    async def verify(self) -> int | None:
        """The `seq` of the first line that was changed, removed or reordered; None when all hold."""
        ...


@dataclass(frozen=True, slots=True)
class RememberedAnswer:
    """What an idempotent request answered the first time; `fingerprint` is of its body."""

    fingerprint: str
    status: int
    body: dict[str, Any]


class IdempotencyRepository(Protocol):
    """One tenant's Idempotency-Keys, kept for 24 h."""

    async def begin(self, key: str, fingerprint: str) -> RememberedAnswer | None:
        """Claim the key: None to go on; the first answer if done; ConflictError while it is under way."""
        ...

    async def finish(self, key: str, answer: RememberedAnswer) -> None: ...
    async def abandon(self, key: str) -> None:
        """Give a claimed key back after a failure, so that the client may try again."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """A token answer: what it opens, and until when. `expires_at` is None when nobody knows.

    `key_version`: the master key that it was stored under, known once it was opened.
    """

    access_token: str
    refresh_token: str | None
    token_type: str
    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime | None
    key_version: str | None = None


class GrantRepository(Protocol):
    """One tenant's tokens, sealed. A version names one stored token and never comes back."""

    async def state(self, connector_id: str) -> TokenState:
        """What may be told; status `none` and version 0 before the first token."""
        ...

    async def open(self, connector_id: str) -> tuple[Grant, TokenState] | None:
        """Unseal; None when there is no token. SealError when it does not open."""
        ...

    async def write(
        self,
        connector_id: str,
        grant: Grant,
        *,
        expected_version: int,
        next_refresh_at: datetime | None = None,
    ) -> TokenState:
        """Store the next version as `active`; a connector that waited for this becomes a draft again.

        ConflictError when another version was stored meanwhile or the connector is being deleted,
        NotFoundError when it is gone.
        """
        ...

    async def mark(
        self,
        connector_id: str,
        status: TokenStatus,
        *,
        expected_version: int | None = None,
        next_refresh_at: datetime | None = None,
    ) -> TokenState:
        """Set the status, not the version; ConflictError when `expected_version` is no longer stored.

        needs_reauth and revoked also become the connector's status. None: no refresh is planned.
        """
        ...

    async def erase(self, connector_id: str) -> TokenState:
        """Forget the token, which is then `revoked`, as is the connector unless it is being deleted.

        The version grows, so that whoever still holds the old one writes in vain.
        """
        ...


class TenantStore(Protocol):
    """Everything stored for one tenant: there is no other way to a tenant's rows."""

    @property
    def connectors(self) -> ConnectorRepository: ...
    @property
    def grants(self) -> GrantRepository: ...
    @property
    def runs(self) -> RunRepository: ...
    @property
    def schedules(self) -> ScheduleRepository: ...
    @property
    def datasets(self) -> DatasetRepository: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def idempotency(self) -> IdempotencyRepository: ...


class Store(Protocol):
    """The database."""

    def tenant(self, tenant_id: str) -> TenantStore: ...
    async def ping(self) -> None:
        """Raise PartUnavailableError when the database does not answer."""
        ...

    async def reseal_batch(self, after: str | None, limit: int) -> ResealProgress:
        """Re-seal, in all tenants, up to `limit` rows that are not under the newest key.

        Each by compare-and-swap: a row that changed meanwhile is `skipped`, and `key_usage` tells
        whether another pass is needed. Start with `after` None, go on until the answer's is None;
        the numbers are of this batch.
        """
        ...

    async def key_usage(self) -> Mapping[str, int]:
        """Sealed rows by master key version, in all tenants; the newest version is always named."""
        ...


class Workflows(Protocol):
    """What the engine says of a workflow, for those who wait for another run's lease."""

    async def is_open(self, workflow_id: str) -> bool:
        """Whether it still runs; False when it ended in any way or never began."""
        ...


class Timetable(Protocol):
    """The engine's side of schedules: when they fire. PartUnavailableError when it does not answer."""

    async def put(self, tenant: str, schedule: StoredSchedule, *, paused: bool, note: str | None) -> None:
        """Make it fire as its settings say, whether the engine knew it or not.

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


# --- cache -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RateUsage:
    """How much of the window is used: requests in the last 60 s and in the last second."""

    last_minute: int
    last_second: int
    limit: RateLimitConfig
    blocked_for: float


class RateWindow(Protocol):
    """The connector's sliding window, shared by all workers; PartUnavailableError when Redis is away."""

    async def acquire(
        self, tenant: str, connector: str, limit: RateLimitConfig, *, run: str | None = None
    ) -> float:
        """Take one request: 0.0 when granted, else the seconds until asking again can help.

        `run` also obeys that run's own lower rate, set with `set_run_rate` and read afresh each time.
        """
        ...

    async def block(self, tenant: str, connector: str, seconds: float) -> None:
        """The API asked for silence: nobody sends for that long (clamped to an hour)."""
        ...

    async def set_run_rate(self, tenant: str, run: str, requests_per_minute: int | None) -> None: ...
    async def usage(self, tenant: str, connector: str, limit: RateLimitConfig) -> RateUsage: ...


class Events(Protocol):
    """The tenant's live events, and the live numbers of running syncs. Losing them loses nothing."""

    async def publish(self, tenant: str, type_: str, data: Mapping[str, object]) -> None: ...
    def subscribe(self, tenant: str, last_event_id: str | None) -> AsyncIterator[Event]: ...
    async def set_progress(self, tenant: str, run: str, counters: Counters) -> None: ...
    async def progress(self, tenant: str, run: str) -> Counters | None: ...


class Drafts(Protocol):
    """Sealed, short-lived values: a test's unsaved connector and its sample (≤ 60 s)."""

    async def put(self, tenant: str, nonce: str, part: str, value: bytes) -> None: ...
    async def get(self, tenant: str, nonce: str, part: str) -> bytes | None: ...


class DiscoveryCache(Protocol):
    """Discovery answers for 1 h."""

    async def put(self, tenant: str, connector: str, discovery: Discovery) -> None: ...
    async def get(self, tenant: str, connector: str) -> Discovery | None: ...
    async def drop(self, tenant: str, connector: str) -> None: ...


@dataclass(frozen=True, slots=True, repr=False)
class CachedToken:
    """An access token ready to be sent; `expires_at` None: unknown, so it is kept for a short while."""

    access_token: str
    token_type: str
    version: int
    expires_at: datetime | None


class TokenCache(Protocol):
    """Access tokens, sealed, as long as they live. Never a refresh token. Losing them loses nothing."""

    async def put(self, tenant: str, connector: str, token: CachedToken) -> None:
        """Keep it until it expires, unless a newer version is there."""
        ...

    async def get(self, tenant: str, connector: str) -> CachedToken | None: ...
    async def drop(self, tenant: str, connector: str, *, version: int) -> None:
        """Forget it; a straggler's put of this version or an older one is refused for some minutes."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class StashedGrant:
    """A token answer that is not written yet, and the version it is to follow."""

    grant: Grant
    expected_version: int


class TokenStash(Protocol):
    """The token endpoint's answer, sealed for at most 1 h: a retry repeats the write, not the request.

    `purpose` keeps flows apart: "refresh", or the nonce of an onboarding.
    """

    async def put(self, tenant: str, connector: str, purpose: str, stashed: StashedGrant) -> None: ...
    async def get(self, tenant: str, connector: str, purpose: str) -> StashedGrant | None: ...
    async def drop(self, tenant: str, connector: str, purpose: str) -> None: ...


class OAuthAttempt(Model):
    """An authorization under way: whom its callback must come from, and what its code is good for.

    `browser_hash`: SHA-256 in hex of the browser-binding cookie. `issuer` None: none is known.
    `onboard_run`: the one execution of onboard-connector that waits; a later start has replaced it.
    Sealed in Redis, never in a history.
    """

    tenant_id: str
    connector_id: str
    subject: str
    nonce: str
    onboard_run: str
    browser_hash: str
    verifier: str
    redirect_uri: str
    token_url: str
    return_to: str | None = None
    issuer: str | None = None
    iss_required: bool = False
    created_at: UtcTime

    def __repr_args__(self) -> list[tuple[str, object]]:
        return [("connector_id", self.connector_id), ("nonce", self.nonce)]


class AuthorizationAnswer(Model):
    """What a checked callback leaves for the exchange, sealed under the attempt's nonce."""

    code: str
    verifier: str
    redirect_uri: str
    token_url: str

    def __repr_args__(self) -> list[tuple[str, object]]:
        return []


class OAuthAttempts(Protocol):
    """Authorizations under way, for 600 s; all raise PartUnavailableError when Redis is away."""

    async def save(self, state: str, attempt: OAuthAttempt) -> None:
        """Keep it under the state's hash."""
        ...

    async def take(self, state: str) -> OAuthAttempt | None:
        """Use the state up, atomically: of two callers one gets it. None: unknown, expired or used."""
        ...

    async def put_code(self, tenant: str, nonce: str, answer: AuthorizationAnswer) -> None: ...
    async def code(self, tenant: str, nonce: str) -> AuthorizationAnswer | None:
        """The answer, as often as a retry needs it."""
        ...

    async def drop_code(self, tenant: str, nonce: str) -> None: ...


# --- who asks ----------------------------------------------------------------------------------

Role = Literal["viewer", "editor", "admin", "operator"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks. `tenant_id` is None only for an operator, who belongs to the platform."""

    subject: str
    tenant_id: str | None
    roles: frozenset[Role]
    expires_at: datetime


class TokenVerifier(Protocol):
    """Says whose bearer token this is."""

    async def verify(self, token: str) -> Identity:
        """Raises UnauthenticatedError, or PartUnavailableError when the keys cannot be fetched."""
        ...


class Sessions(Protocol):
    """The browser's sign-in: a one-time code becomes an opaque session; all raise PartUnavailableError."""

    async def invite(self, identity: Identity) -> str:
        """A code that opens one session, once, until `identity.expires_at`."""
        ...

    async def redeem(self, code: str) -> tuple[str, Identity]:
        """Use the code up: the new session's token and whose it is; UnauthenticatedError if it is spent."""
        ...

    async def resolve(self, token: str) -> Identity: ...
    async def close(self, token: str) -> None: ...


class UrlJudge(Protocol):
    """Says whether an address may be saved as a base URL."""

    def check_saved(self, url: str) -> str:
        """The normalised URL; raises InvalidInputError."""
        ...


# --- the outside API ---------------------------------------------------------------------------


class WaitRequiredError(Exception):
    """Not a failure: the next request may leave only after `seconds`, too long to hold a worker for."""

    def __init__(self, reason: WaitReason, seconds: float) -> None:
        super().__init__(f"{reason}: {seconds:.1f} s")
        self.reason: WaitReason = reason
        self.seconds = seconds


@dataclass(frozen=True, slots=True, repr=False)
class AuthParts:
    """What a credential adds to a request."""

    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    params: Mapping[str, str] = field(default_factory=dict[str, str])


class RequestAuth(Protocol):
    """A connector's credential, resolved at send time."""

    async def parts(self) -> AuthParts: ...
    async def refused(self) -> bool:
        """The API answered 401: True when a newer credential is now worth one repeat."""
        ...


class Credentials(Protocol):
    """Who we are to a connector's API, whatever its `auth_type`."""

    async def auth(self, tenant: str, connector: Connector) -> RequestAuth:
        """The stored credential, resolved at send time.

        For oauth2, `parts` and `refused` raise AuthRequiredError when only the user can help, and
        PartUnavailableError when no token can be had now.
        """
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


class RouteLimit(Protocol):
    """How often a route may be called, over all API processes."""

    async def take(self, bucket: str, caller: str, *, most: int, seconds: int) -> float:
        """Count one call: 0.0 when at most `most` came in this window, else the seconds until the next."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Authorization:
    """Where to send the user, and what to remember until the callback."""

    url: str
    state: str
    verifier: str
    token_url: str
    issuer: str | None
    iss_required: bool


class OAuth2(Protocol):
    """Talks to authorization servers (`OAuth2Service`); what goes wrong there is a TokenError."""

    async def authorization(self, config: OAuthConfig, redirect_uri: str) -> Authorization:
        """A fresh state (256 bits) and S256 challenge (RFC 7636)."""
        ...

    async def exchange(self, config: OAuthConfig, secrets: Secrets, answer: AuthorizationAnswer) -> Grant: ...
    async def renew(self, config: OAuthConfig, secrets: Secrets, held: Grant | None) -> Grant:
        """The next token by the config's grant; a refresh token that is not replaced is kept.

        TokenError(invalid_grant) also when there is nothing to renew with.
        """
        ...

    async def revoke(
        self,
        config: OAuthConfig,
        secrets: Secrets,
        token: str,
        hint: Literal["access_token", "refresh_token"],
    ) -> Literal["done", "unsupported"]:
        """RFC 7009; TokenError(passing) asks for another try, any other kind is final."""
        ...

    async def metadata(self, issuer: str) -> ServerMetadata:
        """RFC 8414, or OpenID Connect Discovery; its issuer is `issuer` to the letter."""
        ...


class PageResponse(Protocol):
    """One page as it arrived; `record_path` is where its records are (JSONPath)."""

    @property
    def body(self) -> bytes: ...
    @property
    def record_path(self) -> str: ...
    def document(self) -> Any:
        """The parsed JSON, parsed once; raises SourceError(not_json)."""
        ...


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What decoding a page showed: how many records, and the last of them when asked for."""

    count: int


Cursor = dict[str, Any]
"""Where to read next: opaque JSON of the connectors room, kept in the dataset's log, never secret."""


@dataclass(frozen=True, slots=True)
class ReadJob:
    """One run's reading."""

    tenant_id: str
    run_id: str
    connector: Connector
    auth: RequestAuth
    request: FetchRequest
    log: Callable[[RequestLogEntry], None]
    note: Callable[[str], None]


class PageReader(Protocol):
    """Reads an API page by page. A cursor can be saved and resumed by another reader of the same job."""

    def start(self) -> Cursor: ...
    async def fetch(self, cursor: Cursor, *, attempt: int) -> PageResponse:
        """Send one request through window, guard and credential.

        Raises WaitRequiredError when the window is used up for more than 5 s (shorter waits are
        slept out here), SourceError for what the API did, PartUnavailableError when Redis is away.
        Retries nothing but the one repeat after `RequestAuth.refused`.
        """
        ...

    def advance(self, cursor: Cursor, page: PageResponse, facts: PageFacts) -> Cursor | None:
        """The cursor after this page; None when the API has no more.

        Raises SourceError(pagination_stuck) for a repeated cursor, a cycle or an endless empty run.
        """
        ...

    def position(self, cursor: Cursor) -> str:
        """Where this is, in a few words for an operator ("page 12", "offset 4000")."""
        ...

    async def close(self) -> None: ...


class Connectors(Protocol):
    """The outside API of a connector: test, discover, read (`APIConnectorService`)."""

    async def check(
        self, tenant: str, connector: Connector, auth: RequestAuth, *, path: str | None, seconds: float
    ) -> CheckResult:
        """One judged request within `seconds`; never raises SourceError, it is the answer."""
        ...

    async def discover(self, tenant: str, connector: Connector, auth: RequestAuth) -> Discovery: ...
    async def reader(self, job: ReadJob, discovery: Discovery | None) -> PageReader: ...
    def auth(self, settings: ConnectorSettings, secrets: Secrets) -> RequestAuth:
        """The credential of a connector whose secrets do not change by themselves (bearer, key, none)."""
        ...


# --- datasets ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LandingTarget:
    """Where one run writes, and how."""

    location: str
    run_id: str
    write_mode: WriteMode
    primary_key: Sequence[str] = ()
    schema_policy: SchemaPolicy = "evolve"


class RunState(Model):
    """What a commit carries beside its rows, so that rows and cursor cannot disagree.

    `stuck`: the pagination could not go on after the last committed page, and why.
    """

    cursor: dict[str, Any] | None = None
    counters: Counters = Counters()
    done: bool = False
    stuck: str | None = None


class Landing(Protocol):
    """One attempt of one run at writing; opened once, fenced against every other.

    append lands in the table itself; replace and merge land beside it until `Datasets.publish`.
    """

    @property
    def state(self) -> RunState | None:
        """As last committed by this run; None when it has committed nothing yet."""
        ...

    @property
    def buffered_rows(self) -> int: ...
    @property
    def buffered_bytes(self) -> int: ...
    async def add(self, page: PageResponse) -> PageFacts:
        """Decode one page and buffer its records.

        Raises SourceError(not_json, bad_records) or SchemaFrozenError; the buffer is then as before.
        """
        ...

    async def commit(self, state: RunState) -> Sequence[SchemaChange]:
        """Write the buffer and the state in one atomic step; FencedError when another writer has the table.

        Answers the schema changes since the last commit.
        """
        ...


class Datasets(Protocol):
    """Delta tables."""

    def location(self, tenant: str, dataset: str) -> str: ...
    async def open(self, target: LandingTarget, *, heartbeat: Callable[[str], None] | None = None) -> Landing:
        """Begin or go on; `heartbeat` is told of each step of a commit that must rewrite the table."""
        ...

    async def publish(self, target: LandingTarget, *, heartbeat: Callable[[str], None]) -> None:
        """Make a finished landing the dataset's content; idempotent; append has nothing to do."""
        ...

    async def discard(self, target: LandingTarget) -> None:
        """Drop an unpublished landing of a failed or canceled run; idempotent."""
        ...

    async def facts(self, location: str) -> TableFacts: ...
    async def rows(self, location: str, *, limit: int, offset: int) -> RowsPage: ...
    def export(self, location: str, format_: Literal["parquet", "csv", "jsonl"]) -> AsyncIterator[bytes]: ...
    async def delete(self, location: str) -> None: ...
