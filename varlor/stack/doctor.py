"""All checks of `varlor doctor`, in the order in which a person would fix things."""

from varlor.settings import Settings
from varlor.stack.checks import folder, machine, sealing, services
from varlor.stack.checks.finding import Finding
from varlor.stack.state import StateDir


async def examine(state: StateDir, settings: Settings) -> list[Finding]:
    """Check everything that a stack with these settings needs; nothing is started or changed."""
    given = settings.model_fields_set
    return [
        machine.python(),
        machine.packages(),
        machine.rooms(),
        machine.sample(),
        await (services.temporal(settings) if "temporal_address" in given else machine.temporal_program()),
        await (services.redis(settings) if "redis_url" in given else machine.valkey_program()),
        folder.state(state),
        folder.keys(state, settings),
        folder.disk(state),
        folder.presets(settings),
        *folder.ports(state, settings),
        await services.database(state, settings),
        await sealing.rows(state, settings),
        await services.clock(settings),
    ]
