"""`varlor doctor`."""

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from varlor.cli.options import DEFAULT_STATE_DIR, JsonOption, StateDirOption
from varlor.cli.output import print_json, print_table
from varlor.stack.doctor import examine, readiness
from varlor.stack.state import StateDir

COLUMNS = {"name": "part", "state": "state", "detail": "found", "advice": "what to do"}


def register(program: typer.Typer) -> None:
    program.command("doctor")(doctor)


def doctor(
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    ready: Annotated[
        str | None, typer.Option(metavar="URL", help="Only ask the API there whether every part answers.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Check every part the stack needs and say what to do; exit code 1 when something needed fails."""
    findings = asyncio.run(readiness(ready) if ready else examine(StateDir(state_dir)))
    shown = [asdict(finding) for finding in findings]
    print_json(shown) if as_json else print_table(shown, COLUMNS)
    return 1 if any(finding.state == "fail" for finding in findings) else 0
