"""What a check found."""

from dataclasses import dataclass
from typing import Final, Literal

SETUP: Final = "run `make setup`"


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked thing; `missing` keeps the stack from working, `warning` does not."""

    name: str
    state: Literal["ok", "warning", "missing"]
    detail: str
    advice: str = ""


def ok(name: str, detail: str) -> Finding:
    return Finding(name, "ok", detail)


def warning(name: str, detail: str, advice: str) -> Finding:
    return Finding(name, "warning", detail, advice)


def missing(name: str, detail: str, advice: str) -> Finding:
    return Finding(name, "missing", detail, advice)
