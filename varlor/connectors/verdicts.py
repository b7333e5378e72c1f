"""What an HTTP status means for a sync or a test, in the contract's words and with a remedy."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from varlor.connectors.decoding import excerpt
from varlor.connectors.http.message import OutResponse
from varlor.connectors.retry_after import exhausted, seconds_to_wait
from varlor.errors import SourceError, SourceKind
from varlor.redaction import redact_headers, redact_text, redact_url

_MESSAGES: Final[dict[SourceKind, str]] = {
    "invalid_credential": "The API refused the credential. Save a valid one in the connector.",
    "forbidden": "The credential may not read this. Give it the permission, or choose another path.",
    "not_found": "The API knows no such path. Check the base URL and the path.",
    "rate_limited": "The API asks for fewer requests. Lower the connector's rate limit.",
    "timeout": "The API gave up waiting. Ask for smaller pages, or try again later.",
    "server_error": "The API failed. It is asked again; if it goes on, its operators can tell why.",
    "bad_request": "The API does not accept the request. Check path, parameters and method.",
}
_METHODS: Final = re.compile(r"[A-Z]{3,10}(?:, ?[A-Z]{3,10}){0,9}")
_MOST_HEADERS: Final = 40
_LONGEST_HEADER: Final = 300  # characters
_PASSING_4XX: Final = {408: "timeout", 425: "server_error", 429: "rate_limited"}
_FINAL_4XX: Final = {401: "invalid_credential", 403: "forbidden", 404: "not_found", 410: "not_found"}


def judge(response: OutResponse, now: datetime, secrets: tuple[str, ...]) -> SourceError | None:
    """None for 2xx; else the error, with the wait the API asked for and the redacted start of its answer."""
    status = response.status
    if 200 <= status < 300:  # noqa: PLR2004 - the class of success, RFC 9110 section 15.3
        return None
    kind = _kind(response)
    wait = seconds_to_wait(response.headers, now)
    return SourceError(
        kind,
        f"{_MESSAGES[kind]} (HTTP {status}{_allowed(response)})",
        status=status,
        retry_after=wait if kind in {"rate_limited", "server_error", "timeout"} else None,
        excerpt=excerpt(response.body, secrets, 2_000) or None,
    )


def _allowed(response: OutResponse) -> str:
    """The methods that go with a 405 (RFC 9110 section 15.5.6), where they look like methods."""
    allowed = response.headers.get("allow", "") if response.status == 405 else ""  # noqa: PLR2004 - RFC 9110
    return f", it allows {allowed}" if _METHODS.fullmatch(allowed) else ""


def shown_headers(headers: Mapping[str, str], secrets: tuple[str, ...]) -> dict[str, str]:
    """The first of an answer's headers, redacted and cut, for the log of requests."""
    some = redact_headers(dict(list(headers.items())[:_MOST_HEADERS]))
    if "location" in some:
        some["location"] = redact_url(some["location"])
    return {name[:64]: redact_text(value, secrets, _LONGEST_HEADER) for name, value in some.items()}


def _kind(response: OutResponse) -> SourceKind:
    status = response.status
    if status == 403 and ("retry-after" in response.headers or exhausted(response.headers)):  # noqa: PLR2004 - RFC 9110
        return "rate_limited"
    if status >= 500:  # noqa: PLR2004 - the class of server errors
        return "timeout" if status in {504, 524} else "server_error"
    kind: SourceKind = "bad_request"
    if status in _PASSING_4XX:
        kind = _PASSING_4XX[status]  # pyright: ignore[reportAssignmentType] - the table holds kinds
    elif status in _FINAL_4XX:
        kind = _FINAL_4XX[status]  # pyright: ignore[reportAssignmentType] - the table holds kinds
    return kind
