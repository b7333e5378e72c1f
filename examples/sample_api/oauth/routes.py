"""The endpoints of the authorization server, as a thin layer over its core."""

import asyncio
from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from examples.sample_api.oauth.assertions import Signer
from examples.sample_api.oauth.consent import consent_page
from examples.sample_api.oauth.faults import Endpoint, Faults, as_response, instead, spoiled
from examples.sample_api.oauth.messages import Answer, Asked
from examples.sample_api.oauth.metadata import describe
from examples.sample_api.oauth.server import Server
from examples.sample_api.oauth.tally import Tally

_FORM = "application/x-www-form-urlencoded"
_AUTO = "auto"


class Routes:
    """`GET|POST /oauth/authorize`, `POST /oauth/token`, `POST /oauth/revoke`, `GET /oauth/jwks`, metadata."""

    def __init__(self, server: Server, signer: Signer, faults: Faults, tally: Tally) -> None:
        self._server, self._signer, self._faults, self._tally = server, signer, faults, tally

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/oauth/authorize", self._authorize, methods=["GET", "POST"])
        router.add_api_route("/oauth/token", self._token, methods=["POST"])
        router.add_api_route("/oauth/revoke", self._revoke, methods=["POST"])
        router.add_api_route("/oauth/jwks", self._jwks, methods=["GET"])
        for document in ("oauth-authorization-server", "openid-configuration"):
            router.add_api_route(f"/.well-known/{document}", self._metadata, methods=["GET"])
        return router

    async def _authorize(self, request: Request) -> Response:
        """Asks the user; `?auto=approve` or `?auto=deny` answers for them."""
        params = [pair for pair in request.query_params.multi_items() if pair[0] != _AUTO]
        decision = request.query_params.get(_AUTO)
        if request.method == "POST":
            decision = dict(parse_qsl((await request.body()).decode(errors="replace"))).get("decision")
        asked = Asked("GET", self._issuer(request), params, request.headers)
        if decision in ("approve", "deny"):
            return _sent_back(self._server.decide(asked, approve=decision == "approve"))
        if refusal := self._server.consent(asked):
            return _sent_back(refusal)
        return consent_page(request, asked)

    async def _token(self, request: Request) -> Response:
        asked = await self._read(request)
        note = partial(self._tally.token, asked)
        return await self._played("token", asked, self._server.token, note)

    async def _revoke(self, request: Request) -> Response:
        asked = await self._read(request)
        return await self._played("revoke", asked, self._server.revoke, self._tally.revocation)

    async def _played(
        self, endpoint: Endpoint, asked: Asked, act: Callable[[Asked], Answer], note: Callable[[str], None]
    ) -> Response:
        rule = self._faults.due(endpoint, asked)
        if rule is None:
            answer = act(asked)
            note(answer.error or "ok")
            return as_response(answer)
        if rule.kind == "slow":
            await asyncio.sleep(rule.delay_seconds)
        if unprocessed := instead(rule):
            note(f"fault:{rule.kind}")
            return unprocessed
        asked.omit_refresh_token = rule.kind == "omit_refresh_token"
        answer = act(asked)
        note(answer.error or "ok")
        return await spoiled(rule, answer)

    async def _jwks(self) -> Response:
        return JSONResponse(self._signer.jwks())

    async def _metadata(self, request: Request) -> Response:
        return JSONResponse(describe(self._issuer(request), self._server.state.settings.metadata))

    async def _read(self, request: Request) -> Asked:
        """Parameters come in a form-encoded body, and from nowhere else (RFC 6749 section 4.1.3)."""
        body = (await request.body()).decode(errors="replace")
        is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
        params = parse_qsl(body, keep_blank_values=True) if is_form else []
        return Asked("POST", self._issuer(request), params, request.headers)

    def _issuer(self, request: Request) -> str:
        return self._server.state.settings.issuer or str(request.base_url).rstrip("/")


def _sent_back(answer: Answer) -> Response:
    """A redirection by 303, so that a browser never posts the user's decision on (RFC 9700 section 4.12)."""
    if answer.status == 302:
        return Response(b"", 303, answer.headers | {"Cache-Control": "no-store"})
    return as_response(answer)
