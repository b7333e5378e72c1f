"""What a connection test and a discovery answer."""

from typing import Any, Literal

from varlor.contracts.dataset import Column
from varlor.contracts.fetch import ParamValue
from varlor.contracts.incremental import Incremental
from varlor.contracts.model import Model, UtcTime
from varlor.contracts.pagination import Pagination

CheckErrorType = Literal[
    "invalid_credential",
    "forbidden",
    "not_found",
    "timeout",
    "unreachable",
    "tls",
    "blocked_destination",
    "not_json",
    "too_large",
    "rate_limited",
    "server_error",
    "no_event_yet",
]


class Sample(Model):
    """At most 20 records as a table."""

    columns: list[Column]
    rows: list[dict[str, Any]]
    truncated: bool


class CheckError(Model):
    """Why the test failed, in words, and what to do."""

    type: CheckErrorType
    title: str
    detail: str


class ResponseError(Model):
    """One entry of a GraphQL answer's `errors`, redacted and cut; `path` leads to the field that failed."""

    message: str
    path: list[str | int] = []
    code: str | None = None


class CheckResult(Model):
    """A connection test's answer: one request, judged and shown.

    `errors` are those that a GraphQL server sent beside its data, or instead of it.
    """

    ok: bool
    status_code: int | None = None
    reason: str | None = None
    latency_ms: int | None = None
    url: str
    content_type: str | None = None
    sample: Sample | None = None
    record_path: str | None = None
    pagination: Pagination | None = None
    error: CheckError | None = None
    errors: list[ResponseError] = []
    workflow_id: str | None = None


class EndpointParameter(Model):
    """A parameter of an endpoint as its document describes it."""

    name: str
    location: Literal["path", "query", "header", "cookie", "variable"]
    required: bool = False
    type: str | None = None
    description: str | None = None
    default: Any = None
    enum: list[Any] | None = None


class Endpoint(Model):
    """One readable operation of the API. `params` and `body` are sent unless the request has its own.

    For GraphQL a field of the schema, with a `query` to take or to change. `incremental` is what a fetch
    request may ask for so that later syncs read only what is new.
    """

    id: str
    method: str
    path: str
    summary: str | None = None
    tags: list[str] = []
    parameters: list[EndpointParameter] = []
    params: dict[str, ParamValue] = {}
    body: dict[str, Any] | None = None
    record_path: str | None = None
    pagination: Pagination | None = None
    primary_key: list[str] | None = None
    incremental: Incremental | None = None
    query: str | None = None
    variables: dict[str, Any] | None = None


class Discovery(Model):
    """What an API says about itself; `notes` say what was tried and what was left out."""

    source: Literal["preset", "openapi", "oidc", "graphql", "probe", "none"]
    document_url: str | None = None
    fetched_at: UtcTime
    expires_at: UtcTime
    cached: bool = False
    endpoints: list[Endpoint] = []
    notes: list[str] = []
