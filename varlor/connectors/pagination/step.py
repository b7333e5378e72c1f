"""What every style answers after a page: the next request, or why there is none."""

from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol
from urllib.parse import urljoin, urlsplit

import httpx2

from varlor.connectors.http.url import parse, without_params
from varlor.connectors.jsonpaths import Path
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.seen import Marks
from varlor.connectors.shapes import Place
from varlor.errors import InvalidInputError

Beside = Literal["near", "anywhere"] | None


class Answer(Protocol):
    """What pagination needs of a page; `url` is where it came from in the end."""

    headers: httpx2.Headers
    url: str
    place: Place
    marks: Marks | None

    def answer(self) -> Any: ...
    def around(self, where: Path, *, beside: Beside = None) -> Any:
        """The answer, of which only what is at `where` is asked; `beside`: also whether there is more."""
        ...

    def records(self) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """A run's reading so far: pages, rows, its largest and its last page in records, empty pages in a row."""

    pages: int = 0
    rows: int = 0
    largest: int = 0
    last: int = 0
    empty: int = 0

    def after(self, count: int) -> "Progress":
        return Progress(
            self.pages + 1,
            self.rows + count,
            max(self.largest, count),
            count,
            0 if count else self.empty + 1,
        )


@dataclass(frozen=True, slots=True)
class Promise:
    """What the API last said that it holds: records in all, and the number of the last page.

    `excused`: the last page by a header, after which a refusal is an end; pages go on where records do.
    """

    total: int | None = None
    last: int | None = None
    excused: int | None = None


NOTHING: Final = Promise()


@dataclass(frozen=True, slots=True)
class End:
    """No further page; `note` is for the run when the end is worth explaining."""

    note: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """What a style may look at after a page. `base` is the run's plain request, without any position.

    `promise` is of the pages before.
    """

    base: Asked
    sent: Asked
    page: Answer
    count: int
    progress: Progress
    secret_params: frozenset[str] = frozenset()
    promise: Promise = NOTHING

    def follow(self, link: str) -> Asked:
        """The request of a next link, absolute or relative to the page it stood on, without the credential.

        An http link to the https host we talk to (a proxy's usual slip) stays on https, and one to this page
        without the beginning of its path (another one) has it. Raises InvalidInputError for what is no
        http(s) URL.
        """
        target, home = parse(absolute(self.page.url, link)), parse(self.base.url)
        if target.host == home.host and (target.scheme, home.scheme) == ("http", "https"):
            target = target._replace(scheme=home.scheme, port=home.port)
        here = parse(self.page.url)
        asked = parse(self.sent.url).path  # before a redirect: what was answered there is no slip
        shortened = not urlsplit(link.strip()).netloc and target.path not in {"", "/", asked}
        if shortened and target.origin == here.origin and here.path.endswith(target.path):
            target = target._replace(path=here.path)
        return Asked(without_params(target, self.secret_params).url, self.sent.body)


class Style(Protocol):
    """One pagination style: pure, no I/O, its whole state in the request it answers."""

    def first(self, base: Asked) -> Asked: ...
    def after(self, scene: Scene) -> Asked | End: ...


def absolute(page_url: str, link: str) -> str:
    """RFC 3986 section 5.2, userinfo dropped; raises InvalidInputError for what is no URL at all."""
    try:
        parts = urlsplit(urljoin(page_url, link.strip()))
    except ValueError:  # a bracket that does not close, an address that is none
        raise InvalidInputError("The link is not a URL.") from None
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()


def scalar(value: Any) -> str | None:
    """A cursor's value as it is sent; None for the many ways to say that there is no next page."""
    if value is None or isinstance(value, bool | dict | list | float) or value in ("", 0):
        return None
    return str(value)


def whole(value: Any) -> int | None:
    """A total as a number; some APIs send text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:  # noqa: PLR2004 - digits of the largest exact float
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
