"""Puts the sample API together: the open API at the root and behind a door for each kind of credential."""

from random import Random
from typing import Any

from fastapi import APIRouter, FastAPI

from examples.sample_api.access import DOORS, Door
from examples.sample_api.data import make_data
from examples.sample_api.faults import Faults, FaultyApp, Rules
from examples.sample_api.graphql_api import Mood, make_graphql, steering
from examples.sample_api.graphql_schema import make_schema
from examples.sample_api.oauth import Provider
from examples.sample_api.routes import make_router
from examples.sample_api.stats import CountedApp, Stats

_TITLE = "Sample shop"
_ABOUT = "Users, orders and events of a shop that does not exist, in every paging style."


def create_app(*, seed: int = 7, scale: float = 1) -> FastAPI:
    """The API at `/` (open) and below each door's prefix, each with `/openapi.json`, `/docs` and `/graphql`.

    `POST` and `DELETE /_faults`, `POST` and `DELETE /_graphql`, `GET` and `DELETE /_stats` steer it in
    tests, and what is below `/_oauth` its authorization server.
    """
    data = make_data(seed, scale)
    router, mood = make_router(data), Mood()
    router.include_router(make_graphql(make_schema(data), mood))
    faults, stats = Faults(Random(seed)), Stats()
    app = FastAPI(title=_TITLE, description=_ABOUT, version="1.0.0")
    app.include_router(router)
    app.include_router(_steering(faults, stats), include_in_schema=False)
    app.include_router(steering(mood), include_in_schema=False)
    provider = Provider()
    app.include_router(provider.router)
    for door in (*DOORS, provider.door):
        app.mount(door.prefix, _behind(door, router))
    app.add_middleware(FaultyApp, faults=faults)
    app.add_middleware(CountedApp, stats=stats)
    return app


def _behind(door: Door, router: APIRouter) -> FastAPI:
    app = FastAPI(title=_TITLE, description=_ABOUT, version="1.0.0")
    app.include_router(router, dependencies=door.dependencies)
    return app


def _steering(faults: Faults, stats: Stats) -> APIRouter:
    router = APIRouter()

    def set_faults(rules: Rules) -> dict[str, int]:
        faults.replace(rules.rules)
        return {"rules": len(rules.rules)}

    def clear_faults() -> dict[str, int]:
        faults.replace([])
        return {"rules": 0}

    def show_stats() -> dict[str, Any]:
        return stats.shown()

    router.add_api_route("/_faults", set_faults, methods=["POST"])
    router.add_api_route("/_faults", clear_faults, methods=["DELETE"])
    router.add_api_route("/_stats", show_stats, methods=["GET"])
    router.add_api_route("/_stats", stats.clear, methods=["DELETE"], status_code=204)
    return router
