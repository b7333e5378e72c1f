"""Styles whose answers name the next request themselves: Link header, next URL, cursor token."""

import re
from typing import Any, Final

from varlor.connectors.jsonpaths import path, to
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.step import End, Scene, scalar
from varlor.contracts.pagination import CursorToken, NextUrl
from varlor.errors import SourceError

# No part of it can match the same text in two ways, so that a hostile header costs no more than its length.
_PARAM = r"\s*;\s*[\w!#$%&'*+.^`|~-]+(?:\s*=\s*(?:\"(?:[^\"\\]|\\.)*\"|[^\s\",;]+))?"
_LINK = re.compile(rf"<([^<>]*)>((?:{_PARAM})*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\";,]+))", re.IGNORECASE)
MORE: Final = ("has_more", "hasMore", "has_next", "hasNext", "hasNextPage", "has_next_page", "more")
_LONGEST_HEADER: Final = 32_768  # characters
_LONGEST_TOKEN: Final = 8192  # characters


def links(header: str | None) -> dict[str, str]:
    """Relation → address of a Link header (RFC 8288 section 3); the first of each relation counts."""
    found: dict[str, str] = {}
    for match in _LINK.finditer((header or "")[:_LONGEST_HEADER]):
        rel = _REL.search(match[2])
        for name in (rel[1] or rel[2] or "").lower().split() if rel else ():
            found.setdefault(name, match[1])
    return found


class LinkHeaderStyle:
    def first(self, base: Asked) -> Asked:
        return base

    def after(self, scene: Scene) -> Asked | End:
        target = links(scene.page.headers.get("link")).get("next")
        return scene.follow(target) if target else End()


class NextUrlStyle:
    def __init__(self, config: NextUrl) -> None:
        self._path = path(config.next_path)

    def first(self, base: Asked) -> Asked:
        return base

    def after(self, scene: Scene) -> Asked | End:
        target = address(self._path.one(scene.page.around(self._path)))
        return scene.follow(target) if target else End()


class CursorStyle:
    """A token from the body or a header goes back in the query, a header or the body."""

    def __init__(self, config: CursorToken) -> None:
        self._config = config
        self._path = path(config.cursor_path) if config.cursor_path else None

    def first(self, base: Asked) -> Asked:
        return base

    def after(self, scene: Scene) -> Asked | End:
        token = self._token(scene)
        if token is None:
            return End()
        if len(token) > _LONGEST_TOKEN:
            raise SourceError(
                "pagination_stuck", f"The API's cursor is longer than {_LONGEST_TOKEN} characters."
            )
        if self._config.in_ == "header":
            return scene.base.with_header(self._config.cursor_param, token)
        if self._config.in_ == "body":
            return scene.base.with_field(self._config.cursor_param, token)
        return scene.base.with_query(self._config.cursor_param, token)

    def _token(self, scene: Scene) -> str | None:
        if self._path is None:
            return scalar(scene.page.headers.get(self._config.cursor_header or ""))
        answer = scene.page.around(self._path, beside=True)
        if self._path.keys and denied(answer, self._path.keys):
            return None
        return scalar(self._path.one(answer))


def denied(answer: Any, keys: tuple[str, ...]) -> bool:
    """Whether a `has_more: false` stands beside the token or at the top: some APIs always send a token."""
    beside = path(to(*keys[:-1])).one(answer)
    return any(
        isinstance(node, dict) and any(node.get(name) is False for name in MORE) for node in (beside, answer)
    )


def address(value: Any) -> str | None:
    """A next link's address: text, or an object with `href`, `url` or `uri`."""
    if isinstance(value, dict):
        value = value.get("href") or value.get("url") or value.get("uri")
    return value if isinstance(value, str) and value.strip() else None
