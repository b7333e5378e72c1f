"""One request of a page, as it is remembered between pages: never with a credential in it."""

import hashlib
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

from varlor.connectors.decoding import encode
from varlor.connectors.http.url import parse, with_params


@dataclass(frozen=True, slots=True)
class Asked:
    """`at` is the page number or offset that is asked for, in styles that count."""

    url: str
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    at: int | None = None

    def dump(self) -> dict[str, Any]:
        rest = {"body": self.body, "headers": self.headers or None, "at": self.at}
        return {"url": self.url} | {key: value for key, value in rest.items() if value is not None}

    @classmethod
    def load(cls, raw: dict[str, Any]) -> Self:
        return cls(raw["url"], raw.get("body"), raw.get("headers") or {}, raw.get("at"))

    def digest(self) -> str:
        """Tells requests apart; `at` is no part of what is sent."""
        sent = encode([self.url, self.body, self.headers])
        return hashlib.sha1(sent, usedforsecurity=False).hexdigest()[:12]

    def param(self, name: str) -> str | None:
        """The value the request already carries under `name`, in its query or its body."""
        carried = _get(self.body or {}, name)
        if isinstance(carried, str | int):
            return str(carried)
        found = [value for key, value in parse_qsl(urlsplit(self.url).query) if key == name]
        return found[-1] if found else None

    def names(self) -> list[str]:
        """Of the query's parameters and the body's members."""
        return [*dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True)), *(self.body or {})]

    def with_param(self, name: str, value: str | int, *, at: int | None = None) -> Self:
        """Set in the query; in the body where the request has one and does not carry `name` in its query."""
        if self.body is not None and not self._in_query(name):
            return self.with_field(name, value, at=at)
        return replace(self, url=_with(self.url, name, str(value)), at=self.at if at is None else at)

    def with_query(self, name: str, value: str) -> Self:
        return replace(self, url=_with(self.url, name, value))

    def with_header(self, name: str, value: str) -> Self:
        return replace(self, headers={**self.headers, name: value})

    def with_field(self, name: str, value: Any, *, at: int | None = None) -> Self:
        """Set a member of the body; `page.cursor` goes into the object `page`, made where there is none."""
        return replace(self, body=_put(self.body or {}, name, value), at=self.at if at is None else at)

    def _in_query(self, name: str) -> bool:
        return any(key == name for key, _ in parse_qsl(urlsplit(self.url).query, keep_blank_values=True))


def _get(body: dict[str, Any], name: str) -> Any:
    """What `_put` would replace."""
    outer, _, inner = name.partition(".")
    within = body.get(outer)
    if name in body or not (outer and inner) or not isinstance(within, dict):
        return body.get(name)
    return _get(cast("dict[str, Any]", within), inner)


def _put(body: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """A member that is called so itself, dot and all, is kept; so is what is no object."""
    outer, _, inner = name.partition(".")
    within = {} if body.get(outer) is None else body[outer]
    if name in body or not (outer and inner) or not isinstance(within, dict):
        return {**body, name: value}
    return {**body, outer: _put(cast("dict[str, Any]", within), inner, value)}


@lru_cache(256)  # a page's request is told in advance, and once more when its turn comes
def _with(url: str, name: str, value: str) -> str:
    return with_params(parse(url), {name: value}).url
