"""A stage for faults: the API in a Temporal namespace of its own, and a worker that a test may ill-treat."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.app import create_app
from tests.api.conftest import Door
from tests.api.processes import environment, new_namespace, running
from varlor.settings import Settings


@dataclass(frozen=True)
class Stage:
    settings: Settings
    door: Door

    @contextmanager
    def worker(self, log: Path, *, clock_ahead: float = 0.0, haste: float = 1.0) -> Generator[None]:
        """A worker: `clock_ahead` seconds are added to its clock, `haste` divides its waits for tokens."""
        env = environment(self.settings) | {"VARLOR_TEMPORAL_NAMESPACE": self.settings.temporal_namespace}
        with running(["-m", "tests.api.clocked_worker", str(clock_ahead), str(haste)], log, env):
            yield


@asynccontextmanager
async def staged(
    settings: Settings, tenant: str, temporal_address: str, **changed: str
) -> AsyncGenerator[Stage]:
    space = await asyncio.to_thread(new_namespace, temporal_address)
    mine = settings.model_copy(update={"temporal_namespace": space, **changed})
    app = create_app(settings=mine)
    async with app.router.lifespan_context(app):
        yield Stage(mine, Door(app, tenant))
