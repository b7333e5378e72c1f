"""The highest value of a growing field, and the value to ask from next, in every way APIs write them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from varlor.contracts.incremental import Incremental
from varlor.datasets.watermark import highest, rank, since
from varlor.errors import SourceError

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def wanted(lookback: float | None = None) -> Incremental:
    return Incremental(cursor_field="at", param="since", lookback=lookback)


@pytest.mark.parametrize(
    ("values", "top"),
    [
        (["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"], "2026-01-02T00:00:00Z"),
        (["2026-01-01T23:00:00+02:00", "2026-01-01T22:30:00+00:00"], "2026-01-01T22:30:00+00:00"),
        (["2026-01-01T00:00:00.9Z", "2026-01-01T00:00:00.25Z", None], "2026-01-01T00:00:00.9Z"),
        (["2026-01-01T00:00:00.0000002Z", "2026-01-01T00:00:00.0000001Z"], "2026-01-01T00:00:00.0000002Z"),
        (["2026-01-09", "2026-01-10"], "2026-01-10"),
        (["9", "10", "8"], "10"),
        ([1_700_000_000, 1_700_000_001], 1_700_000_001),
        ([1_700_000_000_123, None], 1_700_000_000_123),
        ([1.5, 2.25], 2.25),
        (["01ARZ3", "01BX5Z"], "01BX5Z"),
        (["2026-01-02T00:00:00Z", "9999-12-31T00:00:00Z"], "2026-01-02T00:00:00Z"),
        ([None, None], None),
    ],
)
def test_the_highest(values: list[Any], top: Any) -> None:
    assert highest(pa.array(values), None, NOW) == top
    assert highest(pa.array(values), top, NOW) == top


@pytest.mark.parametrize(
    ("value", "lookback", "asked"),
    [
        ("2026-03-01T00:00:00Z", None, "2026-02-28T23:59:59Z"),
        ("2026-03-01T00:00:00Z", 0, "2026-03-01T00:00:00Z"),
        ("2026-03-01T01:00:00.500+02:00", 3600, "2026-03-01T00:00:00.500+02:00"),
        ("2026-03-01T00:00:00.000Z", None, "2026-02-28T23:59:59.999Z"),
        ("2026-03-01 00:00:00", 0.5, "2026-02-28 23:59:59"),
        ("2026-03-01T00:00Z", None, "2026-02-28T23:59Z"),
        ("2026-03-01", None, "2026-02-28"),
        ("2026-03-01", 3600, "2026-02-28"),
        (1_700_000_000, None, 1_699_999_999),
        (1_700_000_000, 60, 1_699_999_940),
        (1_700_000_000.25, None, 1_700_000_000.24),
        (1e16, None, 1e16),
        (-5, 0.5, -6),
        ("41", None, "40"),
        ("41.55", 0.001, "41.54"),
        ("00041.50", 1, "40.50"),
        ("01ARZ3", None, "01ARZ3"),
        ("0001-01-01T00:00:00Z", 10**9, "0001-01-03T00:00:00Z"),
    ],
)
def test_where_to_ask_from(value: Any, lookback: float | None, asked: Any) -> None:
    assert since(value, wanted(lookback)) == asked


def test_kinds_that_have_no_order_are_refused() -> None:
    with pytest.raises(SourceError, match="one kind"):
        highest(pa.array([5]), "2026-01-01T00:00:00Z", NOW)
    with pytest.raises(SourceError, match="no times, numbers or text"):
        highest(pa.array([True]), None, NOW)
    with pytest.raises(SourceError, match="lookback"):
        since("01ARZ3", wanted(5))


offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
moments = st.tuples(st.integers(86_400, 1_790_000_000_000), offsets).map(
    lambda pair: datetime.fromtimestamp(pair[0] / 1000, pair[1])
)


@given(st.lists(moments, min_size=1, max_size=6), st.sampled_from([None, 0, 1, 90, 86_400]))
def test_whatever_the_offsets_nothing_below_the_bound_is_above_it(
    values: list[datetime], lookback: float | None
) -> None:
    top = highest(pa.array([value.isoformat() for value in values]), None, NOW)
    assert isinstance(top, str)
    assert datetime.fromisoformat(top) == max(values)
    asked = rank(since(top, wanted(lookback))).by
    gap = rank(top).by - asked
    assert gap >= (lookback or 0)
    assert gap <= max(1, lookback or 0)
