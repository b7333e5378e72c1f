"""What `auto` makes of the first answer: a certain style, styles to try in order, or a certain end."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from varlor.connectors.jsonpaths import path, to
from varlor.connectors.pagination import vocabulary as words
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.build import build
from varlor.connectors.pagination.signs import Signs, read_signs
from varlor.connectors.pagination.step import Scene, whole
from varlor.contracts.pagination import (
    CursorToken,
    Keyset,
    LinkHeader,
    NextUrl,
    NoPagination,
    Offset,
    PageNumber,
    Pagination,
)
from varlor.errors import InvalidInputError, SourceError

MOST_TRIALS: Final = 4
_OUTER: Final = frozenset({"page", "pagination", "paging"})
_DOUBTFUL: Final = frozenset({"count"})  # as often the length of this page as that of the whole
_SIZES: Final = frozenset((
    10, 12, 15, 16, 20, 24, 25, 30, 32, 36, 40, 48, 50, 60, 64, 75, 80,
    100, 128, 150, 200, 250, 256, 300, 500, 1000,
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A style worth a try. `check` is a request that tells where counting begins, when that is not known.

    `blind`: nothing speaks for it, so that an empty answer says nothing either.
    """

    config: Pagination
    asked: Asked
    check: Asked | None = None
    blind: bool = False

    def dump(self) -> dict[str, Any]:
        return {
            "config": self.config.model_dump(mode="json", by_alias=True, exclude_none=True),
            "asked": self.asked.dump(),
            "check": self.check.dump() if self.check else None,
            "blind": self.blind,
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """`certain` is set, or `candidates` are to be tried, or neither: this is the end. `why` for the run."""

    why: str
    certain: Pagination | None = None
    candidates: tuple[Candidate, ...] = ()
    evidence: bool = False  # whether anything in the answer speaks for the first candidate
    total: int | None = None  # records, by the answer's own count
    more: bool = False  # whether that is more than came

    def preferring(self, config: Pagination, following: Asked | None, base: Asked) -> "Choice":
        """With what the API's document says tried first; None: by that, this was the last page."""
        if following is not None:
            check = base.with_param(config.page_param, 1, at=1) if isinstance(config, PageNumber) else None
            first = Candidate(config, following, check)
            others = tuple(c for c in self.candidates if c.asked != following)
            why = f"The API's document suggests {config.type}."
            return replace(self, why=why, candidates=(first, *others)[:MOST_TRIALS])
        if self.evidence or self.more or not self.candidates:
            return self
        return Choice(f"There is one page, as the API's document describes its {config.type} pagination.")


def choose(scene: Scene, known: tuple[str, ...]) -> Choice:
    """`known`: names of the parameters that the API documents for this endpoint."""
    place = scene.page.place
    answer = None if place.path == "$" else scene.page.answer()
    signs = _from_the_first(read_signs(scene.page.headers, answer, path(place.path).keys), scene)
    if signs.link:
        return Choice(f"The {signs.link} header names the next page.", LinkHeader())
    if signs.next_path:
        return Choice(f"{signs.next_path} holds the next page's address.", NextUrl(next_path=signs.next_path))
    if (end := _end(signs, scene)) is not None:
        return Choice(end)
    if place.shape == "one":
        return Choice("")
    telling = list(_telling(signs, scene, known))
    blind = [c for c in _blind(scene, known, signs) if c.asked not in [t.asked for t in telling]]
    chosen = (telling + blind)[:MOST_TRIALS]
    more = (signs.total_value or 0) > scene.count
    return Choice(_why(signs), None, tuple(chosen), bool(telling), signs.total_value, more)


def _end(signs: Signs, scene: Scene) -> str | None:
    """A certain end, unless a total speaks against it."""
    doubtful = signs.total is not None and (
        words.plain(signs.total[0][-1]) in _DOUBTFUL or _may_be_full(signs, scene)
    )
    total = signs.total_value
    open_end = signs.more is True or signs.token is not None or signs.token_header is not None
    if not scene.count and not open_end:
        return "The answer holds no records."
    if open_end or (total is not None and total > scene.count and not _beyond_first(signs, scene)):
        return None
    if signs.ends:
        return f"There is one page: {signs.ends[0]}."
    if signs.last_page_value is not None and signs.page is not None and signs.last_page_value <= 1:
        return "There is one page: the API counts no more."
    if total == scene.count and not doubtful:
        return f"There is one page: the API counts {total} records and this page holds them."
    return None


def _may_be_full(signs: Signs, scene: Scene) -> bool:
    """Whether so many records may be what a page holds at most: some APIs count those of the page alone."""
    if signs.page or signs.last_page or signs.offset:
        return False  # whoever speaks of positions counts all
    sizes = [scene.base.param(name) for name in scene.base.names() if words.is_size(name)]
    if sizes:
        return str(scene.count) in sizes
    return scene.count in _SIZES


def _beyond_first(signs: Signs, scene: Scene) -> bool:
    """Whether the request itself began further on, so that a total need not be reached by this page."""
    at = whole(signs.offset[1]) if signs.offset else None
    return bool(at and signs.total_value is not None and at + scene.count >= signs.total_value)


def _why(signs: Signs) -> str:
    if signs.token:
        return f"{to(*signs.token[0])} looks like a cursor."
    if signs.token_header:
        return f"The header {signs.token_header} looks like a cursor."
    for found in (signs.offset, signs.page, signs.last_page, signs.total):
        if found:
            return f"The answer shows {to(*found[0])} = {found[1]}."
    if signs.total_value is not None:
        return f"A header counts {signs.total_value} records."
    return "The answer itself does not say how it is paged."


def _telling(signs: Signs, scene: Scene, known: tuple[str, ...]) -> Iterator[Candidate]:
    yield from _cursors(signs, scene, known)
    if signs.page or signs.last_page_value is not None:
        for name in _page_names(signs, known):
            yield _page(signs, scene, name)
    if signs.offset and scene.count:
        for name in _offset_names(signs.offset[0][-1], scene, known):
            yield _offset(signs, scene, name)
    if signs.more and not signs.token and not signs.page and not signs.offset:
        yield from _keysets(scene, known)


def _from_the_first(signs: Signs, scene: Scene) -> Signs:
    """Numbers that cannot be the position of a first page are something else."""
    for found, names in ((signs.page, words.PAGES), (signs.offset, words.OFFSETS)):
        asked = any(scene.base.param(name) is not None for name in (*names, found[0][-1])) if found else True
        number = (whole(found[1]) or 0) if found else 0
        spring = found is None or found[0][-1] != "number" or signs.last_page_value is not None
        if (number > 1 and not asked) or not spring:
            signs.page, signs.offset = (None, signs.offset) if found is signs.page else (signs.page, None)
    return signs


def _offset_names(shown: str, scene: Scene, known: tuple[str, ...]) -> list[str]:
    """Parameters that an offset may go into; some call it `$skip` in the request alone."""
    name = words.counting_param(words.OFFSETS, shown, known, "offset")
    names = [name, f"${name}"] if name == shown == "skip" else [name]
    return names[::-1] if any(sent.startswith("$") for sent in scene.base.names()) else names


def _page_names(signs: Signs, known: tuple[str, ...]) -> list[str]:
    """Parameters that a page number may go into; the answer's word for it is often that of the request."""
    own = signs.page[0][-1] if signs.page else "page"
    shown = own if words.plain(own) not in {"currentpage", "number"} else "page"
    return list(dict.fromkeys((words.counting_param(words.PAGES, shown, known, "page"), "page")))


def _cursors(signs: Signs, scene: Scene, known: tuple[str, ...]) -> Iterator[Candidate]:
    place: Literal["query", "body"] = "query" if scene.base.body is None else "body"
    configs: list[CursorToken] = []
    if signs.token:
        keys, where = signs.token[0], to(*signs.token[0])
        names = [*_numbered(scene, signs.token[1]), *_within(scene, words.cursor_params(keys[-1], known))]
        configs += [CursorToken(cursor_path=where, cursor_param=name, in_=place) for name in names]
    if signs.token_header:
        header = signs.token_header
        names = words.cursor_params(header, known)
        configs += [CursorToken(cursor_header=header, cursor_param=name, in_=place) for name in names]
    for config in configs:
        with suppress(SourceError, InvalidInputError):  # text too long for a cursor
            asked = build(config).after(scene)
            if isinstance(asked, Asked):
                yield Candidate(config, asked)


def _numbered(scene: Scene, token: Any) -> list[str]:
    """Parameters for a token that is the next page's number: by the request's own page, else for page 2."""
    carried = [(name, whole(scene.base.param(name))) for name in scene.base.names() if words.is_page(name)]
    names = [name for name, at in carried if at is not None and whole(token) == at + 1]
    return names or (["page"] if not carried and whole(token) == 2 else [])  # noqa: PLR2004 - after page 1


def _within(scene: Scene, names: list[str]) -> list[str]:
    """First in the body's own object for pages, where it has one: `pagination.starting_after`."""
    body = scene.base.body or {}
    outer = next((key for key in body if words.plain(key) in _OUTER and isinstance(body[key], dict)), None)
    return names if outer is None else [*(f"{outer}.{name}" for name in names[:2]), *names]


def _keysets(scene: Scene, known: tuple[str, ...]) -> Iterator[Candidate]:
    records = scene.page.records()
    last = records[-1] if records else None
    field = next((name for name in words.ID_FIELDS if isinstance(last, dict) and name in last), None)
    if field is None:
        return
    documented = [
        name for name in known if words.plain(name) in {"startingafter", "after", "sinceid", "lastid"}
    ]
    for name in (documented or ["starting_after"])[:1]:
        config = Keyset(field=field, param=name)
        asked = build(config).after(scene)
        if isinstance(asked, Asked):
            yield Candidate(config, asked)


def _offset(signs: Signs, scene: Scene, name: str) -> Candidate:
    shown = whole(signs.offset[1]) if signs.offset else None
    start = shown if shown is not None else whole(scene.base.param(name)) or 0
    config = Offset(offset_param=name, start=start, total_path=_total_path(signs, scene))
    return Candidate(config, scene.base.with_param(name, start + scene.count, at=start + scene.count))


def _page(signs: Signs, scene: Scene, name: str) -> Candidate:
    """The answer's own page number says where counting begins; a request's parameter too; else ask."""
    shown = whole(signs.page[1]) if signs.page else None
    sent = whole(scene.base.param(name))
    start = sent if sent is not None else shown if shown is not None else 1
    last_page = to(*signs.last_page[0]) if signs.last_page else None
    config = PageNumber(
        page_param=name, start=start, total_pages_path=last_page, total_path=_total_path(signs, scene)
    )
    check = scene.base.with_param(name, 1, at=1) if sent is None and shown is None else None
    return Candidate(config, scene.base.with_param(name, start + 1, at=start + 1), check)


def _total_path(signs: Signs, scene: Scene) -> str | None:
    value = signs.total_value
    return to(*signs.total[0]) if signs.total and value is not None and value > scene.count else None


def _blind(scene: Scene, known: tuple[str, ...], signs: Signs) -> Iterator[Candidate]:
    """By what the API documents, else as the request names its page size, else by the usual names."""
    documented = [name for name in known if words.plain(name) in {*words.PAGES, *words.OFFSETS}]
    beside = [
        n for n in scene.base.names() if words.is_counting(n) and whole(scene.base.param(n)) is not None
    ]
    beside += [found for name in scene.base.names() if (found := words.beside_size(name))]
    beside += ["from"] if "size" in (scene.base.body or {}) else []
    beside += ["page[number]"] if _is_json_api(scene) else []
    names = [*documented, *beside, "page", "offset", "skip", "start"]
    for name in dict.fromkeys(names):
        paged = words.plain(re.sub(r".*\[", "", name)) in words.PAGES
        candidate = _page(signs, scene, name) if paged else _offset(signs, scene, name)
        yield replace(candidate, blind=name not in documented)


def _is_json_api(scene: Scene) -> bool:
    """Whether the records are resource objects (JSON:API 1.1, section 7.2)."""
    first = scene.page.records()[0] if scene.count else None
    return isinstance(first, dict) and {"type", "id", "attributes"} <= first.keys()


def guess(choice: Choice) -> Pagination | None:
    """What a connection test shows: only what the answer gives reason for."""
    if choice.certain is not None:
        return choice.certain
    if choice.evidence:
        return choice.candidates[0].config
    return NoPagination() if not choice.candidates else None
