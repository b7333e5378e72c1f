"""The worker process of the product, with a clock that is off and waits for tokens divided, as it is told."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from activities import refresh_rules
from varlor.auth import tokens
from varlor.bootstrap import SystemClock
from varlor.settings import Settings
from worker import serve
from workflows import options

WAITS = {
    refresh_rules: ("FIRST_WAIT", "LONGEST_WAIT"),
    tokens: ("SHORTEST_WAIT", "LONGEST_WAIT"),
    options: ("SHORTEST_TIMER",),
}


def main(ahead: float, haste: float) -> None:
    def now(self: SystemClock) -> datetime:
        del self
        return datetime.now(UTC) + timedelta(seconds=ahead)

    SystemClock.now = now
    for module, constants in WAITS.items():
        for name in constants:
            setattr(module, name, getattr(module, name) / haste)
    longest = options.REVOKE.get("schedule_to_close_timeout", timedelta())
    options.REVOKE["schedule_to_close_timeout"] = longest / haste
    asyncio.run(serve(Settings(), "all"))


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
