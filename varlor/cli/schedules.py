"""`varlor schedules …`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from varlor.cli.access import resolve
from varlor.cli.client import ApiClient
from varlor.cli.failures import CommandError
from varlor.cli.options import DEFAULT_STATE_DIR, JsonOption, LimitOption, StateDirOption, YesOption, check_id
from varlor.cli.output import print_facts, print_json, print_table, say
from varlor.cli.request import (
    DatasetOption,
    FileOption,
    IncrementalOption,
    KeyOption,
    SinceOption,
    fetch_request,
)

app = typer.Typer(no_args_is_help=True)
IdArgument = Annotated[str, typer.Argument(help="The schedule's id.", callback=check_id)]
NoteOption = Annotated[str | None, typer.Option(help="Why; without it the present note stays.")]
COLUMNS = {
    "id": "id",
    "name": "name",
    "rhythm": "rhythm",
    "paused": "paused",
    "next": "next run",
    "last": "last run",
    "note": "note",
}


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="schedules", help="Schedules: fetch requests that run again and again.")


def ask(state_dir: Path, question: Callable[[ApiClient], Awaitable[Any]]) -> Any:
    async def conversation() -> Any:
        async with ApiClient(resolve(state_dir)) as api:
            return await question(api)

    return asyncio.run(conversation())


@app.command("list")
def list_schedules(
    connector: Annotated[str | None, typer.Option(help="Only of this connector.")] = None,
    limit: LimitOption = 50,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """List schedules, newest first."""
    items = ask(state_dir, lambda api: api.items("/schedules", limit, connectorId=connector))
    print_json(items) if as_json else print_table([_line(item) for item in items], COLUMNS)


@app.command()
def show(
    schedule_id: IdArgument, state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False
) -> None:
    """Show one schedule: its next times and its newest runs."""
    _tell(ask(state_dir, lambda api: api.get(f"/schedules/{schedule_id}")), as_json=as_json)


@app.command()
def create(
    connector_id: Annotated[str, typer.Argument(help="The connector's id.", callback=check_id)],
    path: Annotated[str | None, typer.Argument(help="A path below its base URL, such as /orders.")] = None,
    dataset: DatasetOption = None,
    primary_key: KeyOption = None,
    incremental: IncrementalOption = None,
    since: SinceOption = None,
    fetch: FileOption = None,
    name: Annotated[str | None, typer.Option(help="Its name; the path if not given.")] = None,
    every: Annotated[str | None, typer.Option(help="90s, 15m, 1h, 7d.")] = None,
    cron: Annotated[str | None, typer.Option(help="Minute hour day month weekday: '0 6 * * 1-5'.")] = None,
    time_zone: Annotated[str, typer.Option(help="Of --cron, such as Europe/Berlin.")] = "UTC",
    jitter: Annotated[str, typer.Option(help="Begin up to so much later.")] = "0s",
    overlap: Annotated[str, typer.Option(help="skip, buffer_one or cancel_other.")] = "skip",
    catchup_window: Annotated[str, typer.Option(help="How late a missed run is still made up for.")] = "1h",
    paused: Annotated[bool, typer.Option("--paused", help="Do not start yet.")] = False,
    note: Annotated[str | None, typer.Option(help="A word for those who come after.")] = None,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """Run a fetch request again and again: --every a length, or by --cron."""
    request = fetch_request(fetch, path, dataset, primary_key, incremental, since)
    body = {
        "name": name or request.get("path") or request.get("endpointId") or "sync",
        "connectorId": connector_id,
        "fetch": request,
        "every": every,
        "cron": cron,
        "timeZone": time_zone,
        "jitter": jitter,
        "overlap": overlap,
        "catchupWindow": catchup_window,
        "paused": paused,
        "note": note,
    }
    _tell(ask(state_dir, lambda api: api.post("/schedules", body)), as_json=as_json)


@app.command()
def trigger(schedule_id: IdArgument, state_dir: StateDirOption = DEFAULT_STATE_DIR) -> None:
    """Start one of its runs now."""
    ask(state_dir, lambda api: api.post(f"/schedules/{schedule_id}/trigger"))
    say(f"schedule {schedule_id}: a run was started; see `varlor schedules show {schedule_id}`")


@app.command()
def pause(
    schedule_id: IdArgument, note: NoteOption = None, state_dir: StateDirOption = DEFAULT_STATE_DIR
) -> None:
    """Start no more runs until it is resumed."""
    ask(state_dir, lambda api: api.post(f"/schedules/{schedule_id}/pause", {"note": note}))
    say(f"schedule {schedule_id} is paused")


@app.command()
def resume(
    schedule_id: IdArgument, note: NoteOption = None, state_dir: StateDirOption = DEFAULT_STATE_DIR
) -> None:
    """Go on with its next time."""
    item = ask(state_dir, lambda api: api.post(f"/schedules/{schedule_id}/resume", {"note": note}))
    say(f"schedule {schedule_id} runs again: next {_line(item)['next']}")


@app.command()
def delete(
    schedule_id: IdArgument, yes: YesOption = False, state_dir: StateDirOption = DEFAULT_STATE_DIR
) -> None:
    """Delete a schedule; its runs and their dataset stay."""
    if not yes:
        if not sys.stdin.isatty():
            raise CommandError("deleting needs --yes where nobody can be asked")
        typer.confirm(f"Delete schedule {schedule_id}?", abort=True, err=True)
    ask(state_dir, lambda api: api.delete(f"/schedules/{schedule_id}"))
    say(f"schedule {schedule_id} is deleted")


def _line(item: dict[str, Any]) -> dict[str, Any]:
    """The item with what a table has room for."""
    runs, times = item["recentRuns"], item["nextRuns"]
    rhythm = f"{item['cron']} {item['timeZone']}" if item["cron"] else f"every {item['every']} s"
    last = f"{runs[0]['status']} {runs[0]['id']}" if runs else ""
    paused = "yes" if item["paused"] else "needs its user" if item["parked"] else ""
    return {**item, "rhythm": rhythm, "next": times[0] if times else "", "last": last, "paused": paused}


def _tell(item: Any, *, as_json: bool) -> None:
    print_json(item) if as_json else print_facts(item)
