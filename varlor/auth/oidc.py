"""A browser's sign-in at the operator's identity provider: OpenID Connect Core, section 3.1, with PKCE.

Nothing is kept here between the two steps: `state`, `nonce` and verifier are derived from one secret, which
waits in a cookie of the browser that began (RFC 9700, section 4.7).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError
from pydantic import SecretStr

from varlor.auth.jwks import JwksKeys
from varlor.auth.jwt import LEEWAY, JwtVerifier, header_of
from varlor.auth.oauth2 import pkce
from varlor.auth.oauth2.answers import read_body, refuse
from varlor.auth.oauth2.client_auth import prove
from varlor.auth.oauth2.metadata import MetadataSource
from varlor.auth.oauth2.transport import Sender, Transport
from varlor.connectors.http.url import parse, with_params
from varlor.contracts.connector import Secrets
from varlor.contracts.oauth import OAuthConfig, ServerMetadata
from varlor.errors import ForbiddenError, TokenError, UnauthenticatedError
from varlor.ports import Clock, Identity, SignInBegun

_SCOPE: Final = "openid profile email"


@dataclass(frozen=True, slots=True, repr=False)
class OidcClient:
    """What the operator registered at the identity provider; without a secret it is a public client."""

    issuer: str
    client_id: str
    client_secret: SecretStr | None
    redirect_uri: str


class OidcSignIn:
    """ports.SignIn."""

    def __init__(self, client: OidcClient, sender: Sender, clock: Clock) -> None:
        self._client = client
        self._transport = Transport(sender, lambda _url: True)  # the operator named it; TLS is theirs to have
        self._metadata = MetadataSource(self._transport, clock)
        self._clock = clock
        self._verifier: tuple[str, JwtVerifier] | None = None

    async def begin(self) -> SignInBegun:
        secret = secrets.token_urlsafe(32)
        server = await self._metadata.find(self._client.issuer)
        params = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            "scope": _SCOPE,
            "state": self.state_of(secret),
            "nonce": _derived(secret, "nonce"),
            "code_challenge": pkce.challenge(_derived(secret, "verifier")),
            "code_challenge_method": pkce.METHOD,
        }
        page = _needed(server.authorization_url, "authorization_endpoint")
        return SignInBegun(secret, params["state"], with_params(parse(page), params).url)

    def state_of(self, secret: str) -> str:
        return _derived(secret, "state")

    async def finish(self, secret: str, code: str, issuer: str | None) -> Identity:
        server = await self._metadata.find(self._client.issuer)
        if issuer != server.issuer and (issuer is not None or server.iss_required):  # RFC 9207, section 2.4
            raise UnauthenticatedError("The answer comes from another identity provider.")
        answer = await self._exchange(server, secret, code)
        token, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str) or not isinstance(access, str):
            raise TokenError("rejected", "The identity provider sent no id_token.")
        verifier = self._verifier_of(server)
        claims = await verifier.claims(token)
        self._check(header_of(token), claims, _derived(secret, "nonce"), access)
        with suppress(UnauthenticatedError):
            identity = verifier.identity(claims)
            if identity.roles:
                return identity
        raise ForbiddenError("The identity provider gives this account no usable `roles` and `tenant_id`.")

    async def _exchange(self, server: ServerMetadata, secret: str, code: str) -> Mapping[str, Any]:
        url = _needed(server.token_url, "token_endpoint")
        kept = self._client.client_secret
        config = OAuthConfig(
            issuer=server.issuer,
            client_id=self._client.client_id,
            token_endpoint_auth_method="none" if kept is None else "client_secret_basic",
        )
        proof = prove(config, Secrets(client_secret=kept), url, self._clock.now())
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": _derived(secret, "verifier"),
        }
        answer = await self._transport.post(url, {**form, **proof.params}, proof.headers)
        body = read_body(answer.body)
        refuse(answer, body, self._clock.now())
        return body

    def _verifier_of(self, server: ServerMetadata) -> JwtVerifier:
        """Kept, and its keys with it, for as long as the provider names the same place for them."""
        url = _needed(server.jwks_url, "jwks_uri")
        if self._verifier is None or self._verifier[0] != url:
            keys = JwksKeys(url, self._clock)
            audience = self._client.client_id
            self._verifier = url, JwtVerifier(keys, self._clock, issuer=server.issuer, audience=audience)
        return self._verifier[1]

    def _check(self, header: Mapping[str, Any], claims: dict[str, Any], nonce: str, access: str) -> None:
        """OpenID Connect Core, section 3.1.3.7; the signature has been verified."""
        us, now = self._client.client_id, int(self._clock.now().timestamp())
        meant = {"iss": {"value": self._client.issuer}, "aud": {"value": us}}
        expected = {"nonce": nonce, "client_id": us, "access_token": access}
        try:
            CodeIDToken(claims, header, meant, expected).validate(now, LEEWAY)
        except (JoseError, ValueError, TypeError):
            raise UnauthenticatedError("The identity provider's id_token does not belong here.") from None


def _derived(secret: str, purpose: str) -> str:
    """43 characters, which is a verifier's least (RFC 7636, section 4.1)."""
    digest = hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _needed(url: str | None, name: str) -> str:
    if url is None:
        raise TokenError("rejected", f"The identity provider's metadata names no {name}.")
    return url
