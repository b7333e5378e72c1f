"""The door that opens to live access tokens alone (RFC 6750 section 3)."""

from typing import Annotated

from fastapi import Depends, HTTPException, Security
from fastapi.security import OAuth2AuthorizationCodeBearer

from examples.sample_api.access import Door
from examples.sample_api.oauth.clients import SCOPES
from examples.sample_api.oauth.state import State
from examples.sample_api.oauth.tally import Tally

PREFIX = "/oauth2"
_REALM = 'Bearer realm="sample"'
_DEAD = (
    f'{_REALM}, error="invalid_token", error_description="The access token is expired, revoked or unknown"'
)


def make_door(state: State, tally: Tally) -> Door:
    scheme = OAuth2AuthorizationCodeBearer(
        authorizationUrl="/oauth/authorize",
        tokenUrl="/oauth/token",
        refreshUrl="/oauth/token",
        scopes=dict.fromkeys(SCOPES, ""),
        auto_error=False,
    )

    async def check(given: Annotated[str | None, Security(scheme)]) -> None:
        if given is None:
            tally.resource["missing"] += 1
            raise HTTPException(401, "An access token is needed.", {"WWW-Authenticate": _REALM})
        with state.lock:
            token = state.live_access(given)
            known = given in state.access
        if token is None:
            tally.resource["dead" if known else "unknown"] += 1
            raise HTTPException(401, "The access token is not valid.", {"WWW-Authenticate": _DEAD})
        tally.resource["ok"] += 1

    return Door(PREFIX, (Depends(check),))
