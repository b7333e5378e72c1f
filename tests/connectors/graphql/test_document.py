"""What may leave: one bounded query that reads. Everything else is refused before anything is asked."""

from typing import Any

import pytest

from varlor.connectors.graphql import GraphQLJudge
from varlor.contracts.fetch import FetchRequest
from varlor.errors import InvalidInputError

CHAIN = "query { ...f0 } " + "".join(
    f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }} " for n in range(20)
)
DOUBLING = CHAIN + "fragment f20 on Query { id }"
LONG_CHAIN = (
    "query { ...f0 } "
    + "".join(f"fragment f{n} on Query {{ ...f{n + 1} }} " for n in range(600))
    + "fragment f600 on Query { id }"
)


def judge(query: str, **request: Any) -> None:
    fetch = {"query": query, "dataset": {"name": "d"}, **request}
    GraphQLJudge().check_query(FetchRequest.model_validate(fetch))


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ('mutation { rename(id: 1, name: "x") { id } }', "A mutation is not sent"),
        ("subscription { users { id } }", "A subscription is not sent"),
        ("query A { a } mutation B { b }", "A mutation is not sent"),
        ("query A { a } query B { b }", "2 operations"),
        ("fragment f on Query { a }", "0 operations"),
        ("type Query { a: Int }", "0 operations"),
        ("{ a } type Query { a: Int }", "not executable"),
        ("{ a ", "no GraphQL"),
        ("SELECT * FROM users", "no GraphQL"),
        ("{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }", "within itself"),
        ("{ ...f } fragment f on Query { a ...f }", "within itself"),
        ("{ ...nowhere }", "Unknown fragment"),
        ("{ a } fragment f on Query { a }", "never used"),
        ("{ a(x: $x) }", "not defined"),
        ("query ($x: Int) { a }", "never used"),
        ("{ a(x: 1, x: 2) }", "only one argument"),
        ("{ " + " ".join(f"a{n}: a" for n in range(201)) + " }", "201 aliases"),
        ("{ " + "a { " * 26 + "b" + " }" * 26 + " }", "27 levels"),
        (DOUBLING, "fields"),
        (LONG_CHAIN, "nests too deeply"),
        ("{ " + "a " * 2001 + "}", "2001 fields"),
        ("{ " + "a " * 6000 + "}", "no GraphQL"),
        ("{" + "a{" * 3000 + "b" + "}" * 3000 + "}", "no GraphQL"),
        ("{ a(x: " + "[" * 1500 + "]" * 1500 + ") }", ""),
        ("{ a(x: {b: " + "{c: " * 900 + "1" + "}" * 900 + "}) }", ""),
        ('{ a(x: "\\uD800") }', "no GraphQL"),
        ("\x00{ a }", "no GraphQL"),
    ],
)
@pytest.mark.timeout(60)  # written out, the doubling one would take longer than anybody's life
def test_what_is_no_bounded_reading_query_is_refused(query: str, why: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        judge(query)
    assert why in refusal.value.detail
    assert [p.pointer for p in refusal.value.problems] == ["/query"]


@pytest.mark.parametrize(
    ("request_", "pointer"),
    [
        ({"variables": {"other": 1}}, "/variables/other"),
        ({"variables": {"a/b~c": 1}}, "/variables/a~1b~0c"),
        ({"variables": {}}, "/variables/id"),
        ({"variables": {"id": None}}, "/variables/id"),
        ({"variables": {"id": "x" * 70_000}}, "/variables"),
        ({"variables": {"id": 1}, "pagination": {"type": "link_header"}}, "/pagination/type"),
        ({"variables": {"id": 1}, "pagination": {"type": "relay"}}, "/pagination/type"),
        ({"variables": {"id": 1}, "pagination": {"type": "offset"}}, "/pagination/offsetParam"),
        (
            {"variables": {"id": 1}, "pagination": {"type": "relay", "connectionPath": "$.data.x"}},
            "/pagination/connectionPath",
        ),
        ({"variables": {"id": 1}, "params": {"a": 1}}, "/params"),
        (
            {
                "variables": {"id": 1},
                "incremental": {"cursorField": "at", "param": "since"},
                "dataset": {"name": "d", "writeMode": "merge", "primaryKey": ["id"]},
            },
            "/incremental/param",
        ),
        ({"variables": {"id": 1}, "method": "POST", "body": {"a": 1}}, "/body"),
    ],
)
def test_the_rest_of_a_request_is_judged_too(request_: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        judge("query ($id: ID!, $n: Int! = 3) { user(id: $id, n: $n) { name } }", **request_)
    assert [p.pointer for p in refusal.value.problems] == [pointer]


def test_paging_gives_the_variables_that_it_needs() -> None:
    judge("query ($first: Int!, $after: String) { users(first: $first, after: $after) { nodes { id } } }")
    judge("query ($l: Int!, $o: Int!) { users(limit: $l, offset: $o) { id } }")


@pytest.mark.parametrize(
    "query", ["{ a }", "query Q @live { a @include(if: true) }", "{ __schema { types { name } } }"]
)
def test_a_reading_query_passes(query: str) -> None:
    judge(query)
