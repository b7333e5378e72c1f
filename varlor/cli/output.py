"""What commands print: JSON for programs, tables for people; messages go to stderr."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_WIDTH: Final = 160  # characters a line, where there is no terminal to ask
CELL: Final = 32  # characters of a value in a table of rows
COLUMN_WIDTH: Final = 18  # characters: a guess at what a column takes


def console() -> Console:
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)


def message_console() -> Console:
    return Console(stderr=True)


def say(message: str) -> None:
    """One message for a person, on stderr, as it is (no markup)."""
    message_console().print(Text(message), soft_wrap=True)


def tell(message: str) -> None:
    """One line of what a command is there to say, on stdout, as it is (no markup)."""
    console().print(Text(message), soft_wrap=True)


def print_json(value: Any) -> None:
    sys.stdout.write(f"{json.dumps(value, indent=2, ensure_ascii=False)}\n")


def print_table(items: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, title: str = "") -> None:
    """`columns`: the item's field → the heading; a dotted field goes into nested objects."""
    table = Table(title=title or None)
    for heading in columns.values():
        table.add_column(heading, overflow="fold")
    for item in items:
        table.add_row(*(Text(_text(_pick(item, field))) for field in columns))
    console().print(table)


def print_facts(item: Mapping[str, Any]) -> None:
    """One object, a line each field that has a value."""
    table = Table(show_header=False)
    for name, value in item.items():
        if value not in (None, [], {}):
            table.add_row(Text(name), Text(_text(value)))
    console().print(table)


def print_rows(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, title: str = "") -> None:
    """Rows as a table of as many columns as there is room for; long values are cut."""
    output = console()
    shown = columns[: max(3, output.width // COLUMN_WIDTH)]
    hidden = len(columns) - len(shown)
    table = Table(title=title or None, caption=f"and {hidden} more columns" if hidden else None)
    for name in shown:
        table.add_column(Text(name), overflow="ellipsis", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(_cut(_text(row.get(name)))) for name in shown))
    output.print(table)


def _pick(item: Any, field: str) -> Any:
    for name in field.split("."):
        item = item.get(name) if isinstance(item, Mapping) else None
    return item


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= CELL else f"{line[: CELL - 1]}…"
