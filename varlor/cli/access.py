"""Which API a command talks to, and as whom: VARLOR_API_URL and _TOKEN, else the stack that runs here."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from varlor.cli.failures import CommandError
from varlor.stack.environment import read_settings
from varlor.stack.errors import NotRunningError
from varlor.stack.state import StateDir
from varlor.stack.tokens import sign

TENANT: Final = "default"
SUBJECT: Final = "cli"
OWN_TTL: Final = 3600  # seconds; no command runs on one token for longer


@dataclass(frozen=True, slots=True)
class Access:
    """An API's address and a token for it."""

    url: str
    token: str = field(repr=False)


def resolve(state_dir: Path) -> Access:
    """Raises NotRunningError when no address is given and no stack runs on `state_dir`."""
    url, token = os.environ.get("VARLOR_API_URL"), os.environ.get("VARLOR_TOKEN")
    if url and not token:
        raise CommandError("VARLOR_API_URL needs VARLOR_TOKEN beside it: a token that this API accepts")
    if url and token:
        return Access(url.rstrip("/"), token)
    running = StateDir(state_dir).running()
    if running is None:
        raise NotRunningError(
            f"no stack runs on {state_dir}: start one with `varlor up`, name its --state-dir, "
            "or set VARLOR_API_URL and VARLOR_TOKEN"
        )
    return Access(running.api_url, token or own_token(state_dir))


def own_token(
    state_dir: Path,
    *,
    tenant: str = TENANT,
    role: str = "admin",
    subject: str = SUBJECT,
    ttl: int = OWN_TTL,
) -> str:
    """A token signed with the key of the embedded stack on `state_dir`; `ttl` in seconds."""
    settings = read_settings()
    given = settings.jwt_private_key
    return sign(
        given.get_secret_value() if given else StateDir(state_dir).keys().jwt_private,
        tenant=tenant,
        role=role,
        subject=subject,
        ttl=ttl,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
    )
