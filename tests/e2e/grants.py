"""A user's consent at the sample authorization server, given over HTTP, and what the server counted."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

REDIRECT = "https://client.example/callback"


class Consents:
    """One sample server; each consent has a public client of its own, whose refresh tokens rotate."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.http = httpx2.Client(base_url=address, timeout=60)

    def steer(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"/_oauth{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def live(self, seconds: int) -> None:
        """How long access tokens issued from now on live."""
        self.steer("POST", "/settings", {"accessSeconds": seconds})

    def stats(self) -> dict[str, Any]:
        return self.steer("GET", "/stats")

    def give(self, client: str) -> dict[str, Any]:
        """The token endpoint's answer to one authorization code with PKCE (RFC 7636)."""
        self.steer("POST", "/clients", {"client_id": client, "redirect_uris": [REDIRECT]})
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {"response_type": "code", "client_id": client, "redirect_uri": REDIRECT, "auto": "approve"}
        asked |= {"state": "s", "scope": "events:read offline_access", "code_challenge_method": "S256"}
        asked["code_challenge"] = urlsafe_b64encode(digest).rstrip(b"=").decode()
        sent_to = self.http.get("/oauth/authorize", params=asked).headers["location"]
        form = {"grant_type": "authorization_code", "client_id": client, "redirect_uri": REDIRECT}
        form |= {"code": parse_qs(urlsplit(sent_to).query)["code"][0], "code_verifier": verifier}
        answer = self.http.post("/oauth/token", data=form)
        answer.raise_for_status()
        return answer.json()

    def config(self, client: str, refresh_token: str) -> dict[str, Any]:
        """A connector's settings for a token that was consented to elsewhere."""
        oauth = {"grant": "refresh_token", "clientId": client, "tokenUrl": f"{self.address}/oauth/token"}
        return {"authType": "oauth2", "oauthConfig": oauth | {"refreshToken": refresh_token}}
