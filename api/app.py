"""Composition root of the API process: routes, door and middleware around the services of one lifespan."""

import gc
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI

from api import errors, openapi
from api.door import PREFIX, Door
from api.hook_lane import HookLane
from api.middleware import BodyLimit, CodecCors, Watch
from api.routes import (
    audit,
    callback,
    codec,
    connectors,
    datasets,
    events,
    fetch,
    health,
    hooks,
    inbox,
    notifications,
    oauth,
    oidc,
    onboarding,
    pages,
    platform,
    presets,
    runs,
    schedules,
    session,
    tokens,
    ui,
)
from api.services import Services
from varlor.errors import VarlorError
from varlor.serving import build_services
from varlor.settings import Settings
from varlor.telemetry import HttpMetrics, configure

ROUTERS: Final[tuple[APIRouter, ...]] = (
    fetch.router,  # first, for each request tries them in this order
    hooks.router,
    inbox.router,
    callback.router,
    oauth.router,
    tokens.router,
    onboarding.router,  # before connectors: test-api is not an id
    connectors.router,
    presets.router,
    runs.router,
    schedules.router,
    events.router,
    datasets.router,
    notifications.router,
    audit.router,
    session.router,
    oidc.router,
    codec.router,
    health.router,
    platform.router,
)


def create_app(
    services: Services | None = None, settings: Settings | None = None, ui_folder: Path = ui.FOLDER
) -> FastAPI:
    """The ASGI application. Without `services` the lifespan builds the real ones from the settings.

    Where the UI is not built into `ui_folder`, a plain status page stands in its place.
    """
    settings = settings or Settings()
    metrics = HttpMetrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        if services is not None:
            app.state.services = services
            yield
            return
        configure(settings, "api")
        async with build_services(settings, metrics.registry) as built:
            app.state.services = built
            gc.freeze()  # routes and models live as long as the process: no collection need visit them
            yield

    app = FastAPI(
        title="varlor",
        version="2",
        lifespan=lifespan,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # Swagger UI and Redoc load scripts from elsewhere: routes/pages.py has a plain page
        redoc_url=None,
        redirect_slashes=False,
        # FastAPI's own spans and logs carry queries and bodies, where codes and secrets may be.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.openapi = openapi.describe(app)
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.include_router(pages.router)
    app.include_router(ui.router(ui_folder) or pages.instead)
    app.add_middleware(Door)
    app.add_middleware(CodecCors, origin=settings.temporal_ui_url, prefix=f"{PREFIX}/codec/")
    app.add_middleware(BodyLimit)
    app.add_middleware(Watch, observe=metrics.observe)
    app.add_middleware(HookLane, observe=metrics.observe)
    return app


def served() -> FastAPI:
    """The application as its own process serves it: what it cannot be made of ends the process in one line.

    uvicorn and Starlette would each log a traceback for it. Nothing is open yet that an exit could harm.
    """
    app = create_app()
    made = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(made(app))
            except VarlorError as error:
                sys.stderr.write(f"error: {error.detail}\n")
                sys.stderr.flush()
                os._exit(1)
            yield

    app.router.lifespan_context = lifespan
    return app
