"""What ties a sign-in at the identity provider to the browser that began it: a cookie for each attempt."""

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from fastapi import Request, Response

from api.cookies import forget, keep
from api.door import PREFIX
from api.return_to import HOME, own_path
from varlor.errors import InvalidInputError
from varlor.ports import SignIn, SignInBegun

PATH: Final = f"{PREFIX}/session/oidc"
LIFE: Final = 600  # seconds
_VALUE: Final = re.compile(r"([A-Za-z0-9_-]{43})\.([A-Za-z0-9_=-]{0,2800})")


def callback_uri(public_url: str) -> str:
    """What is registered at the identity provider; by the settings, never by a Host header."""
    return f"{public_url.rstrip('/')}{PATH}/callback"


def bind(response: Response, begun: SignInBegun, return_to: str, public_url: str) -> None:
    """Leave the attempt's secret, and where to go on, with the browser."""
    value = f"{begun.secret}.{urlsafe_b64encode(return_to.encode()).decode()}"
    keep(response, public_url, _name(begun.state), value, path=PATH, seconds=LIFE)


def unbind(response: Response, state: str) -> None:
    forget(response, _name(state), path=PATH)


def bound(request: Request, state: str, sign_in: SignIn) -> tuple[str, str] | None:
    """The attempt's secret and where to go on; None when this browser did not begin it."""
    found = _VALUE.fullmatch(request.cookies.get(_name(state), ""))
    if found is None or sign_in.state_of(found[1]) != state:
        return None
    try:
        return found[1], own_path(urlsafe_b64decode(found[2]).decode())
    except (InvalidInputError, ValueError):
        return found[1], HOME


def _name(state: str) -> str:
    """One per attempt, so that two tabs do not undo each other."""
    return f"varlor_signin_{hashlib.sha256(state.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
