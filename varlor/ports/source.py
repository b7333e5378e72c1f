"""The outside API: credentials at send time, tests, discovery, reading page by page."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from varlor.contracts.check import CheckResult, Discovery
from varlor.contracts.connector import (
    ApiType,
    Connector,
    ConnectorSettings,
    Secrets,
)
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.for_each import ParentValue
from varlor.contracts.incremental import CursorValue
from varlor.contracts.run import (
    RequestLogEntry,
)
from varlor.contracts.waits import WaitReason
from varlor.errors import SourceError, VarlorError


class WaitRequiredError(Exception):
    """Not a failure: the next request may leave only after `seconds`, too long to hold a worker for.

    `because`: what it waits for, if not for the connector's own rate.
    """

    def __init__(self, reason: WaitReason, seconds: float, because: VarlorError | None = None) -> None:
        super().__init__(f"{reason}: {seconds:.1f} s")
        self.reason: WaitReason = reason
        self.seconds = seconds
        self.because = because

    def told(self) -> SourceError:
        """The same for somebody who cannot wait."""
        if self.because is not None:
            return SourceError("unreachable", self.because.detail, retry_after=self.seconds)
        why = "by the connector's rate limit, or as the API asked"  # both close the same window
        text = f"The next request leaves in {self.seconds:.0f} s: {why}."
        return SourceError("rate_limited", text, retry_after=self.seconds)


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
    """What decoding a page showed: how many records, and whether some are older than was asked for."""

    count: int
    older: bool = False


Cursor = dict[str, Any]


"""Where to read next: opaque JSON of the connectors room, kept in the dataset's log, never secret."""


@dataclass(frozen=True, slots=True)
class Parents:
    """The different values of a dataset's column, in the order in which `version` of it has them."""

    version: int
    values: Sequence[ParentValue]


@dataclass(frozen=True, slots=True)
class ReadJob:
    """One run's reading; `since`: where an incremental request asks from.

    `parents`: those of a request for each row of a dataset, at a version or (None) at its newest.
    `expect` is told of bodies that will be handed out as pages later, with the place of their records.
    """

    tenant_id: str
    run_id: str
    connector: Connector
    auth: RequestAuth
    request: FetchRequest
    log: Callable[[RequestLogEntry], None]
    note: Callable[[str], None]
    since: CursorValue | None = None
    parents: Callable[[int | None], Awaitable[Parents]] | None = None
    expect: Callable[[bytes, str], None] | None = None


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

    async def remains(self, cursor: Cursor, seconds: float) -> bool:
        """Ask for nothing early from now on; whether the page at `cursor` was, and comes within `seconds`."""
        ...

    def position(self, cursor: Cursor) -> str:
        """Where this is, in a few words for an operator ("page 12", "offset 4000")."""
        ...

    async def close(self) -> None: ...


class ReadingJudge(Protocol):
    """Says, before anything is stored or asked, whether it could be read."""

    def check_query(self, request: FetchRequest) -> None:
        """InvalidInputError, with pointers into the request, for what is no bounded, reading query."""
        ...

    def check_paths(self, said: FetchRequest | ConnectorSettings, api_type: ApiType) -> None:
        """InvalidInputError, with pointers, for what is no JSONPath, and for a pagination of another kind."""
        ...

    def check_place(self, settings: ConnectorSettings, place: str) -> None:
        """InvalidInputError at `/path` for a path outside the base URL."""
        ...


class Discoverer(Protocol):
    """What an outside API offers."""

    async def discover(self, tenant: str, connector: Connector, auth: RequestAuth) -> Discovery: ...


class Connectors(Discoverer, Protocol):
    """The outside API of a connector: test, discover, read (`APIConnectorService`)."""

    async def check(
        self,
        tenant: str,
        connector: Connector,
        auth: RequestAuth,
        *,
        path: str | None,
        seconds: float,
        query: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> CheckResult:
        """One judged request within `seconds`; never raises SourceError, it is the answer."""
        ...

    async def reader(self, job: ReadJob, discovery: Discovery | None) -> PageReader: ...
    def auth(self, settings: ConnectorSettings, secrets: Secrets) -> RequestAuth:
        """The credential of a connector whose secrets do not change by themselves (bearer, key, none)."""
        ...
