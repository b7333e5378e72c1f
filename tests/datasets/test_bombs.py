"""Hostile records end in a clear error or in JSON text, in bounded time and memory."""

import json
from typing import Any

import pytest

from tests.datasets.lake_kit import FakePage, Lake, Parsed, page, state
from varlor.errors import SourceError


async def test_integers_of_any_size_keep_every_digit(lake: Lake) -> None:
    big = 10**4000 + 7
    await lake.sync(lake.target(), Parsed([{"n": big, "deep": {"n": [big]}}]), page({"n": 5}))
    texts = [r["n"] for r in lake.rows()]
    assert sorted(texts, key=len) == ["5", str(big)]
    assert lake.types()["n"] == "string"


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
async def test_what_no_double_holds_is_refused(lake: Lake, number: float) -> None:
    landing = await lake.datasets.open(lake.target())
    await landing.add(page({"n": 1.5}))
    with pytest.raises(SourceError) as raised:
        await landing.add(Parsed([{"n": 1.0}, {"n": number}]))
    assert raised.value.kind == "bad_records"


async def test_a_record_of_countless_keys_is_refused(lake: Lake) -> None:
    landing = await lake.datasets.open(lake.target())
    await landing.add(page({"k0": 1}))
    body = b"[{%s}]" % b",".join(b'"k%d":1' % i for i in range(1_000_000))
    with pytest.raises(SourceError, match="more than 1000 fields"):
        await landing.add(FakePage(body))
    assert landing.buffered_rows == 1


async def test_a_nested_map_with_many_keys_is_json_text(lake: Lake) -> None:
    await lake.sync(lake.target(), page({"m": {f"k{i}": i for i in range(10_000)}}))
    assert json.loads(lake.rows()[0]["m"])["k9999"] == 9999


@pytest.mark.parametrize("levels", [31, 33, 400, 900])
async def test_deep_nesting_becomes_json_text_below_a_depth(lake: Lake, levels: int) -> None:
    value: Any = "bottom"
    for _ in range(levels):
        value = {"a": value}
    await lake.sync(lake.target(), Parsed([{"deep": value}]))
    assert "bottom" in str(lake.rows()[0])


@pytest.mark.parametrize("known", ["list", "struct", "nothing"])
async def test_depth_that_would_crash_a_parser_never_reaches_it(lake: Lake, known: str) -> None:
    landing = await lake.datasets.open(lake.target())
    await landing.add(page({"list": [1], "struct": {"a": 1}, "nothing": None}))
    bomb = b"[" * 200_000 + b"]" * 200_000
    with pytest.raises(SourceError) as raised:
        await landing.add(FakePage(b'[{"%s": %s}]' % (known.encode(), bomb)))
    assert raised.value.kind == "not_json"
    await landing.commit(state(1))
    assert len(lake.rows()) == 1
