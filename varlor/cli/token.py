"""`varlor token`: a token for the embedded stack's API."""

from enum import StrEnum
from typing import Annotated

import typer

from varlor.cli.access import SUBJECT, own_token
from varlor.cli.failures import CommandError
from varlor.cli.options import (
    DEFAULT_STATE_DIR,
    JsonOption,
    StateDirOption,
    check_id,
    check_subject,
    parse_duration,
)
from varlor.cli.output import print_json
from varlor.stack.environment import read_settings
from varlor.stack.state import StateDir


class RoleName(StrEnum):
    """The roles of the contract."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"
    OPERATOR = "operator"


def register(program: typer.Typer) -> None:
    program.command("token")(token)


def token(
    tenant: Annotated[str, typer.Option(help="Whose data.", callback=check_id)],
    role: Annotated[RoleName, typer.Option(help="What it may do.")],
    subject: Annotated[
        str, typer.Option(help="Who asks; shown in the audit.", callback=check_subject)
    ] = SUBJECT,
    ttl: Annotated[str, typer.Option(help="How long it is good for: 90s, 15m, 1h, 7d.")] = "1h",
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """Print a token for the embedded stack's API."""
    seconds = parse_duration(ttl)
    if not StateDir(state_dir).has_keys() and read_settings().jwt_private_key is None:
        raise CommandError(f"{state_dir} has no keys yet: start the stack once with `varlor up`")
    signed = own_token(state_dir, tenant=tenant, role=role.value, subject=subject, ttl=seconds)
    if as_json:
        return print_json({"token": signed, "expiresIn": seconds})
    typer.echo(signed)
    return None
