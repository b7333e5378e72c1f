"""What happens to a dataset's columns when the records change."""

from typing import Any

import orjson
import pytest

from tests.datasets.lake_kit import FakePage, Lake, Parsed, page, state
from varlor.contracts.run import SchemaChange
from varlor.errors import SchemaFrozenError, SourceError


def kinds(changes: list[SchemaChange]) -> list[tuple[str, str]]:
    return [(change.kind, change.column) for change in changes]


async def test_a_new_dataset_reports_no_change_for_the_columns_it_begins_with(lake: Lake) -> None:
    assert await lake.sync(lake.target(), page({"id": 1, "s": "x"})) == []
    assert list(lake.types()) == ["id", "s", "_varlor_run_id", "_varlor_fetched_at"]


async def test_a_new_field_becomes_a_column(lake: Lake) -> None:
    changes = await lake.sync(lake.target(), page({"id": 1}), page({"id": 2, "name": "b"}))
    assert kinds(changes) == [("column_added", "name")]
    assert sorted(lake.rows(), key=lambda r: r["id"]) == [{"id": 1, "name": None}, {"id": 2, "name": "b"}]


async def test_integers_that_meet_fractions_become_double_by_one_rewrite(lake: Lake) -> None:
    changes = await lake.sync(lake.target(), page({"n": 1}), page({"n": 2}), page({"n": 2.5}))
    assert kinds(changes) == [("column_widened", "n")]
    assert lake.types()["n"] == "double"
    assert sorted(r["n"] for r in lake.rows()) == [1.0, 2.0, 2.5]
    assert len(lake.table().file_uris()) == 3


async def test_a_rewrite_says_that_it_goes_on(lake: Lake) -> None:
    await lake.sync(lake.target(), page({"n": 1}), page({"n": 2}))
    beats: list[str] = []
    landing = await lake.datasets.open(lake.target("run_2"), heartbeat=beats.append)
    await landing.add(page({"n": 2.5}))
    await landing.commit(state(1))
    assert beats == [f"changing column types: file {n} of 2" for n in (1, 2)]


async def test_integers_that_meet_fractions_before_the_first_commit_cost_nothing(lake: Lake) -> None:
    landing = await lake.datasets.open(lake.target())
    await landing.add(page({"n": 1}))
    await landing.add(page({"n": 2.5}))
    assert await landing.commit(state(1)) == []
    assert [r["n"] for r in lake.rows()] == [1.0, 2.5]
    assert lake.table().version() == 2


async def test_a_whole_fraction_stays_an_integer(lake: Lake) -> None:
    await lake.sync(lake.target(), page({"n": 1}), page({"n": 3.0}))
    assert lake.types()["n"] == "int64"


@pytest.mark.parametrize("odd", ["text", True, {"a": 1}, [1], 2**64])
async def test_a_value_of_another_type_goes_to_the_sibling_column(lake: Lake, odd: Any) -> None:
    changes = await lake.sync(lake.target(), page({"n": 1}), Parsed([{"n": odd}, {"n": 5}]))
    assert kinds(changes) == [("values_diverted", "n")]
    got = sorted(lake.rows(), key=lambda r: (r["n"] is None, r["n"]))
    assert [r["n"] for r in got] == [1, 5, None]
    text = str(odd) if odd == 2**64 else orjson.dumps(odd).decode()
    assert [r["n__json"] for r in got] == [None, None, text]


async def test_a_sibling_is_found_again_by_later_runs(lake: Lake) -> None:
    await lake.sync(lake.target(), page({"n": 1}, {"n": "x"}))
    await lake.sync(lake.target("run_2"), page({"n": "y"}))
    assert [c for c in lake.types() if c.startswith("n")] == ["n", "n__json"]


async def test_members_of_nested_objects_are_added_and_widened(lake: Lake) -> None:
    first = page({"geo": {"lat": 1}, "tags": [{"k": 1}]})
    second = page({"geo": {"lat": 2, "alt": "x"}, "tags": [{"k": 2, "v": "b"}]})
    third = page({"geo": {"lat": 2.5}, "tags": []})
    await lake.sync(lake.target(), first, second, third)
    got = sorted(lake.rows(), key=lambda r: r["geo"]["lat"])
    assert [r["geo"] for r in got] == [
        {"lat": 1.0, "alt": None}, {"lat": 2.0, "alt": "x"}, {"lat": 2.5, "alt": None},
    ]  # fmt: skip
    assert [r["tags"] for r in got] == [[{"k": 1, "v": None}], [{"k": 2, "v": "b"}], []]


async def test_a_nested_misfit_takes_the_whole_value_to_the_sibling(lake: Lake) -> None:
    await lake.sync(lake.target(), page({"geo": {"lat": 1}}), page({"geo": {"lat": "north"}}))
    assert {(str(r["geo"]), r["geo__json"]) for r in lake.rows()} == {
        ("{'lat': 1}", None), ("None", '{"lat":"north"}'),
    }  # fmt: skip


async def test_a_column_of_nulls_waits_for_its_type(lake: Lake) -> None:
    await lake.sync(lake.target(), page({"id": 1, "gone": None}), page({"id": 2, "gone": 7}))
    assert lake.types()["gone"] == "int64"


async def test_a_column_of_nulls_alone_is_text_in_the_end_and_may_still_get_its_type(lake: Lake) -> None:
    await lake.sync(lake.target(), page({"id": 1, "gone": None, "tags": [], "geo": {"alt": None}}))
    assert (lake.types()["gone"], lake.types()["tags"]) == ("string", "list<element: string>")
    await lake.sync(lake.target("run_2"), page({"id": 2, "gone": 7, "tags": [3], "geo": {"alt": 1.5}}))
    assert (lake.types()["gone"], lake.types()["tags"]) == ("int64", "list<element: int64>")
    got = sorted(lake.rows(), key=lambda r: r["id"])
    assert [(r["gone"], r["tags"], r["geo"]["alt"]) for r in got] == [(None, [], None), (7, [3], 1.5)]


async def test_empty_objects_survive(lake: Lake) -> None:
    await lake.sync(
        lake.target(), page({"a": {}, "b": {"c": {}}}, {"a": None, "b": None}), page({"a": {"x": 1}})
    )
    got = [(r["a"], r["b"]) for r in lake.rows()]
    assert sorted(got, key=str) == sorted([("{}", {"c": "{}"}), (None, None), ('{"x":1}', None)], key=str)


async def test_mixed_lists_are_json_text(lake: Lake) -> None:
    await lake.sync(lake.target(), page({"l": [1, "a", None]}))
    assert lake.rows() == [{"l": '[1,"a",null]'}]


async def test_names_that_collide_by_case_or_are_empty_are_renamed_and_stay_so(lake: Lake) -> None:
    records = {"id": 1, "ID": 2, "": 3, "_varlor_run_id": 4, "a\nb": 5}
    changes = await lake.sync(lake.target(), page(records))
    assert kinds(changes) == [
        ("column_renamed", "ID__2"),
        ("column_renamed", "column"),
        ("column_renamed", "source_varlor_run_id"),
        ("column_renamed", "a_b"),
    ]
    assert await lake.sync(lake.target("run_2"), page(records)) == []
    expected = {"id": 1, "ID__2": 2, "column": 3, "source_varlor_run_id": 4, "a_b": 5}
    assert lake.rows() == [expected, expected]


async def test_names_that_other_formats_find_hard(lake: Lake) -> None:
    odd = {"a.b": 1, "a b": "x", "a,b;{}()=": 1.5, "ünï": True, "%2F": [1], "`'\"": {"x y.z": 1}}
    pages = page({"id": 1}), page({"id": 2, **odd}), page({"id": 3, **odd, "a.b": 2.5})
    await lake.sync(lake.target(), *pages)
    rows = (await lake.datasets.rows(lake.location, limit=9, offset=1)).rows
    assert [{k: r[k] for k in odd} for r in rows] == [odd, {**odd, "a.b": 2.5}]


async def test_freeze_names_the_new_field(lake: Lake) -> None:
    await lake.sync(lake.target(), page({"id": 1, "note": None}))
    landing = await lake.datasets.open(lake.target("run_2", schema_policy="freeze"))
    await landing.add(page({"id": 2, "note": "a first value is no drift"}))
    with pytest.raises(SchemaFrozenError, match='"extra"'):
        await landing.add(page({"id": 3, "extra": 1}))
    assert landing.buffered_rows == 1


@pytest.mark.parametrize("drift", [{"id": "x"}, {"id": 1.5}, {"id": 1, "geo": {"a": 1, "b": 2}}])
async def test_freeze_refuses_other_types(lake: Lake, drift: Any) -> None:
    await lake.sync(lake.target(), page({"id": 1, "geo": {"a": 1}}))
    landing = await lake.datasets.open(lake.target("run_2", schema_policy="freeze"))
    with pytest.raises(SchemaFrozenError, match=r'"(id|geo)"'):
        await landing.add(page(drift))


async def test_discard_keeps_the_columns_and_drops_the_rest(lake: Lake) -> None:
    await lake.sync(lake.target(), page({"id": 1, "geo": {"a": 1, "m": {}}}))
    before = lake.types()
    drift = {"id": "x", "geo": {"a": 2, "b": 3, "m": {"k": 1}}, "extra": 1}
    changes = await lake.sync(lake.target("run_2", schema_policy="discard"), page(drift, drift), page(drift))
    assert kinds(changes) == [("discarded", "extra"), ("discarded", "id"), ("discarded", "geo")]
    assert lake.types() == before
    assert [r for r in lake.rows() if r["id"] is None] == [{"id": None, "geo": {"a": 2, "m": '{"k":1}'}}] * 3


async def test_a_failing_page_leaves_the_buffer_as_it_was(lake: Lake) -> None:
    landing = await lake.datasets.open(lake.target())
    await landing.add(page({"id": 1}))
    for bad in (page({"id": 2, "new": 1}, "not an object"), FakePage(b"<html>"), FakePage(b"17")):
        with pytest.raises(SourceError):
            await landing.add(bad)
    assert landing.buffered_rows == 1
    assert await landing.commit(state(1, done=True)) == []
    assert lake.rows() == [{"id": 1}]
