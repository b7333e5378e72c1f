"""Where records are found, what becomes of odd shapes, and JSON that no parser likes."""

import json
from typing import Any

import pytest

from tests.connectors.kit import Reader, Reading
from tests.connectors.odd_api import Answer
from varlor.connectors.decoding import decode
from varlor.connectors.records import locate
from varlor.connectors.shapes import extract
from varlor.errors import SourceError


async def answered(
    reader: Reader, body: str | bytes, type_: str = "application/json", **request: Any
) -> Reading:
    """What a run of one page gets from an API that answers `body`."""
    raw = body if isinstance(body, bytes) else body.encode()
    reader.api.prepared.append(Answer(raw=raw, type_=type_))
    return await reader.read("/raw", pagination={"type": "none"}, **request)


async def read(reader: Reader, body: str, **request: Any) -> list[Any]:
    return (await answered(reader, body, **request)).records


ROWS = [{"id": 1, "t": "ü"}, {"id": 2, "t": None}]


@pytest.mark.parametrize(
    "document",
    [
        ROWS,
        {"data": ROWS},
        {"meta": {"tags": [{"a": 1}] * 9}, "items": ROWS},
        {"data": {"items": ROWS, "n": 2}},
        {"_embedded": {"things": ROWS}, "_links": {}},
        {"things": ROWS, "n": 2},
        {"a": {"b": {"c": ROWS}}},
        {"errors": [], "result": ROWS},
        {"columns": ["id", "t"], "rows": [[1, "ü"], [2, None]]},
        {"result": {"columns": [{"name": "id"}, {"name": "t"}], "data": [[1, "ü"], [2, None]]}},
        {"raw": ROWS, "odd name": 1},
        {"odd name": ROWS},
    ],
)
async def test_the_records_are_found(reader: Reader, document: Any) -> None:
    assert await read(reader, json.dumps(document)) == ROWS


async def test_an_object_keyed_by_id_becomes_records(reader: Reader) -> None:
    body = '{"x1": {"a": 1, "b": 2}, "x2": {"a": 3, "b": 4}}'
    assert await read(reader, body) == [{"_key": "x1", "a": 1, "b": 2}, {"_key": "x2", "a": 3, "b": 4}]


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ('{"1042": {"a": 1}}', [{"_key": "1042", "a": 1}]),
        ('{"data": {"x1": {"id": "x1", "a": 1}}}', [{"_key": "x1", "id": "x1", "a": 1}]),
        ('{"settings": {"a": 1}}', [{"settings": {"a": 1}}]),
    ],
)
async def test_one_object_alone_is_keyed_where_its_key_is_an_id(
    reader: Reader, body: str, rows: list[Any]
) -> None:
    assert await read(reader, body) == rows


@pytest.mark.parametrize(
    "body",
    [
        '{"items": null, "total": 0}',
        '{"data": null, "next": null}',
        '{"data": {"rows": null}}',
        '{"raw": null}',
    ],
)
async def test_null_in_the_place_of_a_list_is_no_record(reader: Reader, body: str) -> None:
    assert await read(reader, body) == []


@pytest.mark.parametrize(
    "body",
    [
        '{"orders": []}',
        '{"users": [], "groups": [], "next_page": null, "previous_page": null, "count": 0}',
        '{"expand": "names", "startAt": 0, "maxResults": 50, "total": 0, "issues": []}',
        '{"ok": true, "members": [], "cache_ts": 14, "response_metadata": {"next_cursor": ""}}',
        '{"SecretList": []}',
        '{"tasks": [], "last_page": true}',
        '{"kind": "Listing", "data": {"after": null, "children": [], "before": null}}',
        '{"meta": {"result_count": 0}}',
        '{"requestId": "a", "success": true, "moreResult": false}',
        '{"batchcomplete": ""}',
        '{"batchcomplete": true, "limits": {"links": 500}, "query": {"links": []}}',
    ],
)
async def test_an_answer_without_records_is_none_itself(reader: Reader, body: str) -> None:
    assert await read(reader, body) == []


@pytest.mark.parametrize(
    "body",
    [
        '{"error": "no", "things": [], "count": 0}',
        '{"ok": false, "error": "no"}',
        '{"errors": {"plan": "ended"}, "results": 0, "response": []}',
        '{"error": "quota", "data": []}',
        '{"errors": ["quota"], "data": []}',
    ],
)
@pytest.mark.parametrize("known", [None, "$.data"])
async def test_an_error_beside_an_empty_list_is_one(reader: Reader, body: str, known: str | None) -> None:
    with pytest.raises(SourceError, match="holds an error") as caught:
        await read(reader, body, recordPath=known if '"data"' in body else None)
    assert "error rule" in caught.value.detail


async def test_an_error_on_a_later_page_is_no_end(reader: Reader) -> None:
    reader.api.prepared += [
        Answer({"data": ROWS, "next": "/raw?p=2"}),
        Answer({"data": [], "error": "quota"}),
    ]
    with pytest.raises(SourceError, match="holds an error"):
        await reader.read("/raw")


async def test_an_error_that_only_says_that_there_is_nothing_may_be_ignored(reader: Reader) -> None:
    reader.api.prepared.append(Answer({"data": [], "errors": ["No results"]}))
    rules = [{"path": "$.errors[0]", "action": "ignore"}]
    assert (await reader.read("/raw", errorRules=rules)).records == []


async def test_a_task_that_is_done_is_no_empty_page(reader: Reader) -> None:
    record = {"title": "x", "done": True, "labels": []}
    assert await read(reader, json.dumps(record)) == [record]


async def test_an_empty_list_of_a_record_is_its_own(reader: Reader) -> None:
    records: list[dict[str, Any]] = [
        {"id": 7, "tags": [], "count": 0},
        {"login": "x", "tags": []},
        {"title": "x", "pages": 300, "authors": []},
        {"title": "x", "done": False, "labels": []},
        {"reference": "x", "total": 12, "lines": []},
        {"isbn": "1", "title": "T", "pageCount": 300, "categories": []},
        {"kind": "volume", "volumeInfo": {"title": "T", "pageCount": 300, "categories": []}, "etag": "e"},
        {"orderNumber": "A1", "total": 0, "discounts": []},
        {"date": "2026-01-02", "count": 0, "alerts": []},
        {"title": "x", "next": None, "images": []},
        {"title": "x", "window": {"limit": 5, "size": 3}, "alerts": []},
        {"count": 0},
        {"before": "a", "after": None, "repo": "r", "changes": []},
        {"id": 42, "raws": [{"id": 1}, {"id": 2}]},
    ]
    for record in records:
        assert await read(reader, json.dumps(record)) == [record]


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/raw.json", {"users": ROWS * 9, "raw": ROWS}),
        ("/raw/search", {"users": ROWS * 9, "raw": ROWS}),
        ("/latest", {"users": ROWS * 9, "topic_list": {"per_page": 2, "topics": ROWS}}),
        ("/export", {"page": 1, "total_pages": 3, "facets": [], "payload": {"things": ROWS}}),
        ("/export", {"hasMore": True, "warnings": ["slow"], "payload": {"things": ROWS}}),
        ("/all", {"members": ROWS, "meta": {"last_page": 3, "per_page": 2, "links": ROWS * 3}}),
    ],
)
def test_the_path_and_the_words_around_tell_of_two_lists_which(path: str, document: Any) -> None:
    found = locate(document, f"http://127.0.0.1{path}")
    assert extract(document, found) == ROWS


async def test_null_in_a_record_is_no_empty_list(reader: Reader) -> None:
    records: list[dict[str, Any]] = [
        {"id": 7, "items": None},
        {"name": "x", "value": None},
        {"user": "u1", "raw": None, "used": 0},
        {"ID": 7, "data": None},
        {"deviceId": 7, "online": True, "data": None},
    ]
    for record in records:
        assert await read(reader, json.dumps(record)) == [record]


async def test_a_single_object_is_one_record(reader: Reader) -> None:
    assert await read(reader, '{"id": 7, "lines": [{"x": 1}]}') == [{"id": 7, "lines": [{"x": 1}]}]
    assert await read(reader, '{"data": {"id": 7}}') == [{"id": 7}]
    assert await read(reader, "{}") == []


async def test_a_record_path_is_obeyed(reader: Reader) -> None:
    body = '{"data": [{"id": 1}], "groups": [{"rows": [{"id": 2}]}, {"rows": [{"id": 3}]}], "one": {"id": 4}}'
    assert await read(reader, body, recordPath="$.groups[*].rows") == [{"id": 2}, {"id": 3}]
    assert await read(reader, body, recordPath="$.groups[*].rows[*]") == [{"id": 2}, {"id": 3}]
    assert await read(reader, body, recordPath="$['data']") == [{"id": 1}]
    assert await read(reader, body, recordPath="$.one") == [{"id": 4}]
    with pytest.raises(SourceError, match=r"finds nothing in the answer.*\$\.data") as caught:
        await read(reader, body, recordPath="$.nope")
    assert caught.value.kind == "bad_records"


async def test_columns_beside_rows_also_by_record_path(reader: Reader) -> None:
    body = '{"columns": ["id", "id"], "rows": [[1, 2]]}'
    assert await read(reader, body, recordPath="$.rows") == [{"id": 1, "id_2": 2}]


@pytest.mark.parametrize("last", ['{"next": null}', '{"items": null}', '{"items": []}', "&status=204"])
async def test_a_last_page_without_its_list_is_empty(reader: Reader, last: str) -> None:
    first = json.dumps({"items": [{"id": 1}], "next": f"/raw?body={last}"})
    assert (await reader.read("/raw", params={"body": first})).ids == [1]


async def test_a_later_page_without_a_body_is_no_end(reader: Reader) -> None:
    first = json.dumps({"items": [{"id": 1}], "next": "/raw"})
    with pytest.raises(SourceError, match="empty"):
        await reader.read("/raw", params={"body": first})


@pytest.mark.parametrize("bad", ["http://[::bad", "http://[zz]/", "//[::1", "http://a]b/"])
async def test_a_next_link_that_is_no_url_is_a_stuck_pagination(reader: Reader, bad: str) -> None:
    body = json.dumps({"items": [{"id": 1}], "next": bad})
    with pytest.raises(SourceError, match="cannot be followed") as caught:
        await reader.read("/raw", params={"body": body})
    assert caught.value.kind == "pagination_stuck"


async def test_a_later_page_of_one_object_is_one_record(reader: Reader) -> None:
    first = json.dumps({"items": [{"id": 1}], "next": '/raw?body={"items": {"id": 2}}'})
    assert (await reader.read("/raw", params={"body": first})).ids == [1, 2]


async def test_an_error_under_200_is_no_empty_page(reader: Reader) -> None:
    first = json.dumps({"items": [{"id": 1}], "next": '/raw?body={"error": "quota"}'})
    with pytest.raises(SourceError, match="an error instead of records"):
        await reader.read("/raw", params={"body": first})


@pytest.mark.parametrize("first", [[{"id": 1}], {"x1": {"a": 1}, "x2": {"a": 2}}])
@pytest.mark.parametrize("said", [{"error": "quota"}, {"errors": ["quota"]}, {"message": "quota"}])
async def test_an_error_where_all_of_the_answer_was_records_is_no_record(
    reader: Reader, first: Any, said: Any
) -> None:
    reader.api.prepared += [Answer(first), Answer(said)]
    with pytest.raises(SourceError, match="an error instead of records"):
        await reader.read("/raw", pagination={"type": "page_number", "pageParam": "page"})


@pytest.mark.parametrize(
    "record",
    [{"message": "hi", "at": 1}, {"message": "hi", "lines": [{"a": 1}]}, {"detail": "x", "tags": ["b"]}],
)
async def test_a_record_that_holds_a_message_is_one_where_the_request_says_so(
    reader: Reader, record: dict[str, Any]
) -> None:
    reader.api.prepared += [Answer(record)]
    assert (await reader.read("/raw", recordPath="$", pagination={"type": "none"})).records == [record]


async def test_one_record_where_a_list_was_is_a_record(reader: Reader) -> None:
    reader.api.prepared += [Answer([{"id": 1}]), Answer({"id": 2, "message": "hi"}), Answer([])]
    paged = {"type": "page_number", "pageParam": "page"}
    assert (await reader.read("/raw", pagination=paged)).ids == [1, 2]


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("", "not_json", "empty"),
        ("   ", "not_json", "empty"),
        ("<!doctype html><title>Sign in</title>", "not_json", "web page"),
        ("plain text", "not_json", "JSON"),
        ('{"a": 1,}', "not_json", "character"),
        ('[{"a": NaN}]', "not_json", "NaN"),
        ('[{"a": -Infinity}]', "not_json", "Infinity"),
        ('[{"a": 1}, {"a"', "truncated", "ends"),
        ('[{"a": {"b": 1}', "truncated", "ends"),
        ("42", "bad_records", "single number"),
        ('"text"', "bad_records", "single text"),
        ("null", "bad_records", "single null"),
        ("[1, 2]", "bad_records", "list of numbers"),
        ("[[1], [2]]", "bad_records", "list of lists"),
        ('{"error": "no such table"}', "bad_records", "an error"),
        ("[" * 100_000 + "]" * 100_000, "bad_records", "nests deeper"),
    ],
)
async def test_what_holds_no_records_ends_in_a_clear_error(
    reader: Reader, body: str, kind: str, words: str
) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        await read(reader, body)
    assert caught.value.kind == kind


def test_a_number_beyond_a_double_stays_text() -> None:
    body = b'[{"id": 18446744073709551616, "v": 1e400}, {"id": 2, "v": [-1e999, 1.5]}]'
    assert decode(body).document == [{"id": 2**64, "v": "1e400"}, {"id": 2, "v": ["-1e999", 1.5]}]


async def test_integers_of_any_length_survive(reader: Reader) -> None:
    big = 123456789012345678901234567890
    rows = await read(reader, f'[{{"id": {big}, "low": -9223372036854775809, "u": 18446744073709551616}}]')
    assert rows == [{"id": big, "low": -9223372036854775809, "u": 18446744073709551616}]
    assert decode(f'[{{"id": {"7" * 5000}}}]'.encode()).document == [{"id": "7" * 5000}]


async def test_text_that_is_not_unicode_is_mended_and_noted(reader: Reader) -> None:
    reading = await reader.read("/raw", params={"body": '[{"id": "a\\ud800b"}]'}, pagination={"type": "none"})
    assert reading.ids == ["a\ufffdb"]
    assert any("U+FFFD" in note for note in reading.notes)


async def test_other_charsets_are_read(reader: Reader) -> None:
    reading = await answered(
        reader, '[{"id": "ä"}]'.encode("latin-1"), "application/json; charset=iso-8859-1"
    )
    assert reading.ids == ["ä"]


@pytest.mark.parametrize("body", ['\ufeff[{"id": "ä"}]'.encode(), '[{"id": "ä"}]'.encode("utf-16")])
async def test_a_byte_order_mark_is_no_content(reader: Reader, body: bytes) -> None:
    assert (await answered(reader, body)).ids == ["ä"]


async def test_very_many_keys_are_one_record(reader: Reader) -> None:
    body = "{" + ",".join(f'"k{i}":{i}' for i in range(100_000)) + "}"
    assert len((await read(reader, body))[0]) == 100_000
