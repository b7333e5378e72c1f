"""OAuth 2.0 client: from the authorization URL to the token, its renewal and its revocation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from varlor.auth.oauth2 import pkce
from varlor.auth.oauth2.answers import read_body, read_grant, refuse
from varlor.auth.oauth2.client_auth import prove
from varlor.auth.oauth2.metadata import MetadataSource
from varlor.auth.oauth2.transport import Sender, Transport
from varlor.connectors.http import OutResponse
from varlor.connectors.http.url import parse, with_params
from varlor.contracts.connector import Secrets
from varlor.contracts.oauth import OAuthConfig, ServerMetadata
from varlor.errors import InvalidInputError, TokenError
from varlor.ports import Authorization, AuthorizationAnswer, Clock, Grant

_NO_SUCH_ENDPOINT: Final = frozenset({404, 405, 501})
_UNKNOWN_TOKEN: Final = frozenset({"invalid_grant", "invalid_token", "bad_refresh_token", "token_revoked"})


@dataclass(frozen=True, slots=True)
class _Server:
    """Where a config's endpoints are, its own ones before those of the metadata."""

    authorization_url: str | None
    token_url: str | None
    revocation_url: str | None
    issuer: str | None
    iss_required: bool


class OAuth2Service:
    """ports.OAuth2. It keeps no token; whoever calls stores what it answers."""

    def __init__(self, client: Sender, clock: Clock, *, plain_http: Callable[[str], bool]) -> None:
        """`plain_http(url)`: whether the operator vouches for a host that is spoken to without TLS."""
        self._transport = Transport(client, plain_http)
        self._metadata = MetadataSource(self._transport, clock)
        self._clock = clock

    async def authorization(self, config: OAuthConfig, redirect_uri: str) -> Authorization:
        server = await self._server(config, whole=True)
        state, verifier = pkce.new_state(), pkce.new_verifier()
        params = {
            **_wishes(config),
            "response_type": "code",
            "client_id": config.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "code_challenge": pkce.challenge(verifier),
            "code_challenge_method": pkce.METHOD,
        }
        page = self._transport.check(_needed(server.authorization_url, "authorizationUrl"))
        try:
            url = with_params(parse(page), params).url
        except InvalidInputError as error:
            raise TokenError("rejected", error.detail) from None
        token_url = self._transport.check(_needed(server.token_url, "tokenUrl"))
        return Authorization(url, state, verifier, token_url, server.issuer, server.iss_required)

    async def exchange(self, config: OAuthConfig, secrets: Secrets, answer: AuthorizationAnswer) -> Grant:
        """RFC 6749, section 4.1.3; only at the token endpoint that the attempt was bound to."""
        server = await self._server(config)
        if server.token_url != answer.token_url:
            raise TokenError("rejected", "The connector's settings changed meanwhile: connect again.")
        form = {
            "grant_type": "authorization_code",
            "code": answer.code,
            "redirect_uri": answer.redirect_uri,
            "code_verifier": answer.verifier,
        }
        return await self._token(config, secrets, answer.token_url, form, tuple(config.scopes), None)

    async def renew(self, config: OAuthConfig, secrets: Secrets, held: Grant | None) -> Grant:
        url = _needed((await self._server(config)).token_url, "tokenUrl")
        scopes = held.scopes if held is not None else tuple(config.scopes)
        if config.grant == "client_credentials":
            form = {**_wishes(config), "grant_type": "client_credentials"}
            return await self._token(config, secrets, url, form, tuple(config.scopes), None)
        kept = _refresh_token(config, secrets, held)
        extra = config.extra_params if config.grant == "refresh_token" else {}
        form = {**extra, "grant_type": "refresh_token", "refresh_token": kept}
        return await self._token(config, secrets, url, form, scopes, kept)

    async def revoke(
        self,
        config: OAuthConfig,
        secrets: Secrets,
        token: str,
        hint: Literal["access_token", "refresh_token"],
    ) -> Literal["done", "unsupported"]:
        server = await self._server(config, revoking=True)
        url = server.revocation_url
        if url is None:
            return "unsupported"
        form = {"token": token, "token_type_hint": hint}
        # A signed proof names the server by its token endpoint or issuer (RFC 7523, section 3), here too.
        audience = server.token_url or config.issuer or url
        answer = await self._post(config, secrets, url, form, audience)
        if answer.status in _NO_SUCH_ENDPOINT:
            return "unsupported"
        try:
            refuse(answer, read_body(answer.body), self._clock.now())
        except TokenError as error:
            if error.kind == "passing":
                raise
            if error.code in _UNKNOWN_TOKEN:  # RFC 7009, section 2.2: it is invalid, which is all we want
                return "done"
            if error.code == "unsupported_token_type":
                return "unsupported"
            raise
        return "done"

    async def metadata(self, issuer: str) -> ServerMetadata:
        return await self._metadata.find(issuer)

    async def _token(
        self,
        config: OAuthConfig,
        secrets: Secrets,
        url: str,
        form: Mapping[str, str],
        scopes: tuple[str, ...],
        kept: str | None,
    ) -> Grant:
        asked_at = self._clock.now()
        answer = await self._post(config, secrets, url, form, url)
        return read_grant(answer, asked_at=asked_at, now=self._clock.now(), scopes=scopes, kept=kept)

    async def _post(
        self, config: OAuthConfig, secrets: Secrets, url: str, form: Mapping[str, str], audience: str
    ) -> OutResponse:
        proof = prove(config, secrets, audience, self._clock.now())
        return await self._transport.post(url, {**form, **proof.params}, proof.headers)

    async def _server(self, config: OAuthConfig, *, whole: bool = False, revoking: bool = False) -> _Server:
        """Asks the issuer only for what the config leaves out; `whole` also for what its callbacks carry."""
        wanted = [config.revocation_url if revoking else config.token_url]
        wanted += [config.authorization_url] if whole else []
        found = None
        if config.issuer is not None and (whole or None in wanted):
            found = await self._metadata.look(config.issuer)
        return _Server(
            config.authorization_url or (found.authorization_url if found else None),
            config.token_url or (found.token_url if found else None),
            config.revocation_url or (found.revocation_url if found else None),
            config.issuer,
            found.iss_required if found else False,
        )


def _wishes(config: OAuthConfig) -> dict[str, str]:
    """What is asked for beside the protocol's own parameters, which win over it."""
    wishes = dict(config.extra_params)
    if config.scopes:
        wishes["scope"] = " ".join(config.scopes)
    if config.audience is not None:
        wishes["audience"] = config.audience
    return wishes


def _refresh_token(config: OAuthConfig, secrets: Secrets, held: Grant | None) -> str:
    if held is not None and held.refresh_token is not None:
        return held.refresh_token
    if config.grant == "refresh_token" and secrets.refresh_token is not None:
        return secrets.refresh_token.get_secret_value()
    raise TokenError("invalid_grant", "There is no refresh token to renew with: connect again.")


def _needed(url: str | None, field: str) -> str:
    if url is None:
        raise TokenError("rejected", f"There is no {field}: give one, or the issuer whose metadata names it.")
    return url
