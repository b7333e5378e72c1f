"""The three grants this server knows, PKCE with S256 alone, and revocation, on Authlib's classes."""

import time
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError, grants
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge

from examples.sample_api.oauth.clients import AUTH_METHODS
from examples.sample_api.oauth.messages import Asked
from examples.sample_api.oauth.tokens import Code, Token

USER = "sample-user"
_METHODS = list(AUTH_METHODS)
_PROOFS = [method for method in AUTH_METHODS if method != "none"]
_S256 = ["S256"]


class S256Only(CodeChallenge):
    """RFC 7636 without `plain`, for confidential clients too (RFC 9700 section 2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = _S256

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        given = grant.request.payload.data
        if not given.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")
        if given.get("code_challenge_method") != "S256":
            raise InvalidRequestError("The 'code_challenge_method' must be S256")
        super().validate_code_challenge(grant, redirect_uri)


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    @staticmethod
    def validate_authorization_redirect_uri(request: Any, client: Any) -> str:
        uri = request.payload.redirect_uri
        if not uri or not client.check_redirect_uri(uri):
            raise InvalidRequestError("The 'redirect_uri' is not one of this client's.")
        return uri

    def save_authorization_code(self, code: str, request: Any) -> None:
        given = request.payload.data
        state = self.server.state
        kept = Code(
            code,
            request.client.client_id,
            request.payload.redirect_uri,
            request.scope,
            given["code_challenge"],
            given["code_challenge_method"],
            time.time() + state.settings.code_seconds,
        )
        state.add_code(kept)

    def query_authorization_code(self, code: str, client: Any) -> Code | None:
        return self.server.state.take_code(code, client)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing: a used code is kept, so that its second use is noticed."""

    def authenticate_user(self, authorization_code: Code) -> str:  # noqa: ARG002 - there is one user
        return USER


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def issue_token(self, user: str, refresh_token: Any) -> dict[str, Any]:
        return self.generate_token(
            user=user,
            scope=self.request.form.get("scope") or refresh_token.get_scope(),
            include_refresh_token=self.client.rotate,
        )

    def authenticate_refresh_token(self, refresh_token: str) -> Any:
        return self.server.state.usable_refresh(refresh_token, self.client)

    def authenticate_user(self, refresh_token: Token) -> str:  # noqa: ARG002 - there is one user
        return USER

    def revoke_old_credential(self, refresh_token: Any) -> None:
        """Nothing: the old token was spent when the new one was kept."""


class MachineGrant(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = _PROOFS


class Revocation(RevocationEndpoint):
    """RFC 7009: a refresh token takes its whole grant along, an access token only itself."""

    CLIENT_AUTH_METHODS = _METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> Token | None:  # noqa: ARG002 - a hint
        state = self.server.state
        return state.refresh.get(token_string) or state.access.get(token_string)

    def revoke_token(self, token: Token, request: Asked) -> None:  # noqa: ARG002 - Authlib passes it
        state = self.server.state
        if token.value in state.refresh:
            state.end(token.grant, "revoked")
        token.revoked = True
