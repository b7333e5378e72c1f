"""The noun that a path or a member is about, so that `/orders`, `Orders` and `order_id` belong together."""

import re
from typing import Final

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")
_TEMPLATE = re.compile(r"\{[^}]*\}")
_SIBILANT: Final = ("sses", "xes", "zes", "ches", "shes")


def words(name: str) -> list[str]:
    """The words of a name in any of the usual spellings, lower-case, each in the singular."""
    return [singular(word.lower()) for word in _WORDS.findall(name)]


def singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - "ties" keeps its letters
        return word[:-3] + "y"
    if word.endswith(_SIBILANT):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def path_noun(path: str) -> list[str]:
    """The words of the path's last fixed segment; none for a path of templates alone."""
    fixed = [segment for segment in path.split("/") if segment and not _TEMPLATE.search(segment)]
    return words(re.sub(r"\.\w+$", "", fixed[-1])) if fixed else []


def is_single(path: str) -> bool:
    """Whether the path ends in a template, as that of one resource does."""
    return bool(_TEMPLATE.search(path.rstrip("/").rpartition("/")[2]))
