"""`varlor fetch URL`: one URL into a local dataset, through the same workflow as everything else."""

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from varlor.cli.access import resolve
from varlor.cli.credential import AUTH_HELP, parse_auth
from varlor.cli.delivery import OutputFormat, require_room
from varlor.cli.oneoff import Order, fulfil
from varlor.cli.options import DEFAULT_STATE_DIR, JsonOption, StateDirOption
from varlor.cli.output import print_json, say
from varlor.cli.paging import PAGINATE_HELP, parse_pagination
from varlor.cli.query import QueryOption, VariablesOption, parse_query
from varlor.cli.target import parse_target
from varlor.stack.options import StackOptions
from varlor.stack.runner import Stack, run_stack
from varlor.stack.state import StateDir

INTERRUPTED = 130


def register(program: typer.Typer) -> None:
    program.command("fetch")(fetch)


def fetch(
    url: Annotated[
        str, typer.Argument(help="What to fetch, with its query: https://api.example.com/v1/orders")
    ],
    out: Annotated[
        Path | None, typer.Option(help="The folder to write; else one named like the data.")
    ] = None,
    format_: Annotated[
        OutputFormat,
        typer.Option("--format", help="delta: the folder is a Delta table; else one file in it."),
    ] = OutputFormat.DELTA,
    auth: Annotated[str, typer.Option(help=AUTH_HELP)] = "none",
    paginate: Annotated[str, typer.Option(help=PAGINATE_HELP)] = "auto",
    query: QueryOption = None,
    variables: VariablesOption = None,
    record_path: Annotated[str | None, typer.Option(help="JSONPath of the records; else found.")] = None,
    requests_per_minute: Annotated[int, typer.Option(min=1, max=100_000)] = 60,
    burst_limit: Annotated[int, typer.Option(min=1, max=10_000, help="In any one second.")] = 10,
    max_pages: Annotated[int | None, typer.Option(min=1)] = None,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> int:
    """Fetch one URL, page by page, into a local dataset.

    Uses the stack that runs on the state folder, else one of its own that ends with the command.
    """
    target = parse_target(url)
    folder = out or Path(target.name)
    require_room(folder, format_)
    order = Order(
        target=target,
        credential=parse_auth(auth),
        pagination=parse_pagination(paginate),
        record_path=record_path,
        graphql=parse_query(query, variables),
        requests_per_minute=requests_per_minute,
        burst_limit=burst_limit,
        max_pages=max_pages,
        out=folder,
        format=format_,
    )
    return asyncio.run(_fetch(order, state_dir, as_json=as_json))


async def _fetch(order: Order, state_dir: Path, *, as_json: bool) -> int:
    if os.environ.get("VARLOR_API_URL") or StateDir(state_dir).running():
        return _tell(order, await fulfil(order, resolve(state_dir), tidy=True), as_json=as_json)
    with tempfile.TemporaryDirectory(prefix="varlor-fetch-") as folder:
        return await _with_own_stack(order, Path(folder), as_json=as_json)


async def _with_own_stack(order: Order, folder: Path, *, as_json: bool) -> int:
    """On a stack of its own the address that its owner typed is allowed, wherever it is."""

    async def work(_stack: Stack) -> int:
        return _tell(order, await fulfil(order, resolve(folder), tidy=False), as_json=as_json)

    say("no stack runs here: starting one for this command")
    options = StackOptions(
        state_dir=folder,
        port=0,
        temporal_port=0,
        temporal_ui_port=0,
        sample=False,
        allow=(order.target.authority,),
    )
    return await run_stack(options, work, report=say, interrupted=INTERRUPTED)


def _tell(order: Order, rows: int, *, as_json: bool) -> int:
    if as_json:
        print_json({"rows": rows, "out": str(order.out), "format": order.format.value})
    elif rows:
        say(f"wrote {rows:,} rows to {order.out}")
    else:
        say("the API has no records here: nothing was written")
    return 0
