"""JSONPath (RFC 9535) over foreign documents, held to expressions that cannot explode."""

import re
from functools import lru_cache
from typing import Any, Final

from jsonpath import JSONPathEnvironment, JSONPathError

from varlor.errors import InvalidInputError

_PLAIN = re.compile(r"\$(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_BRANCHES: Final = 3  # `*`, `:` and `?` each visit every child
_MOST_DESCENTS: Final = 1  # `..` twice visits every pair of nodes


class _Environment(JSONPathEnvironment):
    """Strict, and without the two functions that run a caller's regular expression."""

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        for name in ("match", "search"):
            self.function_extensions.pop(name, None)


_ENVIRONMENT = _Environment(strict=True)


class Path:
    """One compiled expression. `keys` when it only names members, so that it needs no engine."""

    __slots__ = ("_query", "keys", "singular", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.keys: tuple[str, ...] | None = None
        self._query = None
        self.singular = True
        if _PLAIN.fullmatch(text):
            self.keys = tuple(text.split(".")[1:])
            return
        if text.count("..") > _MOST_DESCENTS or sum(map(text.count, "*:?")) > _MOST_BRANCHES:
            raise InvalidInputError(
                f"Simplify the JSONPath {text!r}: at most one `..` and three of `*`, `:`, `?`."
            )
        try:
            query = _ENVIRONMENT.compile(text)
        except (JSONPathError, RecursionError) as error:
            raise InvalidInputError(f"{text!r} is not a JSONPath of RFC 9535: {error!s:.200}") from None
        self._query = query
        self.singular = bool(getattr(query, "singular_query", bool)())

    def all(self, document: Any) -> list[Any]:
        """Every value the path selects, in document order."""
        if self._query is not None:
            return list(self._query.findall(document))
        for key in self.keys or ():
            if not isinstance(document, dict) or key not in document:
                return []
            document = document[key]
        return [document]

    def one(self, document: Any) -> Any:
        """The first value the path selects, or None."""
        found = self.all(document)
        return found[0] if found else None


@lru_cache(maxsize=256)
def path(text: str) -> Path:
    """Compile once; raises InvalidInputError for what is no JSONPath or could explode."""
    return Path(text)


def to(*keys: str) -> str:
    """The JSONPath of a member: `$.data.items`, `$['@odata.nextLink']`."""
    return "$" + "".join(f".{key}" if _NAME.fullmatch(key) else f"[{_quoted(key)}]" for key in keys)


def _quoted(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
