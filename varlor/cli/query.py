"""Reads `--query` and `--variables` of commands that can speak GraphQL."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from varlor.cli.failures import CommandError

QueryOption = Annotated[
    str | None, typer.Option("--query", help="GraphQL: a file with one query, or - for standard input.")
]
VariablesOption = Annotated[
    str | None, typer.Option("--variables", help='GraphQL: JSON of the query\'s variables, {"first": 50}.')
]


def parse_query(file: str | None, variables: str | None) -> dict[str, Any]:
    """The request's `query` and `variables`; empty without a file. Raises BadParameter, CommandError."""
    if file is None:
        if variables is not None:
            raise typer.BadParameter("--variables needs --query")
        return {}
    try:
        query = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"the query {file} cannot be read: {error}") from None
    try:
        given = json.loads(variables or "{}")
    except json.JSONDecodeError as error:
        raise typer.BadParameter(f"--variables is no JSON: {error}") from None
    if not isinstance(given, dict):
        raise typer.BadParameter("--variables must be a JSON object")
    return {"query": query, "variables": given} if given else {"query": query}
