"""What happens to every request: a correlation id, a size limit, safe headers, a log line, a number."""

import re
import secrets
import time
from collections.abc import Callable
from typing import Final

import structlog
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem, unexpected

MAX_BODY_BYTES: Final = 1024 * 1024
CORRELATION_HEADER: Final = "X-Request-Id"
_CORRELATION: Final = re.compile(r"[A-Za-z0-9_.-]{8,64}")
SAFE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}

Observe = Callable[[str, str, int, float], None]
"""Takes method, route template, status and seconds."""

_tracer: Final = trace.get_tracer("varlor.api")  # does nothing until an exporter is set up
log: Final = structlog.get_logger()


class Watch:
    """Correlation id in, out and in every log line; safe headers; and no exception leaves as itself."""

    def __init__(self, app: ASGIApp, observe: Observe) -> None:
        self._app = app
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation = _correlation(Headers(scope=scope).get(CORRELATION_HEADER))
        started = time.perf_counter()
        seen = {"status": 0}

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                headers[CORRELATION_HEADER] = correlation
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        span = _tracer.start_as_current_span("request", kind=SpanKind.SERVER)
        with structlog.contextvars.bound_contextvars(correlation_id=correlation), span as current:
            try:
                await self._app(scope, receive, observed)
            except Exception as error:  # the last border: whatever it is becomes one problem
                log.exception("request failed", error=type(error).__name__)
                if seen["status"]:
                    raise
                await unexpected()(scope, receive, observed)
            finally:
                self._report(scope, seen["status"], time.perf_counter() - started, current)

    def _report(self, scope: Scope, status: int, seconds: float, span: Span) -> None:
        # The template, not the path: ids in labels would grow without bound, queries may hold secrets.
        route = getattr(scope.get("route"), "path", "unmatched")
        span.update_name(f"{scope['method']} {route}")
        span.set_attributes({"http.route": route, "http.response.status_code": status})
        self._observe(scope["method"], route, status, seconds)
        log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))


def _correlation(given: str | None) -> str:
    if given is not None and _CORRELATION.fullmatch(given):
        return given
    return secrets.token_hex(16)


class BodyLimit:
    """Refuses a body beyond 1 MiB: at once by its announced length, else at the byte that passes it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > MAX_BODY_BYTES:
            await problem(413, "too-large", "A body may have 1 MiB at most.")(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BODY_BYTES:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)


class CodecCors:
    """Lets Temporal Web's pages, and no other site's, call the codec server."""

    def __init__(self, app: ASGIApp, origin: str, prefix: str) -> None:
        self._app = app
        self._prefix = prefix
        self._cors = CORSMiddleware(
            app,
            allow_origins=[origin.rstrip("/")],
            allow_methods=["POST"],
            allow_headers=["Authorization", "Content-Type", "X-Namespace"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        codec = scope["type"] == "http" and scope["path"].startswith(self._prefix)
        await (self._cors if codec else self._app)(scope, receive, send)
