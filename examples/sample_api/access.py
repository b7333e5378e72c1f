"""Who may ask: one door for each way an API takes a credential."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Security
from fastapi.security import APIKeyHeader, APIKeyQuery, HTTPAuthorizationCredentials, HTTPBearer

BEARER_TOKEN = "sample-bearer-token"
FORBIDDEN_TOKEN = "sample-forbidden-token"
API_KEY = "sample-api-key"
FORBIDDEN_KEY = "sample-forbidden-key"
KEY_HEADER, KEY_PARAM, KEY_PREFIX = "X-API-Key", "api_key", "Token "

_bearer = HTTPBearer(auto_error=False, description=f"`{BEARER_TOKEN}`")
_key = APIKeyHeader(name=KEY_HEADER, auto_error=False, description=f"`{API_KEY}`")
_query_key = APIKeyQuery(name=KEY_PARAM, auto_error=False, description=f"`{API_KEY}`")


@dataclass(frozen=True, slots=True)
class Door:
    """A path in front of the whole API, and what it asks of those who come in."""

    prefix: str
    dependencies: tuple[Any, ...] = ()


def _judge(given: str | None, good: str, forbidden: str, challenge: str) -> None:
    if given == good:
        return
    if given == forbidden:
        raise HTTPException(403, "This credential may not read here.")
    raise HTTPException(401, "A valid credential is needed.", {"WWW-Authenticate": challenge})


def _check_bearer(given: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]) -> None:
    challenge = 'Bearer realm="sample"' + (', error="invalid_token"' if given else "")
    _judge(given.credentials if given else None, BEARER_TOKEN, FORBIDDEN_TOKEN, challenge)


def _check_key(given: Annotated[str | None, Security(_key)]) -> None:
    _judge(given, API_KEY, FORBIDDEN_KEY, 'ApiKey realm="sample"')


def _check_prefixed_key(given: Annotated[str | None, Security(_key)]) -> None:
    _judge(given, KEY_PREFIX + API_KEY, KEY_PREFIX + FORBIDDEN_KEY, 'ApiKey realm="sample"')


def _check_query_key(given: Annotated[str | None, Security(_query_key)]) -> None:
    _judge(given, API_KEY, FORBIDDEN_KEY, 'ApiKey realm="sample"')


OPEN = Door("/open")
DOORS = (
    OPEN,
    Door("/bearer", (Depends(_check_bearer),)),
    Door("/key", (Depends(_check_key),)),
    Door("/prefixed-key", (Depends(_check_prefixed_key),)),
    Door("/query-key", (Depends(_check_query_key),)),
)
