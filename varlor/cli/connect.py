"""`varlor connectors connect`: an OAuth connector's user says yes in a browser on this machine.

The callback accepts only the browser that carries the attempt's cookie. So the link that is printed leads
to this command first, on the host of the redirect URI, which hands the cookie over and sends the browser
on to the provider. Cookies belong to a host, not to a port (RFC 6265, section 8.5).
"""

import asyncio
import secrets
import threading
import webbrowser
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import typer

from varlor.cli.access import resolve
from varlor.cli.client import ApiClient
from varlor.cli.failures import CommandError
from varlor.cli.options import DEFAULT_STATE_DIR, JsonOption, StateDirOption, check_id
from varlor.cli.output import print_facts, print_json, say, tell

LOOK_SECONDS: Final = 1.0
PATIENCE: Final = 600.0  # seconds; as long as the attempt is kept
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def connect(
    connector_id: Annotated[str, typer.Argument(help="The connector's id.", callback=check_id)],
    browser: Annotated[bool, typer.Option(help="Open the link in a browser.")] = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> int:
    """Connect an OAuth connector: prints the link for its user and waits until they are back."""

    async def conversation() -> dict[str, Any]:
        async with ApiClient(resolve(state_dir)) as api:
            return await _connected(api, connector_id, browser=browser)

    token = asyncio.run(conversation())
    print_json(token) if as_json else print_facts(token)
    return 0


async def _connected(api: ApiClient, connector_id: str, *, browser: bool) -> dict[str, Any]:
    connector = await api.get(f"/connectors/{connector_id}")
    host = urlsplit((connector.get("oauthConfig") or {}).get("redirectUri") or "").hostname
    if host is not None and host not in _LOOPBACK:
        raise CommandError(f"the provider returns to {host}: connect in the browser, on that server's page")
    before = await api.get(f"/connectors/{connector_id}/token")
    begun = await api.post("/connectors/oauth/start", {"connectorId": connector_id})
    cookie = api.cookie(f"varlor_oauth_{connector_id}")
    with _handing_over(host or "127.0.0.1", connector_id, cookie, begun["authorizationUrl"]) as link:
        say("Open this link in a browser on this machine:")
        tell(link)
        if browser:
            webbrowser.open(link)
        return await _newer(api, connector_id, before["version"])


async def _newer(api: ApiClient, connector_id: str, version: int) -> dict[str, Any]:
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                token = await api.get(f"/connectors/{connector_id}/token")
                if token["version"] > version and token["status"] == "active":
                    return token
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        raise CommandError("nobody connected within ten minutes") from None


@contextmanager
def _handing_over(host: str, connector_id: str, cookie: str, target: str) -> Generator[str]:
    path = f"/{secrets.token_urlsafe(16)}"
    binding = (
        f"varlor_oauth_{connector_id}={cookie}; Path=/api/v2/connectors; Max-Age=600; HttpOnly; SameSite=Lax"
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != path:
                self.send_error(404)
                return
            self.send_response(303)
            self.send_header("Set-Cookie", binding)
            self.send_header("Location", target)
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has above
            """Print nothing: the path is this link's secret."""

    with HTTPServer((host, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{host}:{server.server_port}{path}"
        finally:
            server.shutdown()
