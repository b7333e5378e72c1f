"""All checks of `varlor doctor`, in the order in which a person would fix things; a start makes some, too."""

import os
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial

from varlor.errors import VarlorError
from varlor.settings import Settings
from varlor.stack.checks import environment, folder, machine, sealing, services
from varlor.stack.checks.finding import Finding, failing
from varlor.stack.environment import read_settings
from varlor.stack.errors import StackError
from varlor.stack.state import StateDir

Found = Finding | Iterable[Finding]
Checks = Iterator[tuple[str, Callable[[], Found | Awaitable[Found]]]]


async def examine(state: StateDir) -> list[Finding]:
    """Check everything that a stack needs; nothing is started or changed, and no failure ends it.

    Where the environment is not valid, what depends on it is left out.
    """
    found = [row for check in _of_the_machine(state) for row in await _rows(*check)]
    try:
        settings = read_settings()
    except StackError as error:
        return [*found, failing("settings", error.detail, "correct it: the other checks need it")]
    return [*found, *[row for check in _of_the_settings(state, settings) for row in await _rows(*check)]]


async def require_sound(state: StateDir) -> None:
    """Say before any part is started what would end one later; raises StackError."""
    settings = read_settings()
    found = [environment.settings(settings), folder.keys(state, settings)]
    if not settings.database_url:
        found.append(await services.database(state, settings))
    if "temporal_address" not in settings.model_fields_set:
        found.append(folder.workflows(state))
    found.append(await sealing.rows(state, settings))
    for each in found:
        if each.state == "fail":
            raise StackError(f"{each.name}: {each.detail.rstrip('.')}: {each.advice}")


async def readiness(url: str) -> list[Finding]:
    """What the API at `url` says of its parts; nothing else is looked at."""
    return await _rows("API", partial(services.readiness, url))


def _of_the_machine(state: StateDir) -> Checks:
    yield "python", machine.python
    yield "packages", machine.packages
    yield "application", machine.rooms
    yield "sample API", machine.sample
    yield "state folder", partial(folder.state, state)
    yield "disk", partial(folder.disk, state)


def _of_the_settings(state: StateDir, settings: Settings) -> Checks:
    given = settings.model_fields_set
    yield "settings", partial(environment.settings, settings)
    if "temporal_address" in given:
        yield "Temporal server", partial(services.temporal, settings)
    else:
        yield "temporal program", machine.temporal_program
        yield "workflow store", partial(folder.workflows, state)
    if "redis_url" in given:
        yield "Redis server", partial(services.redis, settings)
    else:
        yield "valkey program", machine.valkey_program
    yield "keys", partial(folder.keys, state, settings)
    yield "presets", partial(folder.presets, settings)
    yield "ports", partial(folder.ports, state, settings)
    yield "running stack", partial(services.running, state)
    yield "database", partial(services.database, state, settings)
    yield "sealed rows", partial(sealing.rows, state, settings)
    yield "clock", partial(services.clock, settings)


async def _rows(name: str, check: Callable[[], Found | Awaitable[Found]]) -> list[Finding]:
    """What the check found; a check that cannot be made is a failing row of that name."""
    try:
        found = check()
        if isinstance(found, Awaitable):
            found = await found
        return [found] if isinstance(found, Finding) else list(found)
    except VarlorError as error:
        return [failing(name, error.detail, "correct what it names")]
    except Exception as error:  # the border of a check: whatever it is, the others are made all the same
        if os.environ.get("VARLOR_DEBUG") == "1":
            raise
        said = " ".join(str(error).split())
        return [failing(name, f"unexpected {type(error).__name__}: {said}", "VARLOR_DEBUG=1 shows where")]
