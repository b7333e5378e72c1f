"""What the server hands out: grants (families), codes, access and refresh tokens. Times are Unix seconds."""

import time
from dataclasses import dataclass, field

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, TokenMixin

from examples.sample_api.oauth.clients import Client


@dataclass(slots=True, eq=False)
class Grant:
    """One consent, or one machine's asking, and all that was issued under it; `ended` says why it is over."""

    grant_id: str
    client_id: str
    grant_type: str
    scope: str
    created_at: float = field(default_factory=time.time)
    refreshes: int = 0
    ended: str | None = None
    access_expires_at: float = 0


@dataclass(slots=True, eq=False)
class Code(AuthorizationCodeMixin):
    value: str = field(repr=False)
    client_id: str
    redirect_uri: str
    scope: str
    code_challenge: str = field(repr=False)
    code_challenge_method: str
    expires_at: float
    used: bool = False
    grant: Grant | None = None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass(slots=True, eq=False)
class Token(TokenMixin):
    """An access token, or a refresh token: `spent` once it was exchanged for another."""

    value: str = field(repr=False)
    grant: Grant
    scope: str
    expires_at: float
    revoked: bool = False
    spent: bool = False

    def check_client(self, client: Client) -> bool:
        return client.client_id == self.grant.client_id

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return time.time() >= self.expires_at

    def is_revoked(self) -> bool:
        return self.revoked or self.grant.ended is not None
