"""Children of parents: each parent once, each child whole, and one bad child stops no other."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.connectors.kit import Reader, serve
from varlor.connectors import APIConnectorService, sending
from varlor.connectors.walk import Walk
from varlor.errors import SourceError
from varlor.ports import Parents

EACH = {"path": "/parents", "field": "id", "as": "owner"}
SIZE = 2


@dataclass
class Family:
    """`/parents` by next link, `/of/{id}` as bare lists by `page`; `faults` counts answers 500 to come."""

    parents: list[Any] = field(default_factory=list[Any])
    children: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    faults: Counter[str] = field(default_factory=Counter[str])
    asked: list[str] = field(default_factory=list[str])
    delay: float = 0.0  # seconds
    at_once: int = 0
    most_at_once: int = 0
    closed_at: int = 0  # a page that is answered once by a page for people

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/parents", self._parents), Route("/of/{id:path}", self._of)])

    def _parents(self, request: Request) -> Response:
        self.asked.append("parents")
        at = int(request.query_params.get("at", "0"))
        size = int(request.query_params.get("size", SIZE))
        more = f"/parents?at={at + size}" if at + size < len(self.parents) else None
        return JSONResponse({"items": self.parents[at : at + size], "next": more})

    async def _of(self, request: Request) -> Response:
        key = request.path_params["id"]
        self.asked.append(key)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.delay)
        self.at_once -= 1
        if self.faults[key]:
            self.faults[key] -= 1
            return JSONResponse({"detail": "fault"}, 500)
        if key not in self.children:
            return JSONResponse({"detail": "no such parent"}, 404)
        number = int(request.query_params.get("page", "1"))
        if number == self.closed_at:
            self.closed_at = 0
            return HTMLResponse("<html>back soon</html>")
        return JSONResponse(self.children[key][(number - 1) * SIZE : number * SIZE])


@pytest.fixture
def family() -> Family:
    return Family(
        parents=[{"id": n} for n in (7, 8, 9, 10, 11)],
        children={str(n): [{"n": n * 10 + i} for i in range(n - 6)] for n in (7, 8, 9, 10, 11)},
    )


@pytest.fixture
def home(family: Family, service: APIConnectorService) -> Iterator[Reader]:
    for url in serve(family.app()):
        yield Reader(service, url)


def expected(family: Family, *without: str) -> list[tuple[int, int]]:
    rows = [(int(k), row["n"]) for k, rows in family.children.items() for row in rows if k not in without]
    return sorted(rows)


def found(records: list[Any]) -> list[tuple[int, int]]:
    return sorted((record["owner"], record["n"]) for record in records)


PAGED = {"type": "page_number", "pageParam": "page"}


@pytest.mark.parametrize("pagination", ["auto", PAGED])
@pytest.mark.parametrize("hops", [False, True])
async def test_each_parent_is_read_once_and_each_child_whole(
    home: Reader, family: Family, pagination: Any, hops: bool
) -> None:
    reading = await home.read("/of/{owner}", forEach=EACH, pagination=pagination, hops=hops)
    assert found(reading.records) == expected(family)
    assert family.asked.count("parents") == 3
    assert any("children of 5 parents" in note for note in reading.notes)


@pytest.mark.parametrize("hops", [False, True])
async def test_a_parent_that_moved_onto_the_next_page_is_read_once(
    home: Reader, family: Family, hops: bool
) -> None:
    family.parents = [{"id": n} for n in (7, 8, 8, 9, 9, 10, 11)]
    reading = await home.read("/of/{owner}", forEach=EACH, pagination=PAGED, hops=hops)
    assert found(reading.records) == expected(family)


async def test_a_walk_goes_on_at_any_cursor(home: Reader, family: Family) -> None:
    whole = await home.read("/of/{owner}", forEach=EACH, pagination=PAGED)
    assert len(whole.cursors) > 8
    for at, cursor in enumerate(whole.cursors[1:], 1):
        rest = await home.read("/of/{owner}", forEach=EACH, pagination=PAGED, begin=cursor)
        assert len(rest.cursors) == len(whole.cursors) - at


async def test_parents_of_a_dataset_are_read_at_one_version(home: Reader, family: Family) -> None:
    versions: list[int | None] = []

    async def parents(version: int | None) -> Parents:
        versions.append(version)
        return Parents(version=version or 5, values=[7, "9"] if version in (None, 5) else [])

    each = {"dataset": "people", "field": "id", "as": "owner"}
    reading = await home.read("/of/{owner}", forEach=each, pagination=PAGED, hops=True, parents=parents)
    assert sorted((str(r["owner"]), r["n"]) for r in reading.records) == [
        ("7", 70),
        ("9", 90),
        ("9", 91),
        ("9", 92),
    ]
    assert versions[0] is None
    assert set(versions[1:]) == {5}
    assert "parents" not in family.asked


async def test_a_hundred_thousand_parents_leave_the_cursor_small(home: Reader, family: Family) -> None:
    async def parents(_version: int | None) -> Parents:
        return Parents(version=1, values=range(100_000))

    family.children = {str(n): [{"n": n}] for n in range(99_990, 100_000)}
    each = {"dataset": "people", "field": "id", "as": "owner"}
    begin = {**Walk(None, version=1, done=99_990).dump()}
    reading = await home.read(
        "/of/{owner}", forEach=each, pagination={"type": "none"}, parents=parents, begin=begin
    )
    assert [record["owner"] for record in reading.records] == list(range(99_990, 100_000))
    assert max(len(json.dumps(cursor)) for cursor in reading.cursors) < 1_000
    assert any("100000 parents" in note for note in reading.notes)


async def test_a_child_that_is_not_there_is_left_out_and_told(home: Reader, family: Family) -> None:
    del family.children["9"]
    reading = await home.read("/of/{owner}", forEach=EACH, pagination=PAGED)
    assert found(reading.records) == expected(family)
    assert any("no children for 1 of them (9)" in note for note in reading.notes)


async def test_a_rule_may_say_that_a_missing_child_ends_the_run(home: Reader, family: Family) -> None:
    del family.children["9"]
    rules = [{"status": 404, "action": "fail"}]
    with pytest.raises(SourceError, match="owner=9"):
        await home.read("/of/{owner}", forEach=EACH, pagination=PAGED, errorRules=rules)


async def test_a_rule_may_pass_over_what_one_child_answers(home: Reader, family: Family) -> None:
    family.faults["8"] = 1
    rules = [{"status": 500, "action": "ignore"}]
    reading = await home.read("/of/{owner}", forEach=EACH, pagination=PAGED, errorRules=rules)
    assert found(reading.records) == expected(family, "8")


async def test_a_failing_child_waits_while_the_others_go_on(home: Reader, family: Family) -> None:
    family.faults["8"] = 3
    reading = await home.read("/of/{owner}", forEach=EACH, pagination=PAGED, patient=True, hops=True)
    assert found(reading.records) == expected(family)
    keys = [key for key in family.asked if key != "parents"]
    assert keys.index("9") < len(keys) - 1 - keys[::-1].index("8")
    assert reading.records[-1]["owner"] == 8


async def test_a_child_that_never_answers_ends_the_run_and_is_named(home: Reader, family: Family) -> None:
    family.faults["8"] = 100
    with pytest.raises(SourceError, match="owner=8"):
        await home.read("/of/{owner}", forEach=EACH, pagination=PAGED, patient=True)
    assert {"9", "10", "11"} <= set(family.asked)


async def test_a_page_for_people_in_between_is_asked_for_again(home: Reader, family: Family) -> None:
    family.closed_at = 2
    reading = await home.read("/of/{owner}", forEach=EACH, pagination=PAGED, patient=True)
    assert found(reading.records) == expected(family)


async def test_when_all_fail_it_is_the_api(home: Reader, family: Family) -> None:
    for key in family.children:
        family.faults[key] = 100
    with pytest.raises(SourceError):
        await home.read("/of/{owner}", forEach=EACH, pagination=PAGED, patient=True)
    assert "11" not in family.asked


async def test_values_are_escaped_and_unusable_ones_are_left_out(home: Reader, family: Family) -> None:
    family.parents = [{"id": "a/b?c&d"}, {"id": None}, {"id": ".."}, {"id": "ü"}, {}, {"id": "ü"}]
    family.children = {"a/b?c&d": [{"n": 1}], "ü": [{"n": 2}]}
    reading = await home.read("/of/{owner}", forEach=EACH, pagination={"type": "none"})
    assert [(r["owner"], r["n"]) for r in reading.records][:2] == [("a/b?c&d", 1), ("ü", 2)]
    assert any("without a usable id" in note for note in reading.notes)


async def test_the_value_may_stand_in_a_parameter_or_the_body(reader: Reader) -> None:
    parents = '{"items": [{"key": {"id": "x y"}}]}'
    each = {"path": f"/raw?body={parents}".replace(" ", "%20"), "field": "key.id", "as": "owner"}
    reading = await reader.read("/raw", params={"body": '[{"of": "{owner}"}]'}, forEach=each)
    assert reading.records == [{"of": "x y", "owner": "x y"}]


@pytest.mark.parametrize("large", [sending.LARGE, 5])
async def test_where_requests_are_plenty_children_are_asked_for_together(
    home: Reader, family: Family, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LARGE", large)
    family.parents = [{"id": n} for n in range(40)]
    family.children = {str(n): [{"n": n}] for n in range(40) if n != 17}
    family.faults["8"], family.delay = 1, 0.02
    home.settings = {"rateLimitConfig": {"requestsPerMinute": 6000, "burstLimit": 100}}
    each = {**EACH, "path": "/parents?size=40"}
    reading = await home.read("/of/{owner}", forEach=each, pagination={"type": "none"}, patient=True)
    assert [record["n"] for record in reading.records] == [n for n in range(40) if n != 17]
    assert family.most_at_once > 2
    assert Counter(family.asked)["8"] == 2
    assert all(count == 1 for key, count in Counter(family.asked).items() if key != "8")
    assert len({entry.seq for entry in reading.log}) == len(reading.log)


async def test_a_field_that_no_parent_has_is_said(home: Reader) -> None:
    with pytest.raises(SourceError, match="uid"):
        await home.read("/of/{owner}", forEach={**EACH, "field": "uid"})
