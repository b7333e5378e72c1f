"""Options that several commands share, and how their texts are read."""

import re
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import TypeAdapter, ValidationError

from varlor.contracts.model import GivenName, Id

StateDirOption = Annotated[
    Path, typer.Option("--state-dir", envvar="VARLOR_STATE_DIR", help="The stack's state folder.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

DEFAULT_STATE_DIR: Final = Path(".varlor")
_ID: Final = TypeAdapter[str](Id)
_SUBJECT: Final = TypeAdapter[str](GivenName)
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def check_id(text: str) -> str:
    """An id as the API takes them, of a tenant or of a thing; raises BadParameter."""
    try:
        return _ID.validate_python(text)
    except ValidationError:
        raise typer.BadParameter(f"{text!r} is not an id: 1 to 64 letters, digits, - and _") from None


def check_subject(text: str) -> str:
    """Who a token stands for; raises BadParameter."""
    try:
        return _SUBJECT.validate_python(text)
    except ValidationError:
        raise typer.BadParameter("must be 1 to 200 characters, none of them a control character") from None


def parse_duration(text: str) -> int:
    """`90s`, `15m`, `1h`, `7d` or plain seconds, in seconds; raises BadParameter."""
    match = re.fullmatch(r"(\d{1,9})([smhd]?)", text.strip())
    seconds = int(match[1]) * _UNITS[match[2] or "s"] if match else 0
    if seconds < 1:
        raise typer.BadParameter(f"{text!r} is not a duration: write 90s, 15m, 1h or 7d")
    return seconds


def parse_pairs(texts: list[str]) -> dict[str, str]:
    """`name=value` each; raises BadParameter."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise typer.BadParameter(f"{text!r} is not name=value")
        pairs[name.strip()] = value
    return pairs
