"""`varlor api` and `varlor worker`: one process alone, as in production; it replaces this one."""

import os
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from varlor.stack import programs
from varlor.stack.environment import read_settings


class Queue(StrEnum):
    """Which task queues a worker serves."""

    CONTROL = "control"
    FETCH = "fetch"
    ALL = "all"


def register(program: typer.Typer) -> None:
    program.command("api")(api)
    program.command("worker")(worker)


def api() -> None:
    """Run the API alone (settings from VARLOR_…)."""
    settings = read_settings()
    _become(programs.api_server(settings.host, settings.port))


def worker(queue: Annotated[Queue, typer.Option(help="The task queues it serves.")] = Queue.ALL) -> None:
    """Run a worker alone (settings from VARLOR_…)."""
    read_settings()
    _become(programs.worker(queue.value))


def _become(command: Sequence[str]) -> None:
    """Signals then reach the program itself, which matters to a container's first process."""
    os.execv(command[0], list(command))  # noqa: S606 - our own argument list, no shell
