"""What a request's words become: a position in a parameter, a parent in path, parameters and body."""

from typing import Any

import pytest

from tests.connectors.kit import connector
from varlor.connectors.plan import for_parent, make_plan
from varlor.contracts.fetch import FetchRequest

BASE = "http://api.test/v1"
KEYED = {"name": "d", "writeMode": "merge", "primaryKey": ["id"]}


def request(**more: Any) -> FetchRequest:
    return FetchRequest.model_validate({"path": "/x", "dataset": KEYED, **more})


@pytest.mark.parametrize(
    ("param", "since", "query"),
    [
        ("updated_after", "2026-01-01T00:00:00+02:00", "updated_after=2026-01-01T00%3A00%3A00%2B02%3A00"),
        ("since_id", 41, "since_id=41"),
        ("filter=updated>{value}", "2026-01-01", "filter=updated%3E2026-01-01"),
        ("q=at>={value} and open=true", 5, "q=at%3E%3D5%20and%20open%3Dtrue"),
        ("updated_after", None, ""),
    ],
)
def test_a_position_goes_into_its_parameter(param: str, since: Any, query: str) -> None:
    asked = request(incremental={"cursorField": "at", "param": param})
    plan = make_plan(connector(BASE), asked, None, since)
    assert plan.base.url.partition("?")[2] == query


def test_a_position_goes_into_the_body_of_a_post() -> None:
    asked = request(method="POST", body={"q": 1}, incremental={"cursorField": "at", "param": "since"})
    assert make_plan(connector(BASE), asked, None, 41).base.body == {"q": 1, "since": 41}


def test_a_parents_value_takes_the_place_of_its_name() -> None:
    each = {"path": "/parents", "field": "id", "as": "of"}
    asked = request(
        path="/x/{of}/y",
        params={"of": "{of}", "q": "a:{of}", "n": 3},
        method="POST",
        body={"id": "{of}", "in": [{"text": "<{of}>"}]},
        forEach=each,
    )
    assert asked.for_each is not None
    filled = for_parent(asked, asked.for_each, 7)
    assert (filled.path, filled.params) == ("/x/7/y", {"of": 7, "q": "a:7", "n": 3})
    assert filled.body == {"id": 7, "in": [{"text": "<7>"}]}
    assert for_parent(asked, asked.for_each, "a/b ü").path == "/x/a%2Fb%20%C3%BC/y"


def test_requests_for_other_records_have_other_positions() -> None:
    plain = request(incremental={"cursorField": "at", "param": "since"})
    same = [
        request(incremental={"cursorField": "at", "param": "since", "lookback": 5}, limits={"maxPages": 1}),
        request(incremental={"cursorField": "at", "param": "since"}, pagination={"type": "none"}),
    ]
    other = [
        request(incremental={"cursorField": "id", "param": "since"}),
        request(path="/y", incremental={"cursorField": "at", "param": "since"}),
        request(params={"open": True}, incremental={"cursorField": "at", "param": "since"}),
    ]
    assert {each.stream("c1") for each in same} == {plain.stream("c1")}
    assert len({each.stream("c1") for each in [plain, *other]} | {plain.stream("c2")}) == 5
