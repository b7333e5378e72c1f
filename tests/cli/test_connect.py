"""`varlor connectors connect` on a whole stack: the link, the provider, the way back, the token."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.stack.launched import FREE_PORTS, Launched, varlor

pytestmark = pytest.mark.stack


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Launched]:
    launched = Launched(tmp_path / "state", "up", *FREE_PORTS)
    try:
        launched.until_ready()
        yield launched
    finally:
        launched.stop()
        launched.end()


def test_a_user_connects_by_the_link(stack: Launched) -> None:
    state = ("--state-dir", str(stack.state))
    api = f"{stack.facts['api_url']}/api/v2"
    sample = stack.facts["sample_url"]
    token = varlor("token", "--role", "admin", "--tenant", "default", *state).stdout.strip()
    bearer = {"Authorization": f"Bearer {token}"}
    config = {
        "authorizationUrl": f"{sample}/oauth/authorize",
        "tokenUrl": f"{sample}/oauth/token",
        "clientId": "cli-client",
    }
    body = {"name": "OAuth", "baseUrl": f"{sample}/oauth2", "authType": "oauth2", "oauthConfig": config}
    made = httpx2.post(f"{api}/connectors", json=body, headers=bearer).json()
    client = {"client_id": "cli-client", "redirect_uris": [made["oauthConfig"]["redirectUri"]]}
    assert httpx2.post(f"{sample}/_oauth/clients", json=client).status_code == 201
    command = [sys.executable, "-m", "varlor.cli", "connectors", "connect", made["id"], "--json", *state]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        link = process.stdout.readline().strip()
        with httpx2.Client() as browser:
            to_provider = browser.get(link)
            back = browser.get(f"{to_provider.headers['location']}&auto=approve")
            ended = browser.get(back.headers["location"])
        assert ended.headers["location"] == "/?oauth=connected"
        told, wrong = process.communicate(timeout=30)
    assert process.returncode == 0, wrong
    assert json.loads(told)["status"] == "active"
