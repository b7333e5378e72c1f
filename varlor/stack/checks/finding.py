"""What a check found."""

from dataclasses import dataclass
from typing import Final, Literal

SETUP: Final = "run `make setup`"


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked thing; `fail` keeps the stack from working, `warning` does not."""

    name: str
    state: Literal["ok", "warning", "fail"]
    detail: str
    advice: str = ""


def ok(name: str, detail: str) -> Finding:
    return Finding(name, "ok", detail)


def warning(name: str, detail: str, advice: str) -> Finding:
    return Finding(name, "warning", detail, advice)


def failing(name: str, detail: str, advice: str) -> Finding:
    return Finding(name, "fail", detail, advice)
