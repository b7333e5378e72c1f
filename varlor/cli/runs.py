"""`varlor runs …`."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from varlor.cli.access import resolve
from varlor.cli.client import ApiClient
from varlor.cli.follow import follow
from varlor.cli.options import DEFAULT_STATE_DIR, JsonOption, LimitOption, StateDirOption, check_id
from varlor.cli.output import print_facts, print_json, print_table, say

app = typer.Typer(no_args_is_help=True)
IdArgument = Annotated[str, typer.Argument(help="The run's id.", callback=check_id)]
COLUMNS = {
    "id": "id",
    "status": "status",
    "rows": "rows",
    "pages": "pages",
    "requests": "requests",
    "datasetId": "dataset",
    "createdAt": "created",
    "error.detail": "error",
}


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="runs", help="Runs: each one sync of one dataset.")


async def _ask(state_dir: Path, method: str, path: str) -> Any:
    async with ApiClient(resolve(state_dir)) as api:
        return await (api.get(path) if method == "GET" else api.post(path))


@app.command("list")
def list_runs(
    connector: Annotated[str | None, typer.Option(help="Only of this connector.")] = None,
    status: Annotated[str | None, typer.Option(help="Only in this state.")] = None,
    limit: LimitOption = 50,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """List runs, newest first."""

    async def ask() -> list[Any]:
        async with ApiClient(resolve(state_dir)) as api:
            return await api.items("/runs", limit, connectorId=connector, status=status)

    items = asyncio.run(ask())
    print_json(items) if as_json else print_table(items, COLUMNS)


@app.command()
def show(
    run_id: IdArgument, state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False
) -> None:
    """Show one run."""
    item = asyncio.run(_ask(state_dir, "GET", f"/runs/{run_id}"))
    print_json(item) if as_json else print_facts(item)


@app.command()
def watch(
    run_id: IdArgument, state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False
) -> int:
    """Follow a run until it ends; exit code 1 unless it succeeded."""

    async def ask() -> Any:
        async with ApiClient(resolve(state_dir)) as api:
            return await follow(api, run_id)

    item = asyncio.run(ask())
    if as_json:
        print_json(item)
    return 0 if item["status"] == "succeeded" else 1


@app.command()
def pause(run_id: IdArgument, state_dir: StateDirOption = DEFAULT_STATE_DIR) -> None:
    """Pause a run: the open page is committed first."""
    _change(state_dir, run_id, "pause")


@app.command()
def resume(run_id: IdArgument, state_dir: StateDirOption = DEFAULT_STATE_DIR) -> None:
    """Go on with a paused run where it stopped."""
    _change(state_dir, run_id, "resume")


@app.command()
def cancel(run_id: IdArgument, state_dir: StateDirOption = DEFAULT_STATE_DIR) -> None:
    """Cancel a run; what it committed stays."""
    _change(state_dir, run_id, "cancel")


def _change(state_dir: Path, run_id: str, act: str) -> None:
    asyncio.run(_ask(state_dir, "POST", f"/runs/{run_id}/{act}"))
    say(f"run {run_id}: {act} was asked for")
