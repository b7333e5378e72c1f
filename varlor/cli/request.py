"""A fetch request from options, or from a file that holds all of it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from varlor.cli.failures import CommandError

DatasetOption = Annotated[str | None, typer.Option(help="The dataset's name; made if missing.")]
KeyOption = Annotated[
    list[str] | None,
    typer.Option(help="A key column: rows are merged by it, else each run replaces all."),
]
FileOption = Annotated[
    Path | None, typer.Option("--fetch", help="Or a JSON file with the whole fetch request.", exists=True)
]
IncrementalOption = Annotated[
    str | None,
    typer.Option(
        help="Only what is new: the records' field that grows and the parameter that takes its value, "
        "updated_at:updated_after or 'updated_at:filter=updated>{value}'."
    ),
]
SinceOption = Annotated[
    str | None, typer.Option(help="With --incremental: where the first run begins; else it reads all.")
]


def fetch_request(
    file: Path | None,
    path: str | None,
    dataset: str | None,
    primary_key: list[str] | None,
    incremental: str | None,
    since: str | None,
) -> dict[str, Any]:
    """Raises BadParameter for options that do not go together, CommandError for an unreadable file."""
    if (file is None) == (path is None):
        raise typer.BadParameter("give either a path or --fetch")
    if file is not None:
        return _from_file(file)
    if dataset is None:
        raise typer.BadParameter("give --dataset, the name of the dataset to keep")
    mode = {"writeMode": "merge", "primaryKey": primary_key} if primary_key else {"writeMode": "replace"}
    request: dict[str, Any] = {"path": path, "dataset": {"name": dataset, **mode}}
    if incremental is not None:
        request["incremental"] = _incremental(incremental, primary_key, since)
    return request


def _incremental(text: str, primary_key: list[str] | None, since: str | None) -> dict[str, Any]:
    field, _, param = text.partition(":")
    if not field or not param:
        raise typer.BadParameter("give --incremental as FIELD:PARAMETER, such as updated_at:updated_after")
    if not primary_key:
        raise typer.BadParameter("--incremental needs --primary-key: records around the bound come again")
    return {"cursorField": field, "param": param, "initialValue": since}


def _from_file(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        raise CommandError(f"{file} holds no JSON that can be read") from None
    if not isinstance(found, dict):
        raise CommandError(f"{file} holds no fetch request")
    return found
