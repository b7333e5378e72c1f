"""Which port each part gets: as asked, else as last time, else the default; a taken one is an error."""

import random
import socket
from collections.abc import Iterator
from dataclasses import astuple
from typing import Final

from varlor.stack.errors import PortTakenError, StackError
from varlor.stack.options import StackOptions
from varlor.stack.state import Ports

HOST: Final = "127.0.0.1"
QUIET_RANGE: Final = range(20_000, 30_000)
"""Below what kernels hand out to outgoing connections, so that a remembered port is still free next time."""


def choose(options: StackOptions, remembered: Ports | None) -> Ports:
    """A port for each part, all different and free; raises PortTakenError with the flag that helps."""
    asked = (options.port, options.temporal_port, options.temporal_ui_port, options.sample_port)
    free = _free_ports(but={*asked, *(astuple(remembered) if remembered else ())})
    ports = Ports(
        api=_pick(options.port, remembered and remembered.api, 8000, free),
        temporal=_pick(options.temporal_port, remembered and remembered.temporal, 7233, free),
        temporal_ui=_pick(options.temporal_ui_port, remembered and remembered.temporal_ui, 8233, free),
        valkey=_keep(remembered and remembered.valkey, free),
        sample=options.sample_port or _keep(remembered and remembered.sample, free),
    )
    if len(set(astuple(ports))) < len(astuple(ports)):
        raise StackError(
            "two parts were given the same port: --port, --temporal-port, --temporal-ui-port differ"
        )
    return ports


def require_free(port: int, part: str, flag: str) -> None:
    if not is_free(port):
        raise PortTakenError(part, port, flag)


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _pick(given: int | None, remembered: int | None, default: int, free: Iterator[int]) -> int:
    if given == 0:
        return next(free)
    return given or remembered or default


def _keep(remembered: int | None, free: Iterator[int]) -> int:
    return remembered if remembered and is_free(remembered) else next(free)


def _free_ports(but: set[int | None]) -> Iterator[int]:
    """Free ports of the quiet range in random order, none twice; raises StackError when they run out."""
    some = random.SystemRandom().sample(QUIET_RANGE, 200)
    yield from (port for port in some if port not in but and is_free(port))
    raise StackError("no free port between 20000 and 29999 on 127.0.0.1")
