"""Reads JSON bodies strictly: NaN, lone surrogates, bad UTF-8 and endless nesting are 422, never a 500."""

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute


class StrictRequest(Request):
    async def json(self) -> Any:
        """Raises json.JSONDecodeError (orjson's is one), which FastAPI turns into a validation error."""
        return orjson.loads(await self.body())


class StrictRoute(APIRoute):
    """For every router with bodies."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handler(StrictRequest(request.scope, request.receive))

        return strict
