"""`varlor signin`, and what a ready stack says: where it answers, with a link that signs in once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import typer

from varlor.auth.sessions import RedisSessions
from varlor.cache.client import connect
from varlor.cli.access import SUBJECT, TENANT
from varlor.cli.options import DEFAULT_STATE_DIR, JsonOption, StateDirOption
from varlor.cli.output import print_json, tell
from varlor.ports import Identity
from varlor.stack.environment import embedded_redis_url, read_settings
from varlor.stack.errors import NotRunningError
from varlor.stack.runner import Stack
from varlor.stack.state import StateDir

LINK_LIFE: Final = timedelta(minutes=10)


class _MachineClock:
    """The one of varlor.bootstrap would bring every adapter into the supervisor."""

    def now(self) -> datetime:
        return datetime.now(UTC)


async def sign_in_link(redis_url: str, ui_url: str) -> str:
    """A link that signs in once, within ten minutes, as the local tenant's admin and operator."""
    clock = _MachineClock()
    identity = Identity(SUBJECT, TENANT, frozenset({"admin", "operator"}), clock.now() + LINK_LIFE)
    async with connect(redis_url) as redis:
        code = await RedisSessions(redis, clock).invite(identity)
    return f"{ui_url}/?code={code}"


async def print_addresses(stack: Stack) -> None:
    plan = stack.plan
    link = await sign_in_link(plan.settings.redis_url, plan.api_url)
    tell(f"ready in {stack.seconds:.1f} s; Ctrl-C stops it")
    tell(f"  UI            {link}  (signs you in once, within 10 minutes)")
    tell(f"  API docs      {plan.api_url}/api/v2/docs")
    if plan.temporal_ui_url:
        tell(f"  Temporal Web  {plan.temporal_ui_url}")
    if plan.sample_url:
        tell(f"  sample API    {plan.sample_url}")


def register(program: typer.Typer) -> None:
    program.command("signin")(signin)


def signin(state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False) -> None:
    """Print a fresh one-time sign-in link for the UI of the stack that runs here."""
    state = StateDir(state_dir)
    running, ports = state.running(), state.ports()
    if running is None or ports is None:
        raise NotRunningError(f"no stack runs on {state_dir}: start one with `varlor up`")
    redis_url = read_settings().redis_url or embedded_redis_url(state.keys(), ports)
    link = asyncio.run(sign_in_link(redis_url, running.api_url))
    print_json({"link": link}) if as_json else tell(link)
