"""Styles whose answers name the next request themselves: Link header, next URL, cursor token."""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from varlor.connectors.decoding import encode
from varlor.connectors.jsonpaths import path, to
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.step import End, Scene, scalar
from varlor.connectors.pagination.vocabulary import LAST, MORE, plain
from varlor.contracts.pagination import CursorToken, NextUrl
from varlor.errors import SourceError

# No part of it can match the same text in two ways, so that a hostile header costs no more than its length.
_NAME, _VALUE = r"[\w!#$%&'*+.^`|~-]+", r"\"(?:[^\"\\]|\\.)*\"|[^\s\",;]+"
_PARAM = re.compile(rf"(?:\s*;)+\s*({_NAME})(?:\s*=\s*({_VALUE}))?")
_LINK = re.compile(rf"<([^<>]*)>((?:(?:\s*;)+\s*{_NAME}(?:\s*=\s*(?:{_VALUE}))?)*)")
_MORE: Final = frozenset(MORE)
_NO_MORE: Final = frozenset(LAST) - {"done", "last", "lastpage"}  # which may be said of something else
_LONGEST_HEADER: Final = 32_768  # characters
_LONGEST_TOKEN: Final = 8192  # characters


def links(header: str | None) -> dict[str, str]:
    """Relation → address of a Link header (RFC 8288 section 3); the first of each relation counts.

    The address is "" where `results="false"` says that nothing is there.
    """
    found: dict[str, str] = {}
    for match in _LINK.finditer((header or "")[:_LONGEST_HEADER]):
        params = {name.lower(): value for name, value in reversed(_PARAM.findall(match[2]))}
        for name in params.get("rel", "").strip("\"'").lower().split():
            found.setdefault(name, "" if params.get("results", "").strip("\"'") == "false" else match[1])
    return found


def next_link(headers: Mapping[str, str]) -> tuple[str | None, str]:
    """The next page's address and the header that names it: Link, else Kinto's `Next-Page: https://…`."""
    target = links(headers.get("link")).get("next")
    bare = (headers.get("next-page") or "")[:_LONGEST_HEADER].strip()
    if target is None and bare.startswith(("https://", "http://", "/")):
        return bare, "Next-Page"
    return target, "Link"


class LinkHeaderStyle:
    def first(self, base: Asked) -> Asked:
        return base

    def after(self, scene: Scene) -> Asked | End:
        target, _ = next_link(scene.page.headers)
        if target:
            return scene.follow(target)
        return End() if target == "" else _ended(scene, "Link header with rel=next")


class NextUrlStyle:
    def __init__(self, config: NextUrl) -> None:
        self._path = path(config.next_path)

    def first(self, base: Asked) -> Asked:
        return base

    def after(self, scene: Scene) -> Asked | End:
        answer = scene.page.around(self._path, beside="near")
        found = self._path.all(answer)
        if self._path.keys and says_more(answer, self._path.keys) is False:
            return End()
        target = address(found[0]) if found else None
        if target is None and found and found[0] and not _is_blank(found[0]):
            raise SourceError("pagination_stuck", f"{self._path.text} holds no address of a next page.")
        if target is not None:
            return scene.follow(target)
        return End() if found else _ended(scene, self._path.text)


class CursorStyle:
    """A token from the body or a header goes back in the query, a header or the body."""

    def __init__(self, config: CursorToken) -> None:
        self._config = config
        self._path = path(config.cursor_path) if config.cursor_path else None

    def first(self, base: Asked) -> Asked:
        return base

    def after(self, scene: Scene) -> Asked | End:
        """Raises SourceError(pagination_stuck): a token that cannot be sent, or none though there is more."""
        answer, found = self._found(scene)
        keys = self._path.keys if self._path else None
        token = None if keys and says_more(answer, keys) is False else self._sendable(found)
        if token is None:
            return self._without_token(scene, answer, found)
        if len(token if isinstance(token, str) else encode(token)) > _LONGEST_TOKEN:
            raise SourceError(
                "pagination_stuck", f"The API's cursor is longer than {_LONGEST_TOKEN} characters."
            )
        if self._config.in_ == "body":
            return scene.base.with_field(self._config.cursor_param, token)
        if self._config.in_ == "header":
            return scene.base.with_header(self._config.cursor_param, str(token))
        return scene.base.with_query(self._config.cursor_param, str(token))

    def _found(self, scene: Scene) -> tuple[Any, list[Any]]:
        """The answer, as far as it is wanted, and what stands where the token should be."""
        if self._path is None:
            header = scene.page.headers.get(self._config.cursor_header or "")
            return None, [] if header is None else [header]
        answer = scene.page.around(self._path, beside="anywhere")
        return answer, self._path.all(answer)

    def _sendable(self, found: list[Any]) -> Any:
        """Text; in a body an object or a list too. None for the many ways to say that there is no next."""
        value = found[0] if found else None
        if isinstance(value, dict | list):
            if value and self._config.in_ != "body":
                raise SourceError(
                    "pagination_stuck",
                    f"The cursor at {self._place} is an object or a list, which only a body can take back: "
                    "set the pagination's `in` to body, or a path to a text in it.",
                )
            return cast("Any", value) or None
        return str(value) if isinstance(value, float) and value else scalar(value)

    def _without_token(self, scene: Scene, answer: Any, found: list[Any]) -> End:
        if self._path and self._path.keys and says_more(answer, self._path.keys):
            told = f"The API says that there is more, but names no cursor at {self._place}."
            if scene.progress.pages == 1:
                raise SourceError("pagination_stuck", f"{told} Set the path to where it is.")
            return End(told)
        return End() if found else _ended(scene, self._place)

    @property
    def _place(self) -> str:
        return self._config.cursor_path or f"header {self._config.cursor_header}"


def _ended(scene: Scene, where: str) -> End:
    """The last page lacks it; so does the first one where it was looked for in the wrong place."""
    if scene.progress.pages > 1 or not scene.count:
        return End()
    return End(f"The first page has no {where}, and was taken for the only one.")


def says_more(answer: Any, keys: tuple[str, ...]) -> bool | None:
    """What a `has_more` beside the token or link, or at the top, says; some APIs always send one."""
    beside = path(to(*keys[:-1])).one(answer)
    flags = [
        (plain(name), value)
        for node in (beside, answer)
        if isinstance(node, dict)
        for name, value in node.items()
        if isinstance(value, bool)
    ]
    said = [value is (word in _MORE) for word, value in flags if word in _MORE or word in _NO_MORE]
    return all(said) if said else None


def address(value: Any) -> str | None:
    """A next link's address: text, or an object with `href`, `url` or `uri`."""
    if isinstance(value, dict):
        value = value.get("href") or value.get("url") or value.get("uri")
    return value if isinstance(value, str) and value.strip() else None


def _is_blank(value: Any) -> bool:
    """A link without an address, as HAL and others write that there is none."""
    if isinstance(value, dict):
        return any(name in value for name in ("href", "url", "uri"))
    return isinstance(value, str)
