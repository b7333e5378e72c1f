"""The API as a process that is killed while it starts a sync: `before` or `after` the engine knows of it."""

import os
import signal

from fastapi import FastAPI

from api.app import create_app
from api.engine import Engine
from varlor.contracts.messages import SyncInput

_start = Engine.start_sync


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before() -> FastAPI:
    async def start_sync(self: Engine, order: SyncInput) -> str:
        _die()
        return await _start(self, order)

    Engine.start_sync = start_sync
    return create_app()


def after() -> FastAPI:
    async def start_sync(self: Engine, order: SyncInput) -> str:
        workflow_id = await _start(self, order)
        _die()
        return workflow_id

    Engine.start_sync = start_sync
    return create_app()
