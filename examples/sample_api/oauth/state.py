"""All the server remembers, in memory. Callers hold `lock` around whatever must be one step."""

import heapq
import secrets
import time
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from examples.sample_api.oauth.clients import Client
from examples.sample_api.oauth.settings import Settings
from examples.sample_api.oauth.tokens import Code, Grant, Token

_REMEMBER_SECONDS = 600  # after its expiry, so that a late use is told from an invented token


@dataclass(slots=True)
class State:
    lock: RLock = field(default_factory=RLock)
    settings: Settings = field(default_factory=Settings)
    clients: dict[str, Client] = field(default_factory=dict[str, Client])
    codes: dict[str, Code] = field(default_factory=dict[str, Code])
    grants: dict[str, Grant] = field(default_factory=dict[str, Grant])
    access: dict[str, Token] = field(default_factory=dict[str, Token])
    refresh: dict[str, Token] = field(default_factory=dict[str, Token])
    _by_expiry: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])

    def reset(self) -> None:
        for kept in (self.clients, self.codes, self.grants, self.access, self.refresh):
            kept.clear()
        self._by_expiry.clear()
        self.settings = Settings()

    def add_code(self, code: Code) -> None:
        self.codes[code.value] = code

    def take_code(self, value: str, client: Client) -> Code | None:
        """The code, once. Shown again, it ends what was issued for it (RFC 6749 section 4.1.2)."""
        code = self.codes.get(value)
        if code is None or code.client_id != client.client_id:
            return None
        if code.used:
            if code.grant:
                self.end(code.grant, "code_reuse")
            return None
        code.used = True
        return code if time.time() < code.expires_at else None

    def open_grant(self, client_id: str, grant_type: str, scope: str) -> Grant:
        grant = Grant(f"grant-{len(self.grants) + 1}", client_id, grant_type, scope)
        self.grants[grant.grant_id] = grant
        return grant

    def issue(self, grant: Grant, token: dict[str, Any]) -> None:
        """Remembers the tokens of an answer (RFC 6749 section 5.1)."""
        now = time.time()
        expires_at = now + self.settings.access_seconds
        grant.access_expires_at = expires_at
        value, scope = token["access_token"], token.get("scope", "")
        self.access[value] = Token(value, grant, scope, expires_at)
        heapq.heappush(self._by_expiry, (expires_at + _REMEMBER_SECONDS, value))
        while self._by_expiry and self._by_expiry[0][0] < now:
            self.access.pop(heapq.heappop(self._by_expiry)[1], None)
        if value := token.get("refresh_token"):
            self.refresh[value] = Token(value, grant, grant.scope, now + self.settings.refresh_seconds)

    def usable_refresh(self, value: str, client: Client) -> Token | None:
        """The token if it may be used now; a spent one ends its whole family (RFC 9700 section 4.14.2)."""
        token = self.refresh.get(value)
        if token is None or not token.check_client(client):
            return None
        if token.spent:
            self.end(token.grant, "refresh_reuse")
        return None if token.is_expired() or token.is_revoked() else token

    def live_access(self, value: str) -> Token | None:
        token = self.access.get(value)
        return None if token is None or token.is_expired() or token.is_revoked() else token

    def end_grants(self, why: str, *, client_id: str | None = None, grant_id: str | None = None) -> int:
        """Ends the grants that fit from the provider's side; how many were alive until now."""
        return sum(self.end(grant, why) for grant in self._fitting(client_id, grant_id))

    def end(self, grant: Grant, why: str) -> bool:
        """Ends a grant with all its tokens; whether it was alive until now."""
        alive = grant.ended is None
        grant.ended = grant.ended or why
        return alive

    def expire_access(self, *, client_id: str | None = None, grant_id: str | None = None) -> int:
        """Ends access tokens before their time, and leaves the grants; how many."""
        fitting = {grant.grant_id for grant in self._fitting(client_id, grant_id)}
        tokens = [token for token in self.access.values() if token.grant.grant_id in fitting]
        for token in tokens:
            token.expires_at = 0
        return len(tokens)

    def _fitting(self, client_id: str | None, grant_id: str | None) -> list[Grant]:
        return [
            grant
            for grant in self.grants.values()
            if client_id in (None, grant.client_id) and grant_id in (None, grant.grant_id)
        ]


def opaque_token(**_: Any) -> str:
    """An unguessable token; Authlib's generator passes what it is for, which an opaque one does not tell."""
    return secrets.token_urlsafe(32)
