"""Reads what a token endpoint answers: a grant, or whose fault it was, in whichever odd form it comes."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from varlor.auth.expiry import expires_at
from varlor.connectors.http import OutResponse
from varlor.connectors.retry_after import seconds_to_wait
from varlor.errors import TokenError, TokenErrorKind
from varlor.ports import Grant

_KINDS: Final[dict[str, TokenErrorKind]] = {
    # RFC 6749, section 5.2
    "invalid_grant": "invalid_grant",
    "invalid_client": "invalid_client",
    "unauthorized_client": "invalid_client",
    "invalid_request": "rejected",
    "invalid_scope": "rejected",
    "unsupported_grant_type": "rejected",
    # RFC 6749, section 4.1.2.1; RFC 8628
    "access_denied": "rejected",
    "server_error": "passing",
    "temporarily_unavailable": "passing",
    "slow_down": "passing",
    # RFC 7009, section 2.2.1; RFC 6750, section 3.1; RFC 8707
    "unsupported_token_type": "rejected",
    "invalid_token": "invalid_grant",
    "invalid_target": "rejected",
    # large providers that never read it
    "bad_refresh_token": "invalid_grant",
    "bad_verification_code": "invalid_grant",
    "invalid_refresh_token": "invalid_grant",
    "token_revoked": "invalid_grant",
    "incorrect_client_credentials": "invalid_client",
}
_PASSING: Final = frozenset({408, 425, 429})
_TOKEN: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,16382}[\x21-\x7e])?")  # RFC 6749, appendix A.12
_UNUSABLE_TYPES: Final = frozenset({"dpop", "mac", "pop"})


def read_grant(
    response: OutResponse, *, asked_at: datetime, now: datetime, scopes: tuple[str, ...], kept: str | None
) -> Grant:
    """The grant of an answer that was asked for at `asked_at`.

    `scopes` hold when the answer names none, `kept` is the refresh token when it brings no new one.
    Raises TokenError: by its error code if it has one, else by its status.
    """
    body = read_body(response.body)
    refuse(response, body, now)
    access = body.get("access_token")
    if not isinstance(access, str) or not _TOKEN.fullmatch(access):
        raise _odd(response, "The token endpoint's answer holds no usable access_token.")
    if str(body.get("token_type")).lower() in _UNUSABLE_TYPES:
        raise TokenError("rejected", "The server hands out tokens of a type other than Bearer.")
    fresh = body.get("refresh_token")
    return Grant(
        access_token=access,
        # Whatever its shape: it goes in a form, not in a header, and the one before may be spent.
        refresh_token=fresh if isinstance(fresh, str) and fresh.strip() else kept,
        token_type="Bearer",  # noqa: S106 - a scheme's name
        scopes=_scopes(body.get("scope"), scopes),
        issued_at=asked_at,
        expires_at=expires_at(body, access, asked_at),
    )


def read_body(raw: bytes) -> Mapping[str, Any]:
    """JSON whatever it calls itself, else a form; empty when it is neither."""
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _form(raw)
    return document if isinstance(document, dict) else {}


def refuse(response: OutResponse, body: Mapping[str, Any], now: datetime) -> None:
    """Raise TokenError unless it is a success; a 5xx or 429 is never more than passing."""
    success = 200 <= response.status < 300  # noqa: PLR2004 - HTTP's classes
    error = body.get("error")
    code = error if isinstance(error, str) and error in _KINDS else None
    if success and not error:
        return
    raise TokenError(
        _kind(response.status, code),
        f"The authorization server refused: {code or f'HTTP {response.status}'}.",
        code=code,
        status=response.status,
        retry_after=seconds_to_wait(response.headers, now),
    )


def _kind(status: int, code: str | None) -> TokenErrorKind:
    if status >= 500 or status in _PASSING or 300 <= status < 400:  # noqa: PLR2004 - HTTP's classes
        return "passing"
    if code is not None:
        return _KINDS[code]
    return "invalid_client" if status == 401 else "rejected"  # noqa: PLR2004 - HTTP's word for it


def _odd(response: OutResponse, detail: str) -> TokenError:
    return TokenError("passing", detail, status=response.status)


def _form(raw: bytes) -> Mapping[str, Any]:
    """A form in which no name stands twice: of two access tokens neither can be trusted."""
    try:
        pairs = parse_qsl(raw.decode().strip(), strict_parsing=True, max_num_fields=64)
    except ValueError:
        return {}
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else {}


def _scopes(value: object, asked: tuple[str, ...]) -> tuple[str, ...]:
    """What was granted, separated by spaces (RFC 6749, section 3.3), commas, or in a list."""
    if isinstance(value, str):
        return tuple(dict.fromkeys(re.split(r"[ ,]+", value.strip()))) if value.strip() else asked
    if isinstance(value, list) and value:
        return tuple(dict.fromkeys(str(name) for name in value))
    return asked
