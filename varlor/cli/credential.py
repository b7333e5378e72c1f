"""Reads `--auth`: what kind of credential, and where its secret comes from (environment or prompt)."""

import os
import sys
from typing import Any, Final

import typer

from varlor.cli.failures import CommandError
from varlor.cli.output import say

AUTH_HELP: Final = (
    "none, bearer, or key:header:NAME / key:query:NAME; the secret is asked for, "
    "or named: bearer:env:VARIABLE, key:header:NAME=env:VARIABLE."
)


def parse_auth(text: str) -> dict[str, Any]:
    """The connector's fields for it: `authType` and, unless none, its secret; raises BadParameter."""
    kind, _, rest = text.partition(":")
    if kind == "none" and not rest:
        return {"authType": "none"}
    if kind == "bearer":
        return {"authType": "bearer", "bearerToken": _secret(rest, "bearer token")}
    if kind == "key":
        return _key(text, rest)
    raise typer.BadParameter(f"--auth {kind}: write {AUTH_HELP}")


def _key(text: str, rest: str) -> dict[str, Any]:
    location, _, named = rest.partition(":")
    name, _, value = named.partition("=")
    if location not in ("header", "query") or not name:
        raise typer.BadParameter(f"--auth {text.partition('=')[0]}: write key:header:NAME or key:query:NAME")
    return {
        "authType": "apikey",
        "apiKeyConfig": {"keyName": name, "location": location},
        "apiKey": _secret(value, f"API key {name}"),
    }


def _secret(source: str, what: str) -> str:
    if not source:
        return _asked(what)
    if source.startswith("env:"):
        variable = source.removeprefix("env:")
        if not os.environ.get(variable):
            raise CommandError(f"the environment variable {variable} for the {what} is not set")
        return os.environ[variable]
    say(f"warning: the {what} stood on the command line, where others can read it: use env:VARIABLE")
    return source


def _asked(what: str) -> str:
    """At the terminal, or where there is none the first line of what is piped in."""
    if sys.stdin.isatty():
        return typer.prompt(what, hide_input=True, err=True)
    line = sys.stdin.readline().strip()
    if not line:
        raise CommandError(
            f"there is no terminal to ask for the {what}: name it by env:VARIABLE, or pipe it in"
        )
    return line
