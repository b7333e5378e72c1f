"""Where a browser goes after an onboarding: a path of our own and nothing else (RFC 9700, section 4.11)."""

import re
from typing import Final
from urllib.parse import urlencode

from varlor.errors import FieldProblem, InvalidInputError

HOME: Final = "/"
# Printable ASCII alone, no backslash (browsers read it as a slash), no fragment, no second slash in the path.
_OWN_PATH: Final = re.compile(
    r"/(?!/)(?:(?!//)[\x21-\x22\x24-\x3e\x40-\x5b\x5d-\x7e])*(?:\?[\x21-\x22\x24-\x5b\x5d-\x7e]*)?"
)
_HIDDEN: Final = re.compile(r"%(?:2f|5c|[01][0-9a-f]|7f)", re.IGNORECASE)


def own_path(given: str | None) -> str:
    """The path to go back to; InvalidInputError for whatever a browser might take to another site."""
    if given is None:
        return HOME
    path = given.partition("?")[0]
    if not _OWN_PATH.fullmatch(given) or _HIDDEN.search(path):
        problem = FieldProblem("/returnTo", "Give a path of this server, such as /connectors.")
        raise InvalidInputError("The input is not valid.", problem)
    return given


def with_result(path: str, **result: str) -> str:
    """The path with what came of it in its query."""
    return f"{path}{'&' if '?' in path else '?'}{urlencode(result)}"
