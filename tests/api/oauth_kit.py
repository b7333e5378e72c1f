"""A user, a browser and a provider: the sample authorization server, and clients of our API as browsers."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

from tests.api.conftest import PUBLIC_URL

FAST = {"requestsPerMinute": 100_000, "burstLimit": 10_000}


@dataclass
class Provider:
    """The sample authorization server, and the client that a test has registered there."""

    url: str
    client_id: str
    secret: str = ""

    async def steer(self, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
        async with httpx2.AsyncClient(base_url=self.url, timeout=30) as http:
            answer = await http.request(method, f"/_oauth{path}", json=body)
            answer.raise_for_status()
            return answer.json() if answer.content else None

    async def register(self, redirect_uri: str, **more: Any) -> None:
        body = {"client_id": self.client_id, "redirect_uris": [redirect_uri]} | more
        self.secret = (await self.steer("/clients", body)).get("client_secret", "")

    async def fault(self, kind: str, **more: Any) -> None:
        await self.steer("/faults", {"rules": [{"kind": kind, "clientId": self.client_id, **more}]})

    async def requests(self, grant_type: str) -> int:
        """Token requests of this client that came to an answer of any kind."""
        stats = await self.steer("/stats", method="GET")
        mine = [each for each in stats["recent"] if each["client"] == self.client_id]
        return sum(each["grantType"] == grant_type for each in mine)


def new_provider(url: str) -> Provider:
    return Provider(url, f"client-{secrets.token_hex(6)}")


def config(provider: Provider, **more: Any) -> dict[str, Any]:
    urls = {
        "authorizationUrl": f"{provider.url}/oauth/authorize",
        "tokenUrl": f"{provider.url}/oauth/token",
        "revocationUrl": f"{provider.url}/oauth/revoke",
    }
    return urls | {"clientId": provider.client_id, "scopes": ["users:read", "offline_access"]} | more


async def created(api: httpx2.AsyncClient, provider: Provider, **more: Any) -> dict[str, Any]:
    """A connector whose redirect URI is registered at the provider."""
    body = {
        "name": "OAuth shop",
        "baseUrl": f"{provider.url}/oauth2",
        "authType": "oauth2",
        "oauthConfig": config(provider, **more),
        "rateLimitConfig": FAST,
    }
    answer = await api.post("/connectors", json=body)
    assert answer.status_code == 201, answer.text
    await provider.register(answer.json()["oauthConfig"]["redirectUri"])
    return answer.json()


async def started(api: httpx2.AsyncClient, connector: str, **more: Any) -> dict[str, Any]:
    answer = await api.post("/connectors/oauth/start", json={"connectorId": connector, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def consented(authorization_url: str, decision: str = "approve") -> str:
    """What the provider sends the browser back to, as a path of our own with its query."""
    async with httpx2.AsyncClient(timeout=30) as browser:
        answer = await browser.get(f"{authorization_url}&auto={decision}")
    assert answer.status_code == 303, answer.text
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}" == PUBLIC_URL
    return f"{target.path.removeprefix('/api/v2')}?{target.query}"


async def connect(api: httpx2.AsyncClient, connector: str, **more: Any) -> httpx2.Response:
    begun = await started(api, connector, **more)
    return await api.get(await consented(begun["authorizationUrl"]))


async def until(api: httpx2.AsyncClient, path: str, field: str, *wanted: Any) -> dict[str, Any]:
    """Three minutes at most: what a killed worker held comes back after a heartbeat's time-out, or two."""
    async with asyncio.timeout(180):
        while True:
            answer = await api.get(path)
            if answer.status_code == 200 and answer.json()[field] in wanted:
                return answer.json()
            await asyncio.sleep(0.6 if path.endswith("/token") else 0.1)  # 120 a minute may ask for a token
