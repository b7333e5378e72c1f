"""Ports for servers that a test starts: each is handed out once, and to one of the suite's processes only."""

import os
from collections.abc import Iterator

from varlor.stack.ports import is_free

_FIRST, _SHARE, _SHARES = 10_000, 1_000, 10
"""Below what kernels hand out to outgoing connections, and beside the range that stacks take theirs from."""


def free_port() -> int:
    for port in _PORTS:
        if is_free(port):
            return port
    raise AssertionError("no port is free")


def _share(worker: str) -> Iterator[int]:
    """By the number in `gw3`; other runs of the suite on this machine begin elsewhere."""
    first = _FIRST + int(worker.removeprefix("gw")) % _SHARES * _SHARE
    offset = os.getpid() % _SHARE
    return (first + (offset + number) % _SHARE for number in range(_SHARE))


_PORTS = _share(os.environ.get("PYTEST_XDIST_WORKER", "gw0"))
