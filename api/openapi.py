"""The OpenAPI document: problems as media type, security, and examples that a test validates."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import PROBLEM_JSON, CallbackProblem, Problem
from api.examples import EXAMPLES

_REF: Final = "#/components/schemas/{model}"
_ABOUT: Final = (
    "Give it the address of an API, get a dataset that stays right. Errors are RFC 9457 problem details. "
    "Roles: viewer reads, editor also creates and runs, admin also deletes, manages credentials and reads "
    "the audit; operator belongs to the platform. Idempotency-Key is honoured on every POST that starts work."
)
_WORDS: Final = {
    401: "No valid token or session",
    403: "The role does not reach that far",
    404: "No such resource for this tenant",
    408: "The body did not come in time",
    409: "The resource's state forbids it",
    413: "The body is larger than 1 MiB",
    422: "Invalid input; `errors` names each field",
    502: "The outside API could not be asked; `detail` says why",
    429: "Too many requests; `Retry-After` says for how long to wait",
    503: "A part of the stack does not answer; try again",
}
COMMON: Final = (401, 403, 503)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documented error answers of a route."""
    schema = {"$ref": _REF.replace("{model}", "Problem")}
    return {
        status: {
            "description": _WORDS.get(status, HTTPStatus(status).phrase),
            "content": {PROBLEM_JSON: {"schema": schema}},
        }
        for status in statuses
    }


def guarded(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`problems`, with those that every route behind the door can answer."""
    return problems(*sorted({*COMMON, *statuses}))


def describe(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """FastAPI's hook for the document; made once, on first asking."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    return document


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
    components = document.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    for model in (Problem, CallbackProblem):
        problem = model.model_json_schema(ref_template=_REF)
        schemas.update(problem.pop("$defs"))
        schemas[model.__name__] = problem
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for name, example in EXAMPLES.items():
        if name in schemas:
            schemas[name]["examples"] = [example]
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "session": {"type": "apiKey", "in": "cookie", "name": "varlor_session"},
    }
    document["security"] = [{"bearer": []}, {"session": []}]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "401" not in operation["responses"] or (path.endswith("/session") and method == "post"):
                operation["security"] = []
    return document
