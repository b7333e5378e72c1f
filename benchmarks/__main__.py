"""`python -m benchmarks [name …]`: runs the named benchmarks (all without a name) and prints their tables."""

import sys
from collections.abc import Callable
from typing import Final

from benchmarks import fetch, hostile, memory, profile, ready, schedules, soak, starts, tokens, ui, webhooks

ALL: Final[dict[str, Callable[[], None]]] = {
    "fetch": fetch.main,
    "memory": memory.main,
    "hostile": hostile.main,
    "profile": profile.main,
    "starts": starts.main,
    "ready": ready.main,
    "tokens": tokens.main,
    "webhooks": webhooks.main,
    "schedules": schedules.main,
    "ui": ui.main,
    "soak": soak.main,
}


def main() -> None:
    names = sys.argv[1:] or list(ALL)
    unknown = [name for name in names if name not in ALL]
    if unknown:
        raise SystemExit(f"no benchmark named {', '.join(unknown)}; there are {', '.join(ALL)}")
    for name in names:
        ALL[name]()


if __name__ == "__main__":
    main()
