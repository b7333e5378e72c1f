"""OAuth 2.0 as a client: authorization, tokens and revocation, always through the guarded door."""

from varlor.auth.oauth2.service import OAuth2Service

__all__ = ["OAuth2Service"]
