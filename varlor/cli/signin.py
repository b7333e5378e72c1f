"""Says where a ready stack answers, with a one-time link that signs its owner in."""

from datetime import UTC, datetime, timedelta
from typing import Final

from varlor.auth.sessions import RedisSessions
from varlor.cache.client import connect
from varlor.cli.access import SUBJECT, TENANT
from varlor.cli.output import tell
from varlor.ports import Identity
from varlor.stack.runner import Stack

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
