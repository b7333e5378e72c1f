"""Every failure the product names, as one tree.

VarlorError
├── InvalidInputError        the caller's fault; names the field             422
│   └── UnsupportedError     a reserved word or a feature this version lacks 422
├── NotFoundError            absent, or another tenant's: they look alike    404
├── ConflictError            the resource is in a state that forbids it      409
├── UnauthenticatedError     no valid token or session                       401
├── ForbiddenError           the role does not reach that far                403
├── SealError                a ciphertext does not open here (fatal)
├── FencedError              a newer writer owns the dataset (fatal for this attempt)
├── SchemaFrozenError        drift met the policy `freeze` (fatal)
├── PartUnavailableError     Redis, the database, Temporal or storage is away (retry)
│   └── DamagedError         the database's file is damaged, or is no database
├── TooManyRequestsError     the caller asks too often; says for how long to wait        429
├── AuthRequiredError        the connector's user must connect again (waits, no failure)  409
├── TokenError               what the authorization server did; `kind` says who can cure it
│                            invalid_grant (connect again), invalid_client and rejected (settings),
│                            passing (retry)
└── SourceError              what the outside API did; `kind` is the contract's slug
    ├── permanent kinds: invalid_credential, forbidden, not_found, blocked_destination, tls,
    │                    not_json, too_large, bad_request, pagination_stuck, bad_records,
    │                    export_failed
    └── passing kinds:   timeout, unreachable, rate_limited, server_error, truncated

Errors are typed where they arise and translated once at each border: `activities/failures.py`
for Temporal, `api/errors.py` for HTTP, `varlor/cli/failures.py` for the terminal. No message
ever holds a secret.
"""

from dataclasses import dataclass
from typing import Final, Literal

SourceKind = Literal[
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
    "truncated",
    "bad_request",
    "pagination_stuck",
    "bad_records",
    "export_failed",
]

PASSING_KINDS: Final[frozenset[str]] = frozenset(
    {"timeout", "unreachable", "rate_limited", "server_error", "truncated"}
)


TokenErrorKind = Literal["invalid_grant", "invalid_client", "rejected", "passing"]


class VarlorError(Exception):
    """The root; `slug` is stable and public, `detail` is one sentence for a person."""

    slug: str = "internal"
    retryable: bool = False

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One invalid field: an RFC 6901 pointer into the body and what to do about it."""

    pointer: str
    detail: str


class InvalidInputError(VarlorError):
    """The caller's input cannot be accepted; `problems` names each field."""

    slug = "invalid-input"

    def __init__(self, detail: str, *problems: FieldProblem) -> None:
        super().__init__(detail)
        self.problems = problems


class UnsupportedError(InvalidInputError):
    """A reserved word, or a feature that this version does not have."""

    slug = "unsupported"


class NotFoundError(VarlorError):
    """No such resource for this tenant."""

    slug = "not-found"


class ConflictError(VarlorError):
    """The resource's state forbids this act."""

    slug = "conflict"


class UnauthenticatedError(VarlorError):
    """No token or session, or one that does not hold; why stays with us."""

    slug = "unauthenticated"


class ForbiddenError(VarlorError):
    """Who asks is known, and may not do this."""

    slug = "forbidden"


class SealError(VarlorError):
    """A ciphertext does not open: wrong key, wrong place, or changed bytes."""

    slug = "seal"


class FencedError(VarlorError):
    """A newer writer has committed to the dataset; this one must stop.

    `own`: it was another attempt of the same run, perhaps a late one that nobody waits for any more, so that
    the run goes on with a new attempt.
    """

    slug = "fenced"

    def __init__(self, detail: str, *, own: bool = False) -> None:
        super().__init__(detail)
        self.retryable = own


class SchemaFrozenError(VarlorError):
    """Records no longer fit the dataset's columns and the policy is `freeze`."""

    slug = "schema-frozen"


class PartUnavailableError(VarlorError):
    """A part of the stack cannot be reached; nothing was lost, try again."""

    slug = "part-unavailable"
    retryable = True

    def __init__(self, part: str, detail: str) -> None:
        super().__init__(detail)
        self.part = part


class DamagedError(PartUnavailableError):
    """A part's file cannot be read, and will not be until an operator restores it."""


class TooManyRequestsError(VarlorError):
    """The caller asks too often; `retry_after` seconds from now the next one is heard."""

    slug = "too-many-requests"

    def __init__(self, detail: str, retry_after: float) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class AuthRequiredError(VarlorError):
    """The connector has no token that works, and only its user can bring one: connect again."""

    slug = "auth-required"


class TokenError(VarlorError):
    """What an authorization server did.

    `code` is its OAuth error code if that is one of the known ones, `status` its HTTP status, and
    `retry_after` the wait it asked for in seconds, already clamped.
    """

    slug = "token"

    def __init__(
        self,
        kind: TokenErrorKind,
        detail: str,
        *,
        code: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind: TokenErrorKind = kind
        self.code = code
        self.status = status
        self.retry_after = retry_after
        self.retryable = kind == "passing"


class SourceError(VarlorError):
    """What the outside API did, in the contract's words.

    `status` is its HTTP status, if it answered. `retry_after` is the wait it asked for, in
    seconds, already clamped. `excerpt` is the redacted, cut body of its answer. `ruled`: an error rule
    decided it.
    """

    slug = "source"
    ruled = False

    def __init__(
        self,
        kind: SourceKind,
        detail: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        excerpt: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind: SourceKind = kind
        self.status = status
        self.retry_after = retry_after
        self.excerpt = excerpt
        self.retryable = kind in PASSING_KINDS
