"""Follows a run with a live bar until it ends, and says in words how it ended."""

import asyncio
from http import HTTPStatus
from time import monotonic
from typing import Any, Final

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from varlor.cli.client import ApiClient, ApiError
from varlor.cli.failures import CommandError
from varlor.cli.output import message_console, say
from varlor.contracts.run import FINAL_STATUSES

EVERY: Final = 0.4  # seconds between two looks
PATIENCE: Final = 60.0  # seconds; an API that died is back by then


async def follow(api: ApiClient, run_id: str, *, label: str = "fetching") -> dict[str, Any]:
    """The run as it ended; notes and the error are said on stderr."""
    with _progress() as bar:
        task = bar.add_task(label, total=None, rows=0, pages=0, status="queued")
        while True:
            run = await _seen(api, run_id, bar, task)
            _show(bar, task, run)
            if run["status"] in FINAL_STATUSES:
                break
            await asyncio.sleep(EVERY)
    for note in run["notes"]:
        say(f"note: {note}")
    if run["error"]:
        say(f"{run['status']}: {run['error']['title']}: {run['error']['detail']}")
    return run


async def _seen(api: ApiClient, run_id: str, bar: Progress, task: TaskID) -> dict[str, Any]:
    """The run; an API that is away is waited for, since the run goes on without it."""
    until = monotonic() + PATIENCE
    while True:
        try:
            return await api.get(f"/runs/{run_id}")
        except CommandError as error:
            refused = isinstance(error, ApiError) and error.status < HTTPStatus.INTERNAL_SERVER_ERROR
            if refused or monotonic() > until:
                raise
        bar.update(task, status="waiting for the API")
        await asyncio.sleep(EVERY)


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[rows]:,} rows · {task.fields[pages]:,} pages · {task.fields[status]}"),
        TimeElapsedColumn(),
        console=message_console(),
    )


def _show(bar: Progress, task: TaskID, run: dict[str, Any]) -> None:
    ended = run["status"] in FINAL_STATUSES
    bar.update(
        task,
        rows=run["rows"] + run["pendingRows"],
        pages=run["pages"] + run["pendingPages"],
        status=run["status"],
        total=1 if ended else None,
        completed=1 if ended else 0,
    )
