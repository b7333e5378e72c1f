"""`varlor datasets …`."""

import asyncio
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from varlor.cli.access import resolve
from varlor.cli.client import ApiClient, is_special
from varlor.cli.connectors import ask
from varlor.cli.failures import CommandError
from varlor.cli.options import DEFAULT_STATE_DIR, JsonOption, LimitOption, StateDirOption, check_id
from varlor.cli.output import print_facts, print_json, print_rows, print_table, say

app = typer.Typer(no_args_is_help=True)
IdArgument = Annotated[str, typer.Argument(help="The dataset's id.", callback=check_id)]
COLUMNS = {
    "id": "id",
    "name": "name",
    "rowCount": "rows",
    "bytes": "bytes",
    "files": "files",
    "freshness.stale": "stale",
    "updatedAt": "updated",
}


class ExportFormat(StrEnum):
    """What the API exports."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="datasets", help="Datasets: what was fetched.")


@app.command("list")
def list_datasets(
    limit: LimitOption = 50, state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False
) -> None:
    """List datasets, newest first."""
    items = ask(state_dir, lambda api: api.items("/datasets", limit))
    print_json(items) if as_json else print_table(items, COLUMNS)


@app.command()
def show(
    dataset_id: IdArgument, state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False
) -> None:
    """Show one dataset with its columns and versions."""
    item = ask(state_dir, lambda api: api.get(f"/datasets/{dataset_id}"))
    print_json(item) if as_json else print_facts(item)


@app.command()
def rows(
    dataset_id: IdArgument,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """Print rows of a dataset."""
    page = ask(state_dir, lambda api: api.get(f"/datasets/{dataset_id}/rows", limit=limit, offset=offset))
    if as_json:
        return print_json(page)
    names = [column["name"] for column in page["columns"]]
    print_rows(names, page["rows"], title=f"{len(page['rows'])} of {page['rowCount']:,} rows")
    return None


@app.command()
def reset(
    dataset_id: IdArgument,
    from_: Annotated[
        str | None, typer.Option("--from", help="A date or value, as the API's parameter takes it.")
    ] = None,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """Let the next sync start over, from nothing or --from a value; until then the rows stay."""
    body = {} if from_ is None else {"from": from_}
    item = ask(state_dir, lambda api: api.post(f"/datasets/{dataset_id}/reset", body))
    if as_json:
        return print_json(item)
    say(f"the next sync of {item['name']} starts over, from {from_ or 'nothing'}; until then its rows stay")
    return None


@app.command()
def promise(
    dataset_id: IdArgument,
    length: Annotated[str, typer.Argument(help="2h, 7d; `none` takes the promise back.")],
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Promise that a dataset is not older than that; `dataset.stale` tells of a breach."""
    body = {"freshness": None if length == "none" else length}
    item = ask(state_dir, lambda api: api.patch(f"/datasets/{dataset_id}", body))
    kept = item["freshness"]
    say(f"dataset {dataset_id}: " + (f"not older than {kept['maxAge']:,} s" if kept else "no promise"))


@app.command()
def maintain(dataset_id: IdArgument, state_dir: StateDirOption = DEFAULT_STATE_DIR) -> None:
    """Join small files and delete old versions now; it is done by itself, too."""
    ask(state_dir, lambda api: api.post(f"/datasets/{dataset_id}/maintain"))
    say(f"dataset {dataset_id} is being looked after")


@app.command()
def export(
    dataset_id: IdArgument,
    out: Annotated[Path, typer.Option(help="The file to write.")],
    format_: Annotated[ExportFormat | None, typer.Option("--format", help="Else by the file's name.")] = None,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """Write a dataset into one file."""
    chosen = format_ or _by_name(out)
    if out.is_dir():
        raise CommandError(f"{out} is a folder: give the file to write with --out")
    if not is_special(out) and not os.access(out.parent, os.W_OK | os.X_OK):
        raise CommandError(f"cannot write into the folder {out.parent}: make it, or give another --out")

    async def download() -> int:
        async with ApiClient(resolve(state_dir)) as api:
            return await api.download(f"/datasets/{dataset_id}/export", out, format=chosen.value)

    size = asyncio.run(download())
    if as_json:
        return print_json({"file": str(out), "format": chosen.value, "bytes": size})
    say(f"wrote {out} ({size:,} bytes)")
    return None


def _by_name(out: Path) -> ExportFormat:
    try:
        return ExportFormat(out.suffix.removeprefix("."))
    except ValueError:
        raise CommandError(f"{out} ends like no format: give --format parquet, csv or jsonl") from None
