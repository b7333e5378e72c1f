"""The authorization server without a web framework: Authlib's core over this server's memory."""

import time
from collections.abc import Callable, Collection
from typing import Any

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError, InvalidRequestError, OAuth2Error
from authlib.oauth2.rfc6750 import BearerTokenGenerator

from examples.sample_api.oauth.assertions import ClientAssertion, Signer
from examples.sample_api.oauth.clients import SCOPES, Client
from examples.sample_api.oauth.grants import USER, CodeGrant, MachineGrant, RefreshGrant, Revocation, S256Only
from examples.sample_api.oauth.messages import Answer, Asked, read_basic
from examples.sample_api.oauth.state import State, opaque_token

_MAY_REPEAT = {"resource"}  # RFC 8707 section 2
_WRONG_ISSUER = "https://another-issuer.example"


class Server(AuthorizationServer):
    """`consent`, `decide`, `token` and `revoke` are each one step under the state's lock."""

    def __init__(self, state: State, signer: Signer) -> None:
        super().__init__(scopes_supported=list(SCOPES))
        self.state, self._signer = state, signer
        self._assertions_seen: dict[str, float] = {}
        self.register_client_auth_method("client_secret_basic", _by_basic)
        self.register_client_auth_method("private_key_jwt", self._by_assertion)
        bearer = BearerTokenGenerator(opaque_token, opaque_token, self._lifetime)
        self.register_token_generator("default", bearer)
        self.register_grant(CodeGrant, [S256Only()])
        self.register_grant(RefreshGrant)
        self.register_grant(MachineGrant)
        self.register_endpoint(Revocation)

    def consent(self, asked: Asked) -> Answer | None:
        """None if the user may be asked, else the refusal."""

        def judge() -> None:
            self.get_consent_grant(asked, USER)

        return self._answer(asked, judge)

    def decide(self, asked: Asked, *, approve: bool) -> Answer:
        """The way back to the client, with a code or with `access_denied`."""

        def judge() -> Any:
            grant = self.get_consent_grant(asked, USER)
            return self.create_authorization_response(asked, USER if approve else None, grant)

        return self._answer(asked, judge)

    def token(self, asked: Asked) -> Answer:
        return self._answer(asked, lambda: self.create_token_response(asked))

    def revoke(self, asked: Asked) -> Answer:
        return self._answer(asked, lambda: self.create_endpoint_response(Revocation.ENDPOINT_NAME, asked))

    def query_client(self, client_id: str) -> Any:
        return self.state.clients.get(client_id)

    def authenticate_client(self, request: Any, methods: Collection[str], endpoint: str = "token") -> Any:
        _want_one_proof(request)
        client: Any = super().authenticate_client(request, methods, endpoint)
        if request.form.get("client_id") not in {None, client.client_id}:
            raise InvalidClientError(description="The client_id is not the one that authenticated.")
        request.client = client
        return client

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """Files the new tokens under their grant; the refresh token they replace is spent."""
        client: Client = request.client
        if request.omit_refresh_token:
            token.pop("refresh_token", None)
        if request.refresh_token:
            grant = request.refresh_token.grant
            grant.refreshes += 1
            request.margin = grant.access_expires_at - time.time()
            request.refresh_token.spent = "refresh_token" in token
        else:
            grant = self.state.open_grant(
                client.client_id, request.payload.grant_type, token.get("scope", "")
            )
        if request.authorization_code:
            request.authorization_code.grant = grant
        if client.access_token_format == "jwt":
            subject = USER if request.user else client.client_id
            seconds = self.state.settings.access_seconds
            token["access_token"] = self._signer.access_token(
                request.issuer, client.client_id, subject, grant.scope, seconds
            )
        self.state.issue(grant, token)

    def create_oauth2_request(self, request: Asked) -> Asked:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Answer:
        return Answer(status, body, dict(headers))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def _answer(self, asked: Asked, act: Callable[[], Any]) -> Any:
        with self.state.lock:
            try:
                _want_no_repeats(asked)
                answer: Any = act()
            except OAuth2Error as error:
                answer = self.handle_error_response(asked, error)
            except ValueError:
                # Authlib will not describe an error with characters that RFC 6749 keeps out of descriptions.
                answer = self.handle_error_response(asked, InvalidRequestError("Unusable characters."))
        if answer and "Location" in answer.headers:
            self._add_iss(answer, asked.issuer)
        return answer

    def _add_iss(self, answer: Answer, issuer: str) -> None:
        """RFC 9207 section 2, errors included."""
        iss = {"right": issuer, "wrong": _WRONG_ISSUER, "missing": None}[self.state.settings.iss]
        if iss:
            answer.headers["Location"] = add_params_to_uri(answer.headers["Location"], [("iss", iss)])

    def _by_assertion(self, query_client: Callable[[str], Client | None], request: Asked) -> Client | None:
        return ClientAssertion(request.issuer, self._assertions_seen)(query_client, request)

    def _lifetime(self, client: Any, grant_type: str) -> int:  # noqa: ARG002 - Authlib passes them
        return self.state.settings.access_seconds


def _by_basic(query_client: Callable[[str], Client | None], request: Asked) -> Client | None:
    client_id, secret = read_basic(request.headers)
    if not client_id or not secret:
        return None
    client = query_client(client_id)
    if client is None or not client.check_client_secret(secret):
        raise InvalidClientError(status_code=401, description="Unknown client or wrong secret.")
    return client


def _want_one_proof(asked: Asked) -> None:
    """RFC 6749 section 2.3: a client uses one method in a request."""
    headers = asked.headers
    proofs = [
        headers.get("authorization"),
        asked.form.get("client_secret"),
        asked.form.get("client_assertion"),
    ]
    if sum(map(bool, proofs)) > 1:
        raise InvalidRequestError("More than one way to authenticate.")


def _want_no_repeats(asked: Asked) -> None:
    repeated = {name for name, values in asked.payload.datalist.items() if len(values) > 1}
    if repeated - _MAY_REPEAT:
        raise InvalidRequestError("A parameter is there twice.")
