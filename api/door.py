"""The door: who asks is settled before a byte of the body is read, so strangers learn nothing."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import from_error
from api.services import Services
from varlor.errors import ForbiddenError, UnauthenticatedError, VarlorError
from varlor.ports import Identity

PREFIX: Final = "/api/v2"
COOKIE: Final = "varlor_session"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN: Final = frozenset(
    {
        f"{PREFIX}/health/live",
        f"{PREFIX}/health/ready",
        f"{PREFIX}/metrics",
        f"{PREFIX}/openapi.json",
        f"{PREFIX}/docs",
        f"{PREFIX}/session/oidc",  # the way in; a cookie binds its callback
        f"{PREFIX}/session/oidc/callback",
    }
)
_SIGN_IN: Final = f"{PREFIX}/session"
_CALLBACK: Final = re.compile(rf"{PREFIX}/connectors/(?:[^/]+/)?oauth/callback")  # state and cookie decide
_HOOK: Final = re.compile(rf"{PREFIX}/hooks/[^/]+")  # a signature decides
_EMBEDDED_CODEC: Final = re.compile(rf"{PREFIX}/codec/[^/]+/(decode|encode)")  # its path is its key


def is_open(method: str, path: str) -> bool:
    """Whether the path asks nobody's name. Metrics hold counts alone, no tenant and no secret."""
    if not path.startswith(f"{PREFIX}/") or path in _OPEN:
        return True
    if _CALLBACK.fullmatch(path) or _HOOK.fullmatch(path):
        return True
    return (path == _SIGN_IN and method == "POST") or _EMBEDDED_CODEC.fullmatch(path) is not None


class Door:
    """Sets `state.identity` from a bearer token or the session cookie; else answers 401 itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_open(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            identity = await identify(scope["app"].state.services, scope["method"], Headers(scope=scope))
        except VarlorError as error:
            await from_error(error)(scope, receive, send)
            return
        scope.setdefault("state", {})["identity"] = identity
        await self._app(scope, receive, send)


async def identify(parts: Services, method: str, headers: Headers) -> Identity:
    """Who asks; UnauthenticatedError without a token or session that holds now."""
    credentials = headers.getlist("authorization")
    if credentials:
        return await parts.tokens.verify(_bearer(credentials))
    cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE)
    if not cookie:
        raise UnauthenticatedError("Sign in, or send a bearer token.")
    if method not in SAFE:
        same_origin(parts, headers)
    return await parts.sessions.resolve(cookie)


def _bearer(credentials: Sequence[str]) -> str:
    scheme, _, token = credentials[0].partition(" ")
    if len(credentials) != 1 or scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError("Send one Authorization header: Bearer <token>.")
    return token.strip()


def same_origin(parts: Services, headers: Headers) -> None:
    """Refuse a request that changes state and that another site's page may have sent (CSRF).

    The browser's own `Sec-Fetch-Site` counts where our no-referrer policy makes `Origin` null.
    """
    origin = headers.get("origin")
    if origin == parts.public_url.rstrip("/"):
        return
    if origin in {None, "null"} and headers.get("sec-fetch-site") == "same-origin":
        return
    raise ForbiddenError("This request does not come from a page of this server (Origin).")
