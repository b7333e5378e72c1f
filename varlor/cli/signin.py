"""Says where a ready stack answers, with a one-time link that signs its owner in."""

import json
import secrets
from typing import Final

from redis.asyncio import Redis

from varlor import names
from varlor.cli.access import SUBJECT, TENANT
from varlor.cli.output import say
from varlor.stack.runner import Stack

LINK_TTL: Final = 600  # seconds


async def sign_in_link(redis_url: str, ui_url: str) -> str:
    """A link that signs in once, within ten minutes, as the local tenant's admin and operator."""
    code = secrets.token_urlsafe(32)
    identity = {"tenant": TENANT, "sub": SUBJECT, "roles": ["admin", "operator"]}
    async with Redis.from_url(redis_url) as client:
        await client.set(names.login_key(code), json.dumps(identity), ex=LINK_TTL)
    return f"{ui_url}/?code={code}"


async def print_addresses(stack: Stack) -> None:
    plan = stack.plan
    link = await sign_in_link(plan.settings.redis_url, plan.api_url)
    say(f"ready in {stack.seconds:.1f} s; Ctrl-C stops it")
    say(f"  UI            {link}  (signs you in once, within 10 minutes)")
    say(f"  API docs      {plan.api_url}/api/v2/docs")
    say(f"  Temporal Web  {plan.settings.temporal_ui_url}")
    if plan.sample_url:
        say(f"  sample API    {plan.sample_url}")
