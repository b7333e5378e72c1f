"""`POST /graphql`: answers as GraphQL servers do, with errors under 200, a budget of points, and moods."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request, Response
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    execute_sync,
    parse,
    specified_rules,
    validate,
)
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

_SPECIFIED = "application/graphql-response+json"


class Rules(BaseModel):
    """How the server behaves. `bucket` points refill by `restore_rate` a second; a record asked for is one.

    `fail_field` fails `fail_times` times with `fail_code`, at the root of the query.
    """

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid")

    introspection: bool = True
    bucket: Annotated[float, Field(ge=1)] = 100_000
    restore_rate: Annotated[float, Field(gt=0)] = 50_000
    fail_field: str | None = None
    fail_code: str | None = None
    fail_times: int = 1_000_000


@dataclass(slots=True)
class Mood:
    """The rules in force and what is left of the bucket (points, and when they were counted)."""

    rules: Rules = field(default_factory=Rules)
    left: float = 100_000
    counted: float = field(default_factory=time.monotonic)

    def set(self, rules: Rules) -> None:
        self.rules, self.left, self.counted = rules, rules.bucket, time.monotonic()

    def available(self) -> float:
        now = time.monotonic()
        grown = self.left + (now - self.counted) * self.rules.restore_rate
        self.left, self.counted = min(self.rules.bucket, grown), now
        return self.left

    def fail(self, name: str) -> None:
        if self.rules.fail_field == name and self.rules.fail_times > 0:
            self.rules.fail_times -= 1
            extensions = {"code": self.rules.fail_code} if self.rules.fail_code else None
            raise GraphQLError("Something went wrong.", extensions=extensions)

    def limit(self) -> dict[str, Any]:
        full = (self.rules.bucket - self.available()) / self.rules.restore_rate
        reset = datetime.now(UTC) + timedelta(seconds=full)
        return {"cost": 1, "remaining": int(self.left), "resetAt": reset.isoformat()}


def make_graphql(schema: GraphQLSchema, mood: Mood) -> APIRouter:
    router = APIRouter()

    async def answer(request: Request) -> Response:
        specified = _SPECIFIED in request.headers.get("accept", "")
        try:
            asked = orjson.loads(await request.body())
            query, variables = str(asked["query"]), asked.get("variables") or {}
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            return _answer({"errors": [{"message": "Send a JSON object with a query."}]}, 400)
        body, status = _asked(schema, mood, query, variables)
        return _answer(body, status if specified else 200, _SPECIFIED if specified else "application/json")

    router.add_api_route("/graphql", answer, methods=["POST"], include_in_schema=False)
    return router


def steering(mood: Mood) -> APIRouter:
    """`POST /_graphql` sets the rules, `DELETE` gives back the first ones."""
    router = APIRouter()

    def put(rules: Rules) -> dict[str, bool]:
        mood.set(rules)
        return {"introspection": rules.introspection}

    def reset() -> dict[str, bool]:
        return put(Rules())

    router.add_api_route("/_graphql", put, methods=["POST"])
    router.add_api_route("/_graphql", reset, methods=["DELETE"])
    return router


def _asked(
    schema: GraphQLSchema, mood: Mood, query: str, variables: dict[str, Any]
) -> tuple[dict[str, Any], int]:
    """The body, and the status under GraphQL over HTTP: 400 for what was not executed."""
    try:
        document = parse(query, max_tokens=15_000)
    except GraphQLError as error:
        return {"errors": [_coded(error, "GRAPHQL_PARSE_FAILED")]}, 400
    rules = (*specified_rules, *([] if mood.rules.introspection else [NoSchemaIntrospectionCustomRule]))
    problems = validate(schema, document, rules)
    if problems:
        return {"errors": [_coded(each, "GRAPHQL_VALIDATION_FAILED") for each in problems]}, 400
    context: dict[str, Any] = {"asked": 1, "fail": mood.fail, "rate_limit": mood.limit}
    result = execute_sync(schema, document, variable_values=variables, context_value=context)
    return _paid(mood, result, context["asked"]), 200


def _paid(mood: Mood, result: ExecutionResult, price: int) -> dict[str, Any]:
    """The answer, or THROTTLED where the bucket does not hold its price."""
    enough = mood.available() >= price
    if enough:
        mood.left -= price
    status = {
        "maximumAvailable": mood.rules.bucket,
        "currentlyAvailable": mood.left,
        "restoreRate": mood.rules.restore_rate,
    }
    cost = {
        "requestedQueryCost": price,
        "actualQueryCost": price if enough else None,
        "throttleStatus": status,
    }
    body: dict[str, Any] = {"extensions": {"cost": cost}}
    if not enough:
        return body | {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
    errors = {"errors": [error.formatted for error in result.errors]} if result.errors else {}
    return body | {"data": result.data} | errors


def _coded(error: GraphQLError, code: str) -> dict[str, Any]:
    return {**error.formatted, "extensions": {"code": code}}


def _answer(body: dict[str, Any], status: int, media_type: str = "application/json") -> Response:
    return Response(orjson.dumps(body), status, media_type=media_type)
