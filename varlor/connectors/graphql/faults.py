"""What the `errors` of an answer mean, by their codes alone: messages are for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from varlor.connectors.graphql.cost import number
from varlor.connectors.retry_after import LONGEST
from varlor.contracts.check import ResponseError
from varlor.errors import PASSING_KINDS, SourceError, SourceKind
from varlor.redaction import redact_text

_MOST_SHOWN: Final = 20
_MOST_READ: Final = 1_000
_MOST_TEXT: Final = 300  # characters
_DEPTH: Final = 16  # of a path

_WORDS: Final[dict[SourceKind, tuple[str, ...]]] = {
    "rate_limited": (
        "throttled", "ratelimited", "ratelimit", "ratelimitexceeded", "toomanyrequests", "429",
        "complexitybudgetexhausted", "requestlimitexceeded",
    ),
    "invalid_credential": (
        "unauthenticated", "unauthorized", "authenticationerror", "authenticationrequired",
        "authenticationfailed", "invalidtoken", "tokenexpired", "invalidjwt", "401",
    ),
    "forbidden": (
        "forbidden", "accessdenied", "insufficientscopes", "insufficientpermissions", "permissiondenied",
        "notauthorized", "403",
    ),
    "not_found": ("notfound", "404"),
    "timeout": ("timeout", "executiontimeout", "queryexecutiontimeout", "gatewaytimeout", "504"),
    "server_error": (
        "internalservererror", "internalerror", "internal", "serviceunavailable", "unavailable",
        "servererror", "downstreamserviceerror", "badgateway", "500", "502", "503",
    ),
    "bad_request": (
        "graphqlvalidationfailed", "graphqlparsefailed", "baduserinput", "badrequest", "validationfailed",
        "persistedquerynotfound", "undefinedfield", "missingrequiredarguments", "argumentlimit",
        "argumentliteralsincompatible", "maxcostexceeded", "maxcomplexityexceeded", "invalidinput", "400",
    ),
}  # fmt: skip
_KINDS: Final[dict[str, SourceKind]] = {word: kind for kind, words in _WORDS.items() for word in words}
_RANK: Final[tuple[SourceKind, ...]] = (
    "rate_limited", "invalid_credential", "timeout", "server_error", "forbidden", "not_found", "bad_request",
)  # fmt: skip
_CODE_PLACES: Final = ("code", "type", "errorType", "classification", "error_code", "status", "statusCode")
_REMEDIES: Final[dict[SourceKind, str]] = {
    "rate_limited": "The API asks for fewer or cheaper queries.",
    "invalid_credential": "The API refused the credential. Save a valid one in the connector.",
    "forbidden": "The credential may not read this.",
    "not_found": "The API knows no such thing.",
    "timeout": "The API gave up waiting. Ask for smaller pages.",
    "server_error": "The API failed while it answered.",
    "bad_request": "The API does not accept the query.",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of `errors`; `kind` None where its code says nothing known. `wait` in seconds."""

    message: str
    path: tuple[str | int, ...] = ()
    code: str | None = None
    kind: SourceKind | None = None
    wait: float | None = None

    @property
    def passing(self) -> bool:
        return self.kind in PASSING_KINDS

    def place(self) -> str:
        """Its path with every position in a list as `*`, so that alike faults read alike."""
        return ".".join("*" if isinstance(part, int) else part for part in self.path) or "the query"

    def shown(self) -> ResponseError:
        return ResponseError(message=self.message, path=list(self.path), code=self.code)


def read_faults(answer: Mapping[str, Any], secrets: tuple[str, ...]) -> list[Fault]:
    """Whatever stands under `errors`; never raises. Of very many, the first 1,000."""
    errors = answer.get("errors")
    if errors is None or errors == []:
        return []
    entries: Sequence[Any] = errors if isinstance(errors, list) else [errors]
    return [_read(entry, secrets) for entry in entries[:_MOST_READ]]


def _read(entry: Any, secrets: tuple[str, ...]) -> Fault:
    if not isinstance(entry, dict):
        return Fault(redact_text(str(entry)[:_MOST_TEXT], secrets, _MOST_TEXT))
    extensions = entry.get("extensions")
    extended: Mapping[str, Any] = extensions if isinstance(extensions, dict) else {}
    code, kind = _coded(extended, entry)
    path = entry.get("path")
    parts = path[:_DEPTH] if isinstance(path, list) else []
    return Fault(
        message=redact_text(str(entry.get("message") or "no message")[:_MOST_TEXT], secrets, _MOST_TEXT),
        path=tuple(part if isinstance(part, int) else str(part)[:128] for part in parts),
        code=redact_text(code, secrets, 100) if code else None,
        kind=kind,
        wait=_wait(extended),
    )


def _coded(*places: Mapping[str, Any]) -> tuple[str | None, SourceKind | None]:
    """The first code that is known, else the first there is."""
    codes = [
        str(place[name])[:100]
        for place in places
        for name in _CODE_PLACES
        if isinstance(place.get(name), str | int)
    ]
    for code in codes:
        kind = _KINDS.get("".join(filter(str.isalnum, code)).lower())
        if kind is not None:
            return code, kind
    return (codes[0] if codes else None), None


def _wait(extensions: Mapping[str, Any]) -> float | None:
    """Seconds an error asks us to stay away, under the names that servers use."""
    for name, unit in (
        ("retryAfter", 1.0), ("retry_after", 1.0), ("retry_in_seconds", 1.0), ("retryAfterMs", 0.001),
    ):  # fmt: skip
        value = number(extensions.get(name))
        if value is not None:
            return min(max(value * unit, 0.0), LONGEST)
    return None


def error_of(faults: Sequence[Fault], *, answered: bool, wait: float | None) -> SourceError:
    """The one error that an answer's faults come to; the kind that says most wins.

    `answered`: there is data at all. `wait`: the seconds that the answer's budget or headers ask for,
    where the faults themselves name none.
    """
    kinds = {fault.kind for fault in faults}
    kind: SourceKind | None = next((kind for kind in _RANK if kind in kinds), None)
    told = next(fault for fault in faults if fault.kind == kind)
    if kind is None:  # a field failed and nobody says why: it may pass. Without a field, the query is wrong.
        kind = "server_error" if told.path or answered else "bad_request"
    waits = [fault.wait for fault in faults if fault.wait is not None]
    asked = max(waits) if waits else wait
    where = f" at {told.place()}" if told.path else ""
    code = f" ({told.code})" if told.code else ""
    detail = f"{_REMEDIES[kind]} It says{where}{code}: {told.message}"
    return SourceError(kind, detail, status=200, retry_after=asked if kind in PASSING_KINDS else None)
