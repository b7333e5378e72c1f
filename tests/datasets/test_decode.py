"""The fast way takes a page only where it gives what the slow way gives."""

import json
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.datasets.lake_kit import FakePage, wrapped
from varlor.datasets.absorb import absorb
from varlor.datasets.conform import conform_table
from varlor.datasets.decode import Decoder
from varlor.datasets.shape import Shape
from varlor.errors import SourceError

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 1, 3.0, 2**53 + 1, -0.0, 1e300, 0.1]),
    st.text(max_size=8),
    st.sampled_from(["2024-01-01T00:00:00Z", "2024-01-01", "12", "null", "", 'a"b\\', "\u2028\x00"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["p", "q", "r"]), inner, max_size=3)
    ),
    max_leaves=6,
)
records = st.lists(
    st.dictionaries(st.sampled_from(["id", "name", "Name", "x", "meta", "tags"]), values, max_size=5),
    max_size=6,
)


def shape_after(first: list[Any]) -> tuple[Decoder, Shape]:
    decoder = Decoder()
    absorbed = decoder.decode(wrapped(first, next="abc", total=3), Shape(), "evolve", fixed=False)
    return decoder, absorbed.shape


def _altered(record: dict[str, Any], fates: list[str]) -> dict[str, Any]:
    members = [(k, v, fate) for (k, v), fate in zip(record.items(), fates, strict=False) if fate != "gone"]
    return {k: None if fate == "null" else v for k, v, fate in members}


@st.composite
def two_pages(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """A first page, and a second that is like it (members left out or null) or like nothing."""
    first = draw(records)
    if not first or draw(st.integers(0, 4)) == 0:
        return first, draw(records)
    picked = draw(st.lists(st.sampled_from(first), max_size=5))
    fates = draw(st.lists(st.sampled_from(["as it is", "as it is", "null", "gone"]), min_size=5, max_size=5))
    second = [_altered(record, fates) for record in picked]
    return first, second


@settings(max_examples=100, deadline=None)
@given(pages=two_pages(), indent=st.sampled_from([None, 2]))
def test_fast_equals_slow(pages: tuple[list[Any], list[Any]], indent: int | None) -> None:
    first, second = pages
    decoder, shape = shape_after(first)
    body = json.dumps({"next": None, "data": second, "total": 3}, indent=indent, ensure_ascii=False).encode()
    fast = decoder.fast(body, "$.data", shape)
    if fast is None:
        return
    slow = absorb(json.loads(body)["data"], shape, "evolve", fixed=True)
    assert slow.shape == shape
    assert slow.changes == []
    assert fast.rows == slow.rows
    if fast.rows:
        schema = shape.settled().schema(pa.schema([]), complete=True)
        assert conform_table(pa.table(fast.arrays), schema).equals(conform_table(slow.table(), schema))


def test_a_page_like_the_one_before_is_never_parsed_in_python() -> None:
    rows = [
        {"id": i, "name": "n", "tags": ["a"], "geo": {"lat": 1.5}, "gone": None, "meta": {}} for i in range(9)
    ]
    decoder, shape = shape_after(rows)
    again = wrapped(rows, next=None, total=3)
    assert decoder.decode(again, shape, "evolve", fixed=True).rows == 9
    assert again.parsed == 0


def test_nulls_in_a_list_that_never_held_a_value() -> None:
    decoder, shape = shape_after([{"id": [None, None]}, {"id": []}])
    absorbed = decoder.decode(wrapped([{"id": [None, None]}], next="", total=1), shape, "evolve", fixed=True)
    assert absorbed.table().to_pylist() == [{"id": [None, None]}]


def test_a_bare_list_goes_the_fast_way_too() -> None:
    decoder = Decoder()
    first, second = (FakePage(b' [{"id": 1, "s": "x"}]\n') for _ in range(2))
    shape = decoder.decode(first, Shape(), "evolve", fixed=False).shape
    assert decoder.decode(second, shape, "evolve", fixed=True).rows == 1
    assert (first.parsed, second.parsed) == (1, 0)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": [{"id": NaN}], "next": "a", "total": 3}',
        b'{"data": [{"x": %s}], "next": "a", "total": 3}' % (b"9" * 400),
        b'{"data": [{"id": 1, "id": 2}], "next": "a", "total": 3}',
        b'{"data": [{"name": "\xff"}], "next": "a", "total": 3}',
        b'{"data": [{"name": "\\ud800"}], "next": "a", "total": 3}',
        b'{"data": [{"id": 18446744073709551615}], "next": "a", "total": 3}',
        b'{"data": [null], "next": "a", "total": 3}',
        b'{"data": null, "next": "a", "total": 3}',
        b'{"data": []}{"data": []}',
        b'{"data": [{"id": true}], "next": "a", "total": 3}',
        b'{"data": [{"id": 1.5}], "next": "a", "total": 3}',
        b'{"data": [{"name": 5}], "next": "a", "total": 3}',
        b'{"data": [{"id": 1, "new": null}], "next": "a", "total": 3}',
        b'{"data": [{"id": 1}], "next": "a", "total": 3, "more": 1}',
        b"[]",
        b"",
    ],
)
def test_what_arrow_would_take_otherwise_is_left_to_the_slow_way(body: bytes) -> None:
    decoder, shape = shape_after([{"id": 1, "name": "n", "x": 1.5}])
    assert decoder.fast(body, "$.data", shape) is None


@pytest.mark.parametrize("body", [b'{"data": 5}', b'"text"', b"5", b'{"data": {"a": 1}}', b'{"data": ["a"]}'])
def test_what_holds_no_records_is_a_clear_error(body: bytes) -> None:
    with pytest.raises(SourceError) as raised:
        Decoder().decode(FakePage(body, "$.data"), Shape(), "evolve", fixed=False)
    assert raised.value.kind == "bad_records"


def test_a_missing_or_null_list_is_an_empty_page() -> None:
    for document in ({"total": 0}, {"data": None}):
        page = FakePage(orjson.dumps(document), "$.data")
        assert Decoder().decode(page, Shape(), "evolve", fixed=False).rows == 0
