"""The worker process of the product with a clock that is off by as many seconds as it is told."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from varlor.bootstrap import SystemClock
from varlor.settings import Settings
from worker import serve


def main(ahead: float) -> None:
    def now(self: SystemClock) -> datetime:
        del self
        return datetime.now(UTC) + timedelta(seconds=ahead)

    SystemClock.now = now
    asyncio.run(serve(Settings(), "all"))


if __name__ == "__main__":
    main(float(sys.argv[1]))
