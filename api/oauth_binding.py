"""What ties an authorization to the browser that began it, and to the address the provider returns to."""

import hashlib
import re
import secrets
from typing import Final

from fastapi import Request, Response

from api.cookies import forget, keep
from api.door import PREFIX
from api.services import Services
from varlor.contracts.connector import Connector

COOKIE_PATH: Final = f"{PREFIX}/connectors"
LIFE: Final = 600  # seconds
_VALUE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def cookie_name(connector_id: str) -> str:
    """One per connector, so that two tabs connecting two of them do not undo each other."""
    return f"varlor_oauth_{connector_id}"


def bind(response: Response, parts: Services, connector_id: str) -> str:
    """Give the browser a fresh secret of 256 bits; its hash is what is kept."""
    value = secrets.token_urlsafe(32)
    keep(response, parts.public_url, cookie_name(connector_id), value, path=COOKIE_PATH, seconds=LIFE)
    return hash_of(value)


def unbind(response: Response, connector_id: str) -> None:
    forget(response, cookie_name(connector_id), path=COOKIE_PATH)


def is_bound(request: Request, connector_id: str, browser_hash: str) -> bool:
    value = request.cookies.get(cookie_name(connector_id), "")
    return bool(_VALUE.fullmatch(value)) and secrets.compare_digest(hash_of(value), browser_hash)


def hash_of(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def redirect_uri(public_url: str, connector_id: str | None) -> str:
    """Ours by the settings, never by a Host header; the connector's own, or the shared one for None."""
    own = f"/{connector_id}" if connector_id is not None else ""
    return f"{public_url.rstrip('/')}{PREFIX}/connectors{own}/oauth/callback"


def redirect_uri_of(parts: Services, connector: Connector) -> str:
    config = connector.oauth_config
    shared = config is not None and config.redirect == "shared"
    return redirect_uri(parts.public_url, None if shared else connector.id)
