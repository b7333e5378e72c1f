"""JSON lines, CSV, and either packed by gzip: by media type, by the file's name, or by what is in them."""

import csv
import gzip
import json
from typing import Any

import pytest

from tests.connectors.kit import Reader
from tests.connectors.odd_api import Answer
from varlor.connectors.formats import as_json, is_plain
from varlor.connectors.http.message import OutResponse
from varlor.connectors.sending import MOST_BYTES
from varlor.errors import SourceError

ROWS = [{"id": "1", "name": "Åsa, née Berg"}, {"id": "2", "name": None}]
CSV = b'id,name\r\n1,"\xc3\x85sa, n\xc3\xa9e Berg"\r\n2,\r\n'
LINES = b'{"id": "1", "name": "\xc3\x85sa, n\xc3\xa9e Berg"}\n\n{"id": "2", "name": null}'


async def read(reader: Reader, raw: bytes, type_: str | None, path: str = "/raw") -> list[Any]:
    reader.api.prepared.append(Answer(raw=raw, type_=type_ or "application/octet-stream"))
    return (await reader.read(path, pagination={"type": "none"})).records


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("raw", "type_", "path"),
    [
        (LINES, "application/x-ndjson", "/raw"),
        (LINES, "application/json", "/raw"),
        (LINES, "text/plain; charset=utf-8", "/raw"),
        (LINES.replace(b"{", b"\x1e{"), "application/json-seq", "/raw"),
        (LINES, None, "/export.jsonl.gz"),
        (CSV, "text/csv", "/raw"),
        (CSV, "text/csv; charset=utf-8; header=present", "/raw"),
        (CSV, None, "/export.csv"),
        (CSV, "text/plain", "/raw"),
        (CSV.decode().encode("latin-1"), "text/csv; charset=iso-8859-1", "/raw"),
        (CSV.decode().encode("cp1252"), "text/csv", "/raw"),
        (b"\xef\xbb\xbf" + CSV, "text/csv", "/raw"),
        (CSV.decode().encode("utf-16"), "text/csv", "/raw"),
        (b"\xff\xfe" + CSV.decode().encode("utf-16-le"), "text/csv; charset=utf-16le", "/raw"),
        (CSV.decode().encode("utf-32"), "text/csv", "/raw"),
        (b"\xef\xbb\xbf" + CSV, "text/csv; charset=iso-8859-1", "/raw"),
        (CSV, "text/csv; charset=iso-8859-1", "/raw"),
        (json.dumps(ROWS).encode(), "text/csv", "/raw"),
        (CSV.replace(b"\r\n", b"\r"), "text/csv", "/raw"),
        (b"id\tname\n1\t\xc3\x85sa, n\xc3\xa9e Berg\n2\t\n", "text/tab-separated-values", "/raw"),
        (b"id;name\n1;\xc3\x85sa, n\xc3\xa9e Berg\n2\n", "text/csv", "/raw"),
        (b"sep=;\r\nid;name\r\n1;\xc3\x85sa, n\xc3\xa9e Berg\r\n2;\r\n", "text/csv", "/raw"),
        (json.dumps(ROWS).encode(), None, "/rows.json.gz"),
        (json.dumps(ROWS).encode(), "application/x-ndjson", "/raw"),
    ],
)
async def test_every_form_gives_the_same_records(
    reader: Reader, raw: bytes, type_: str | None, path: str, pack: Any
) -> None:
    found = await read(reader, pack(raw), type_, path)
    assert [{"name": None, **record} for record in found] == ROWS


async def test_what_was_read_is_said_on_the_run(reader: Reader) -> None:
    reader.api.prepared.append(Answer(raw=b"a;b\n1;2\n", type_="text/csv"))
    assert any("parted by ;" in note for note in (await reader.read("/raw")).notes)


async def test_values_stay_as_they_are_written(reader: Reader) -> None:
    raw = b'zip,when,says\n00123,2026-01-02,"He said ""no"",\nthen left"\n1e5,true,null\n'
    assert await read(reader, raw, "text/csv") == [
        {"zip": "00123", "when": "2026-01-02", "says": 'He said "no",\nthen left'},
        {"zip": "1e5", "when": "true", "says": "null"},
    ]


async def test_no_value_is_lost_to_a_name_that_was_given_already(reader: Reader) -> None:
    assert await read(reader, b"a,a,a_2\n1,2,3\n", "text/csv") == [{"a": "1", "a_3": "2", "a_2": "3"}]


async def test_a_name_may_hold_what_parts_other_tables(reader: Reader) -> None:
    raw = b'id;"last, first, middle";n\n1;Berg;2,5\n'
    assert await read(reader, raw, "text/csv") == [{"id": "1", "last, first, middle": "Berg", "n": "2,5"}]


async def test_a_short_row_makes_no_table_of_another_kind(reader: Reader) -> None:
    raw = b"id,first|last,city\n1,John|Doe,Paris\n2,Jane|Roe\n"
    assert [each["id"] for each in await read(reader, raw, "text/csv")] == ["1", "2"]


@pytest.mark.parametrize(
    ("raw", "type_", "kind"),
    [
        (b"<!DOCTYPE html><title>Sign in</title>", "text/csv", "not_json"),
        (b'{"error": "quota"}', "text/csv", "bad_records"),
        (b'id,name\n1,"a\n2,b\n3,c\n', "text/csv", "truncated"),
        (b'{"id": 1}\n{"id": 2, "a": {"b": 1}', "application/x-ndjson", "truncated"),
        (b'{"id": 1}\n{"id": 2, "a": "x}', "application/x-ndjson", "truncated"),
        ('{"id": 1}\n{"id": 2, "a": "Mü'.encode()[:-1], "application/x-ndjson", "truncated"),
    ],
)
async def test_what_is_no_whole_table_is_never_one_with_fewer_rows(
    reader: Reader, raw: bytes, type_: str, kind: str
) -> None:
    with pytest.raises(SourceError) as caught:
        await read(reader, raw, type_)
    assert caught.value.kind == kind


async def test_columns_without_a_name_or_with_the_same_one(reader: Reader) -> None:
    assert await read(reader, b"a,,a\n1,2,3\n\n", "text/csv") == [{"a": "1", "column_2": "2", "a_2": "3"}]


@pytest.mark.parametrize("raw", [b"", b"id,name\n"])
async def test_a_table_without_rows_is_an_empty_page(reader: Reader, raw: bytes) -> None:
    assert await read(reader, raw, "text/csv") == []


@pytest.mark.parametrize(
    ("raw", "type_", "kind"),
    [
        (b"id,name\n1,2,3\n", "text/csv", "bad_records"),
        (LINES[:-8], "application/x-ndjson", "truncated"),
        (b'{"id": 1}\n{"id": oops}\n', "application/x-ndjson", "not_json"),
        (gzip.compress(CSV, mtime=0)[:-12], "text/csv", "truncated"),
        (b"\x1f\x8b" + b"damage" * 9, "text/csv", "not_json"),
        (b"one line of prose, with a comma", "text/plain", "not_json"),
        (b"\x89PNG\r\n\x1a\n\x00,\x00\n\x01,\x02", "application/octet-stream", "not_json"),
        (b"<p>a,b</p>\n<p>c,d</p>", "text/plain", "not_json"),
    ],
)
async def test_what_cannot_be_read_is_a_clear_error(
    reader: Reader, raw: bytes, type_: str, kind: str
) -> None:
    with pytest.raises(SourceError) as caught:
        await read(reader, raw, type_)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    "raw",
    [gzip.compress(b"[" + b" " * 300_000 + b"]", mtime=0), b"long_name_of_a_column,b\n" + b"1,2\n" * 9000],
)
def test_nothing_grows_without_bound(raw: bytes) -> None:
    response = OutResponse(200, "", headers(), raw, "http://a/x.csv", 0, "text/csv")
    with pytest.raises(SourceError) as caught:
        as_json(response, 200_000)
    assert caught.value.kind == "too_large"


def test_a_small_table_leaves_room_for_a_large_value_in_another_one() -> None:
    as_json(OutResponse(200, "", headers(), b"id,name\n1,a\n", "http://a/x.csv", 0, "text/csv"), MOST_BYTES)
    assert csv.field_size_limit() >= MOST_BYTES


def test_json_is_left_alone() -> None:
    for body in (b"", b"[1]", b' {"a": 1}', b'{\n"a": 1}', b'{"a": {}}\n'):
        assert is_plain(OutResponse(200, "", headers(), body, "http://a/x", 0, "application/json"))


async def test_a_header_row_within_json_names_the_columns(reader: Reader) -> None:
    values = {"range": "A1:B3", "values": [["id", "name"], [1, "a"], [2]]}
    assert await read(reader, json.dumps(values).encode(), "application/json") == [
        {"id": 1, "name": "a"},
        {"id": 2},
    ]


def headers() -> Any:
    return {}
