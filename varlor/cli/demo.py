"""`varlor demo`, which is `make run`: the stack, then the main job for real against the sample API."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from varlor.cli.access import resolve
from varlor.cli.client import ApiClient
from varlor.cli.failures import CommandError
from varlor.cli.mainjob import main_job
from varlor.cli.options import DEFAULT_STATE_DIR, StateDirOption
from varlor.cli.output import say, tell
from varlor.cli.signin import print_addresses
from varlor.cli.up import PortOption, SamplePortOption, TemporalPortOption, TemporalUiPortOption
from varlor.stack.options import StackOptions
from varlor.stack.runner import Stack, run_stack, stay

INTERRUPTED = 130


def register(program: typer.Typer) -> None:
    program.command("demo")(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the job, with its exit code.")] = False,
    port: PortOption = None,
    temporal_port: TemporalPortOption = None,
    temporal_ui_port: TemporalUiPortOption = None,
    sample_port: SamplePortOption = None,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> int:
    """Start the stack and do the main job against the sample API."""
    options = StackOptions(
        state_dir=Path(state_dir),
        port=port,
        temporal_port=temporal_port,
        temporal_ui_port=temporal_ui_port,
        sample_port=sample_port,
    )

    async def work(stack: Stack) -> int:
        tell(f"the stack is ready after {stack.seconds:.1f} s")
        try:
            await _do_job(stack, state_dir)
        except CommandError as error:
            if once:
                raise
            say(f"error: {error.detail}")
        if once:
            return 0
        await print_addresses(stack)
        return await stay()

    tell("starting the stack …")
    return asyncio.run(run_stack(options, work, report=say, interrupted=INTERRUPTED if once else 0))


async def _do_job(stack: Stack, state_dir: Path) -> None:
    async with ApiClient(resolve(state_dir)) as api:
        await main_job(api, stack.plan.sample_url or "")
