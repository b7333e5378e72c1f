"""Every failure as RFC 9457 problem details: a stable type, a sentence, and never the offending value."""

import math
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException

from api.pointers import field_problems
from varlor.errors import (
    AuthRequiredError,
    ConflictError,
    FieldProblem,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    PartUnavailableError,
    SourceError,
    TooManyRequestsError,
    UnauthenticatedError,
    VarlorError,
)

PROBLEM_JSON: Final = "application/problem+json"
_RETRY_AFTER: Final = "5"  # seconds; a part that is away is rarely back sooner

_STATUS: Final[tuple[tuple[type[VarlorError], HTTPStatus], ...]] = (
    (InvalidInputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (UnauthenticatedError, HTTPStatus.UNAUTHORIZED),
    (ForbiddenError, HTTPStatus.FORBIDDEN),
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (ConflictError, HTTPStatus.CONFLICT),
    (AuthRequiredError, HTTPStatus.CONFLICT),
    (TooManyRequestsError, HTTPStatus.TOO_MANY_REQUESTS),
    (PartUnavailableError, HTTPStatus.SERVICE_UNAVAILABLE),
    (SourceError, HTTPStatus.BAD_GATEWAY),
)
_SLUGS: Final = {
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
}

log: Final = structlog.get_logger()


class ProblemField(BaseModel):
    """One invalid field: an RFC 6901 pointer into the body; `/query/…`, `/path/…`, `/header/…` elsewhere."""

    model_config = ConfigDict(extra="forbid")
    pointer: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details. `type` is stable: `urn:varlor:problem:<slug>`."""

    model_config = ConfigDict(extra="forbid")
    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemField] | None = None
    correlationId: str | None = None  # noqa: N815 - the name on the wire


class CallbackProblem(Problem):
    """Why a provider's callback came to no connection, beside the problem's own fields."""

    oauth: str | None = None
    reason: str | None = None


def problem(
    status: int,
    slug: str,
    detail: str,
    *,
    problems: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The one shape of every error answer."""
    body = Problem(
        type=f"urn:varlor:problem:{slug}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=[ProblemField(pointer=p.pointer, detail=p.detail) for p in problems] or None,
        correlationId=structlog.contextvars.get_contextvars().get("correlation_id"),
    )
    return JSONResponse(
        body.model_dump(exclude_none=True),
        status_code=status,
        media_type=PROBLEM_JSON,
        headers=dict(headers or {}),
    )


def from_error(error: VarlorError) -> JSONResponse:
    """A domain error in HTTP's words; what is not the caller's affair becomes a plain 500."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
    if status is None:
        log.error("request failed", error=type(error).__name__, detail=error.detail)
        return unexpected()
    headers: dict[str, str] = {}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = _RETRY_AFTER
    if isinstance(error, TooManyRequestsError):
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    problems = error.problems if isinstance(error, InvalidInputError) else ()
    return problem(status, error.slug, error.detail, problems=problems, headers=headers)


def unexpected() -> JSONResponse:
    return problem(500, "internal", "Something failed on our side. Give the correlation id to an operator.")


def invalid(error: ValidationError, body: object) -> InvalidInputError:
    """What pydantic found wrong with a body that was put together here (a merge patch)."""
    found = field_problems(error.errors(include_url=False, include_input=False), ("body",), body)
    return InvalidInputError("The input is not valid.", *found)


def install(app: FastAPI) -> None:
    """Put every kind of failure through `problem`."""
    app.add_exception_handler(VarlorError, _on_domain)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(ResponseValidationError, _on_unexpected)
    app.add_exception_handler(HTTPException, _on_http)


async def _on_domain(_: Request, error: Exception) -> JSONResponse:
    return from_error(error) if isinstance(error, VarlorError) else unexpected()


async def _on_unexpected(_: Request, error: Exception) -> JSONResponse:
    log.error("answer does not fit its own schema", error=type(error).__name__)
    return unexpected()


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == HTTPStatus.BAD_REQUEST:  # FastAPI's word for a body that it could not read
        return problem(422, InvalidInputError.slug, "The body cannot be read.")
    headers: dict[str, str] = {}
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    slug = _SLUGS.get(HTTPStatus(status), "http")
    return problem(status, slug, HTTPStatus(status).description or "See the status.", headers=headers)


def _methods(request: Request) -> set[str]:
    """Every method of the place: the router's own refusal names one route's (RFC 9110, 15.5.6)."""
    paths: Mapping[str, Mapping[str, Any]] = request.app.openapi()["paths"]
    here = request.url.path
    fitting = [m for path, m in paths.items() if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", path), here)]
    return {method.upper() for methods in fitting for method in methods}


async def _on_invalid(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        return unexpected()
    found = field_problems(error.errors(), (), error.body)
    if isinstance(error.body, bytes):  # no Content-Type that says JSON: it was not even read as such
        found = [each for each in found if each.pointer]
        found += [FieldProblem("", "Send JSON, with the header Content-Type: application/json.")]
    return problem(422, InvalidInputError.slug, "The input is not valid.", problems=found)
