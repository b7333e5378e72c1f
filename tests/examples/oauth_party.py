"""A client that goes through OAuth by hand, step by step, so that tests can go wrong at each of them."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

CALLBACK = "http://127.0.0.1:7999/oauth/callback/orders"


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def brought_back(answer: httpx2.Response) -> dict[str, str]:
    """What the browser brings back to the client."""
    assert answer.status_code == 303, answer.text
    location = answer.headers["location"]
    assert location.startswith(f"{CALLBACK}?")
    return dict(parse_qsl(urlsplit(location).query))


@dataclass
class Party:
    """A client, registered, that goes through the flow by hand."""

    api: httpx2.AsyncClient
    client_id: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def question(self) -> dict[str, str]:
        return {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "state": "a state & more",
            "code_challenge": _challenge(self.verifier),
            "code_challenge_method": "S256",
        }

    async def ask(self, *drop: str, **changed: str) -> httpx2.Response:
        params = {name: value for name, value in self.question.items() if name not in drop}
        return await self.api.get("/oauth/authorize", params={"auto": "approve"} | params | changed)

    async def code(self) -> str:
        return brought_back(await self.ask())["code"]

    async def token(self, **form: str) -> httpx2.Response:
        return await self.api.post("/oauth/token", data={"client_id": self.client_id} | form)

    def exchange_form(self, code: str) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
        }

    async def exchange(self, code: str, **changed: str) -> httpx2.Response:
        """Changes given as an empty text leave the parameter out."""
        return await self.token(**self.exchange_form(code) | changed)

    async def connect(self) -> dict[str, Any]:
        answer = await self.exchange(await self.code())
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refresh(self, token: str, **form: str) -> httpx2.Response:
        return await self.token(grant_type="refresh_token", refresh_token=token, **form)

    async def revoke(self, token: str) -> httpx2.Response:
        return await self.api.post("/oauth/revoke", data={"client_id": self.client_id, "token": token})

    async def read(self, token: str) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return await self.api.get("/oauth2/v1/orders", params={"limit": 1}, headers=headers)


async def register(api: httpx2.AsyncClient, **wanted: Any) -> dict[str, Any]:
    answer = await api.post("/_oauth/clients", json={"redirect_uris": [CALLBACK]} | wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()
