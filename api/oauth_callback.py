"""What a callback brings, checked before anything is asked of the provider (RFC 9700, 9207; COAT, CORF)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from api.door import COOKIE
from api.oauth_binding import is_bound
from api.services import Services
from varlor.errors import UnauthenticatedError
from varlor.ports import OAuthAttempt

MOST_STATE: Final = 512  # characters
MOST_CODE: Final = 8192
_ONCE: Final = frozenset({"code", "state", "iss", "error"})
_KNOWN_ERRORS: Final = frozenset(
    {
        # RFC 6749, section 4.1.2.1
        *("access_denied", "invalid_request", "invalid_scope", "server_error", "temporarily_unavailable"),
        *("unauthorized_client", "unsupported_response_type"),
        # OpenID Connect Core, section 3.1.2.6
        *("login_required", "consent_required", "interaction_required", "account_selection_required"),
    }
)


class MalformedCallbackError(ValueError):
    """No provider sends this; nothing of it was looked at."""


@dataclass(frozen=True, slots=True, repr=False)
class Brought:
    """The parameters that count, each given once."""

    state: str
    code: str | None
    error: str | None
    iss: str | None


def read(request: Request) -> Brought:
    """Raises MalformedCallbackError for doubled, missing or endless parameters."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in _ONCE and name in given:
            raise MalformedCallbackError(f"The parameter {name} came more than once.")
        given[name] = value
    return _sized(given)


def _sized(given: Mapping[str, str]) -> Brought:
    state, code, error = given.get("state", ""), given.get("code"), given.get("error")
    if not 0 < len(state) <= MOST_STATE:
        raise MalformedCallbackError("The parameter state is missing or too long.")
    if not code and not error:
        raise MalformedCallbackError("There is neither a code nor an error.")
    if code and (error or len(code) > MOST_CODE):
        raise MalformedCallbackError("The code is too long, or came together with an error.")
    known = error if error is None or error in _KNOWN_ERRORS else "provider_error"
    return Brought(state, code, known, given.get("iss"))


async def refusal(
    parts: Services, request: Request, attempt: OAuthAttempt, brought: Brought, own_uri: str
) -> str | None:
    """The slug of why this callback does not belong to the attempt, or None when it does."""
    if attempt.redirect_uri != own_uri:
        return "wrong_connector"
    if not is_bound(request, attempt.connector_id, attempt.browser_hash):
        return "wrong_browser"
    if not await _same_user(parts, request, attempt):
        return "wrong_user"
    if attempt.issuer is not None:
        absent = brought.iss is None and attempt.iss_required
        other = brought.iss is not None and brought.iss != attempt.issuer
        return "wrong_issuer" if absent or other else None
    return None


async def _same_user(parts: Services, request: Request, attempt: OAuthAttempt) -> bool:
    """Whoever is signed in here must be who began; a browser without a session was bound by its cookie."""
    session = request.cookies.get(COOKIE)
    if not session:
        return True
    try:
        who = await parts.sessions.resolve(session)
    except UnauthenticatedError:
        return True
    return (who.subject, who.tenant_id) == (attempt.subject, attempt.tenant_id)
