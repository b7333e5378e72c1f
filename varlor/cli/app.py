"""The table of commands, and the program made of it for one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final

import typer


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives (`module.register` adds it to the program) and what `--help` says of it."""

    module: str
    help: str
    panel: str


_STACK, _DATA, _CARE = "Stack", "Data", "Care"

COMMANDS: Final = {
    "up": Entry("varlor.cli.up", "Start the embedded stack, the API and a worker; Ctrl-C stops it.", _STACK),
    "demo": Entry("varlor.cli.demo", "Start the stack and do the main job against the sample API.", _STACK),
    "fetch": Entry("varlor.cli.fetch", "Fetch one URL, page by page, into a local dataset.", _DATA),
    "connectors": Entry(
        "varlor.cli.connectors", "List, show, create, connect, test, discover, delete.", _DATA
    ),
    "presets": Entry("varlor.cli.presets", "Ready-made connectors: list, show, check, make.", _DATA),
    "runs": Entry("varlor.cli.runs", "List, show, watch, pause, resume, cancel.", _DATA),
    "schedules": Entry("varlor.cli.schedules", "List, show, create, trigger, pause, resume, delete.", _DATA),
    "datasets": Entry(
        "varlor.cli.datasets", "List, show, read rows, export, start over, promise, maintain.", _DATA
    ),
    "notifications": Entry(
        "varlor.cli.notifications", "Outgoing webhook: show, set, test, list deliveries, turn off.", _CARE
    ),
    "audit": Entry("varlor.cli.audit", "List the audit; verify its chain.", _CARE),
    "keys": Entry("varlor.cli.keys", "Master keys: list, add, rotate.", _CARE),
    "token": Entry("varlor.cli.token", "Print a token for the embedded stack's API.", _CARE),
    "signin": Entry("varlor.cli.signin", "Print a fresh one-time sign-in link for the UI.", _CARE),
    "doctor": Entry("varlor.cli.doctor", "Check every part the stack needs and say what to do.", _CARE),
    "db": Entry("varlor.cli.db", "Bring the database's tables up to date.", _CARE),
    "api": Entry("varlor.cli.processes", "Run the API alone (settings from VARLOR_…).", _CARE),
    "worker": Entry("varlor.cli.processes", "Run a worker alone (settings from VARLOR_…).", _CARE),
}


def build(words: Sequence[str]) -> typer.Typer:
    """The program; only the command that `words` begin with is really loaded, the others only named."""
    app = typer.Typer(
        name="varlor",
        help="Give it the address of an API, get a dataset that stays right.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    app.callback()(_root)
    asked = words[0] if words else None
    for name, entry in COMMANDS.items():
        if name == asked:
            import_module(entry.module).register(app)
        else:
            app.command(name, help=entry.help, rich_help_panel=entry.panel)(_root)
    return app


def _root() -> None:
    """Nothing is done before the command itself."""
