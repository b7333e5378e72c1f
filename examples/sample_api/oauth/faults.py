"""What token endpoints do on bad days: rules that spoil answers, before or after the work was done."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from examples.sample_api.oauth.messages import Answer, Asked

Endpoint = Literal["token", "revoke"]
Kind = Literal[
    "slow",
    "slow_answer",
    "server_error",
    "rate_limit",
    "oauth_error",
    "html",
    "empty",
    "huge",
    "redirect",
    "lost_request",
    "lost_answer",
    "form_encoded",
    "text_plain",
    "rewrite",
    "omit_refresh_token",
]

_HUGE_BYTES = 32_000_000


class Rule(BaseModel):
    """Which requests go wrong, and how: after the first `after_requests`, at most `times` times.

    Not processed: `server_error`, `rate_limit`, `oauth_error` (with status 200 an error that looks like
    success), `html`, `empty`, `huge`, `redirect`, `lost_request`. Processed: all others; `lost_answer`
    drops the connection after the work, `rewrite` puts `set` into the answer and takes `drop` out of it,
    `omit_refresh_token` leaves the old one in force.
    """

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid")

    kind: Kind
    endpoint: Endpoint = "token"
    client_id: str | None = None
    grant_type: str | None = None
    times: Annotated[int, Field(ge=1)] | None = None
    after_requests: Annotated[int, Field(ge=0)] = 0
    delay_seconds: Annotated[float, Field(ge=0, le=600)] = 1
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    retry_after: str | int | None = 1
    error: str = "invalid_grant"
    location: str = "/"
    set: dict[str, Any] = {}
    drop: list[str] = []


class Rules(BaseModel):
    rules: list[Rule]


@dataclass(slots=True)
class _Counted:
    rule: Rule
    seen: int = 0
    fired: int = 0

    def fires(self, endpoint: Endpoint, asked: Asked) -> bool:
        rule = self.rule
        if (
            rule.endpoint != endpoint
            or rule.client_id not in (None, asked.claimed_client)
            or rule.grant_type not in (None, asked.payload.grant_type)
        ):
            return False
        self.seen += 1
        hit = self.seen > rule.after_requests and (rule.times is None or self.fired < rule.times)
        self.fired += hit
        return hit


@dataclass(slots=True)
class Faults:
    """The rules in force; the first that fires wins."""

    _rules: list[_Counted] = field(default_factory=list[_Counted])

    def replace(self, rules: list[Rule]) -> None:
        self._rules = [_Counted(rule) for rule in rules]

    def due(self, endpoint: Endpoint, asked: Asked) -> Rule | None:
        return next((counted.rule for counted in self._rules if counted.fires(endpoint, asked)), None)


class Dropped(Response):
    """Announces a body and sends none of it, so that the server cuts the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's three
        headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": True})


def as_response(answer: Answer) -> Response:
    if answer.body == "":
        return Response(b"", answer.status, answer.headers)
    return JSONResponse(answer.body, answer.status, answer.headers)


def instead(rule: Rule) -> Response | None:
    """The answer to a request that is not processed at all; None for the other kinds."""
    body = {"error": rule.error}
    made: dict[str, Callable[[], Response]] = {
        "server_error": lambda: JSONResponse({"detail": "fault: server_error"}, rule.status or 500),
        "rate_limit": lambda: JSONResponse(body | {"error": "slow_down"}, rule.status or 429, _wait(rule)),
        "oauth_error": lambda: JSONResponse(body, rule.status or 400),
        "html": lambda: HTMLResponse("<!doctype html><title>Maintenance</title>", rule.status or 200),
        "empty": lambda: Response(b"", rule.status or 200, media_type="application/json"),
        "huge": lambda: JSONResponse({"access_token": "a" * _HUGE_BYTES}, rule.status or 200),
        "redirect": lambda: Response(b"", rule.status or 307, {"Location": rule.location}),
        "lost_request": Dropped,
    }
    return made[rule.kind]() if rule.kind in made else None


async def spoiled(rule: Rule, answer: Answer) -> Response:
    """The answer to a request that was processed, after the rule had its way with it."""
    if rule.kind == "slow_answer":
        await asyncio.sleep(rule.delay_seconds)
    if rule.kind == "lost_answer":
        return Dropped()
    kept = {name: value for name, value in answer.headers.items() if name.lower() != "content-type"}
    if rule.kind == "form_encoded":
        return Response(urlencode(answer.body), answer.status, kept, "application/x-www-form-urlencoded")
    if rule.kind == "text_plain":
        return PlainTextResponse(JSONResponse(answer.body).body, answer.status, kept)
    if rule.kind == "rewrite":
        body = {name: value for name, value in answer.body.items() if name not in rule.drop}
        return JSONResponse(body | rule.set, rule.status or answer.status, answer.headers)
    return as_response(answer)


def _wait(rule: Rule) -> dict[str, str]:
    return {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
