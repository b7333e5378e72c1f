"""`varlor up`: the embedded stack until Ctrl-C."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from varlor.cli.options import DEFAULT_STATE_DIR, StateDirOption
from varlor.cli.output import say
from varlor.cli.signin import print_addresses
from varlor.stack.options import StackOptions
from varlor.stack.runner import Stack, run_stack, stay

Port = Annotated[int | None, typer.Option(min=0, max=65535)]


def register(program: typer.Typer) -> None:
    program.command("up")(up)


PortOption = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65535, help="Of API and UI; as last time, else 8000; 0: any free."),
]
TemporalPortOption = Annotated[
    int | None,
    typer.Option("--temporal-port", min=0, max=65535, help="Of Temporal; as last time, else 7233."),
]
TemporalUiPortOption = Annotated[
    int | None,
    typer.Option("--temporal-ui-port", min=0, max=65535, help="Of Temporal Web; as last time, else 8233."),
]
SamplePortOption = Annotated[
    int | None, typer.Option("--sample-port", min=1, max=65535, help="Of the sample API; else as last time.")
]


def up(
    port: PortOption = None,
    temporal_port: TemporalPortOption = None,
    temporal_ui_port: TemporalUiPortOption = None,
    sample_port: SamplePortOption = None,
    sample: Annotated[bool, typer.Option(help="Also start the sample API.")] = True,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> int:
    """Start the embedded stack, the API and a worker; Ctrl-C stops it.

    A second start on the same state folder goes on where the first stopped.
    """
    options = StackOptions(
        state_dir=Path(state_dir),
        port=port,
        temporal_port=temporal_port,
        temporal_ui_port=temporal_ui_port,
        sample=sample,
        sample_port=sample_port,
    )

    async def work(stack: Stack) -> int:
        await print_addresses(stack)
        return await stay()

    return asyncio.run(run_stack(options, work, report=say))
