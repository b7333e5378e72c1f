"""Any file, cut anywhere: its blocks hold whole records, each once, also when another reader goes on."""

import asyncio
import csv
import gzip
import io
from typing import Any
from unittest.mock import patch

import httpx2
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from varlor.connectors import export_file
from varlor.connectors.export_file import ExportFile, Place
from varlor.connectors.formats import Table, from_lines
from varlor.connectors.http import OutResponse
from varlor.errors import SourceError

texts = st.text(st.sampled_from('a é🦊,;""\n\n'), max_size=12)
rows = st.lists(st.tuples(st.integers(0, 99).map(str), texts.filter(bool)), max_size=25)

MANY = [(str(n), f"row {n}") for n in range(60)]


def written(records: list[tuple[str, str]], form: str) -> bytes:
    if form == "lines":
        return b"".join(orjson.dumps({"id": key, "text": text}) + b"\n" for key, text in records)
    sink = io.StringIO(newline="")
    csv.writer(sink).writerows([("id", "text"), *records])
    return sink.getvalue().encode()


def server(content: bytes, media: str) -> Any:
    """Answers ranges of `content`."""

    async def fetch(headers: dict[str, str]) -> OutResponse:
        first, last = map(int, headers["range"].removeprefix("bytes=").split("-"))
        part = content[first : last + 1]
        shown = httpx2.Headers({"content-range": f"bytes {first}-{first + len(part) - 1}/{len(content)}"})
        return OutResponse(206, "", shown, part, "http://a/file", 0, media)

    return fetch


async def read(content: bytes, media: str, *, hops: bool) -> list[Any]:
    """All records; with `hops` a new reader for each block."""
    found: list[Any] = []
    place, table = Place(), None
    file = ExportFile(server(content, media), place)
    while True:
        block = await file.block()
        if block.following.form == "csv":
            headed, table = table is None, table or Table.of(block.data)
            found += orjson.loads(table.records(block.data, 10**6, headed=headed))
        else:
            found += orjson.loads(from_lines(block.data))
        if block.last:
            return found
        place = block.following
        assert file.stands_at(place)
        if hops:
            file = ExportFile(server(content, media), place)


@settings(max_examples=120, deadline=None)
@given(
    records=rows.filter(bool),
    form=st.sampled_from(["lines", "csv"]),
    packed=st.booleans(),
    piece=st.integers(1, 90),
    block=st.integers(1, 60),
    hops=st.booleans(),
)
def test_every_record_once_wherever_it_is_cut(
    records: list[tuple[str, str]], form: str, packed: bool, piece: int, block: int, hops: bool
) -> None:
    content = written(records, form)
    media = "application/x-ndjson" if form == "lines" else "text/csv"
    first = max(piece, 24)  # a piece that holds the file's beginning is needed to know what it is
    with patch.object(export_file, "PIECE", first), patch.object(export_file, "BLOCK", block):
        packed_content = gzip.compress(content, mtime=0) if packed else content
        found = asyncio.run(read(packed_content, media, hops=hops))
    assert [(one["id"], one["text"]) for one in found] == records


@pytest.mark.parametrize(
    ("content", "shift", "told"),
    [
        (gzip.compress(written(MANY, "lines"), mtime=0)[:-4], 0, "ends early"),
        (written(MANY, "lines"), 1, "another part"),
        (written(MANY, "lines"), -1, "another part"),
    ],
)
async def test_what_is_not_the_whole_file_in_its_order_is_refused(
    content: bytes, shift: int, told: str
) -> None:
    fetch = server(content, "application/x-ndjson")

    async def shifted(headers: dict[str, str]) -> OutResponse:
        first = int(headers["range"].removeprefix("bytes=").partition("-")[0])
        at = first + (shift if first else 0)
        return await fetch({"range": f"bytes={at}-{at + 99}"})

    file = ExportFile(shifted, Place())
    with pytest.raises(SourceError, match=told):
        await to_the_end(file)


async def to_the_end(file: ExportFile) -> None:
    while not (await file.block()).last:
        pass


async def test_a_part_without_a_byte_ends_the_reading() -> None:
    async def nothing(headers: dict[str, str]) -> OutResponse:
        return OutResponse(
            206, "", httpx2.Headers({"content-range": "bytes 0-0/9"}), b"", "http://a/", 0, None
        )

    with pytest.raises(SourceError, match="another part"):
        await asyncio.wait_for(ExportFile(nothing, Place()).block(), 10)
