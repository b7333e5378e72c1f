"""Faults on demand: rules, or `?_fault=kind` on one request, turn good answers into what real APIs do."""

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.datastructures import QueryParams
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Kind = Literal[
    "rate_limit",
    "server_error",
    "slow",
    "truncated",
    "expired_token",
    "drop",
    "html",
    "empty",
    "scalar",
    "endless",
]

_ENDLESS_CHUNKS = 16_384


class Rule(BaseModel):
    """When a request below `path_prefix` goes wrong, and how.

    It passes the first `after_requests`, then fires on every `every_nth` with `probability`, at most
    `times` times. `truncated` is a whole message with half a document; `drop` cuts the connection.
    """

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid")

    kind: Kind
    path_prefix: str = "/"
    probability: Annotated[float, Field(ge=0, le=1)] = 1
    every_nth: Annotated[int, Field(ge=1)] = 1
    times: Annotated[int, Field(ge=1)] | None = None
    after_requests: Annotated[int, Field(ge=0)] = 0
    retry_after: str | int | None = 1
    delay_seconds: Annotated[float, Field(ge=0, le=600)] = 1


class Rules(BaseModel):
    rules: list[Rule]


@dataclass(slots=True)
class _Counted:
    rule: Rule
    seen: int = 0
    fired: int = 0

    def fires(self, path: str, rng: Random) -> bool:
        rule = self.rule
        if not path.startswith(rule.path_prefix):
            return False
        self.seen += 1
        due = self.seen > rule.after_requests and (self.seen - rule.after_requests) % rule.every_nth == 0
        left = rule.times is None or self.fired < rule.times
        hit = due and left and rng.random() < rule.probability
        self.fired += hit
        return hit


@dataclass(slots=True)
class Faults:
    """The rules in force; the first that fires wins."""

    rng: Random
    _rules: list[_Counted] = field(default_factory=list[_Counted])

    def replace(self, rules: list[Rule]) -> None:
        self._rules = [_Counted(rule) for rule in rules]

    def due(self, path: str, query: QueryParams) -> Rule | None:
        if "_fault" in query:
            return Rule.model_validate({"kind": query["_fault"]})
        return next((counted.rule for counted in self._rules if counted.fires(path, self.rng)), None)


@dataclass(frozen=True, slots=True)
class FaultyApp:
    """ASGI middleware that plays the faults; paths that begin with `/_` are left alone."""

    app: ASGIApp
    faults: Faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        rule = None
        if scope["type"] == "http" and not path.startswith("/_"):
            rule = self.faults.due(path, QueryParams(scope["query_string"]))
        if rule is None:
            await self.app(scope, receive, send)
        elif rule.kind == "slow":
            await asyncio.sleep(rule.delay_seconds)
            await self.app(scope, receive, send)
        elif rule.kind in ("truncated", "drop"):
            await self._cut(scope, receive, send, whole_message=rule.kind == "truncated")
        elif rule.kind == "endless":
            await _endless(receive, send)
        else:
            await _instead(rule)(scope, receive, send)

    async def _cut(self, scope: Scope, receive: Receive, send: Send, *, whole_message: bool) -> None:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, keep)
        start, *rest = messages
        body = b"".join(message.get("body", b"") for message in rest)
        half = body[: max(1, len(body) // 2)]
        if whole_message:
            kept = [pair for pair in start["headers"] if pair[0] != b"content-length"]
            start = {**start, "headers": [*kept, (b"content-length", str(len(half)).encode())]}
        await send(start)
        # With the length of the whole still announced, ending here makes the server cut the connection.
        await send({"type": "http.response.body", "body": half, "more_body": not whole_message})


def _instead(rule: Rule) -> Response:
    detail: dict[str, Any] = {"detail": f"fault: {rule.kind}"}
    if rule.kind == "rate_limit":
        wait = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
        return JSONResponse(detail, 429, wait)
    if rule.kind == "expired_token":
        challenge = 'Bearer realm="sample", error="invalid_token", error_description="The token expired"'
        return JSONResponse(detail, 401, {"WWW-Authenticate": challenge})
    if rule.kind == "html":
        return HTMLResponse("<!doctype html><title>Sign in</title><p>Please sign in.</p>")
    if rule.kind == "empty":
        return Response(b"", media_type="application/json")
    if rule.kind == "scalar":
        return JSONResponse(42)
    return JSONResponse(detail, 500)


async def _endless(receive: Receive, send: Send) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    gone = asyncio.create_task(_disconnected(receive))
    try:
        for number in range(_ENDLESS_CHUNKS):
            if gone.done():
                return
            start = b"[" if number == 0 else b""
            await send({"type": "http.response.body", "body": start + b'"more",' * 9_000, "more_body": True})
    finally:
        gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
