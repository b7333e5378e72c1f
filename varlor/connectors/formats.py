"""Answers that are not JSON but hold records: JSON lines, CSV, and either of them packed by gzip.

They become a JSON list before anything looks at them, so that paging and decoding know one form alone.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Final, Literal, Self
from urllib.parse import urlsplit

import orjson

from varlor.connectors.decoding import stops_early, utf8
from varlor.connectors.http.body import gunzip
from varlor.connectors.http.message import OutResponse
from varlor.connectors.shapes import distinct
from varlor.errors import SourceError

Form = Literal["lines", "csv", "json"]

_GZIP: Final = b"\x1f\x8b"
_LINES: Final = ("ndjson", "jsonl", "json-lines", "jsonlines", "x-json-stream", "json-seq")
_TABLES: Final = ("csv", "tab-separated-values", "tsv")
_UNTELLING: Final = ("", "text/plain", "application/octet-stream", "binary/octet-stream", "application/gzip")
_DELIMITERS: Final = (",", ";", "\t", "|")
_SAMPLE: Final = 20  # rows looked at for the delimiter
_SAMPLE_BYTES: Final = 65_536
_MOST_TRIES: Final = 1000  # line breaks inside one quoted value
csv.field_size_limit(2**31 - 1)  # of the process, so for all tables alike: a body has a limit of its own
_BATCH: Final = 1000  # rows encoded at a time
_RECORD_SEPARATOR: Final = b"\x1e"  # RFC 7464
_DECLARED: Final = re.compile(rb"sep=([^\r\n\"])[\r\n]+", re.IGNORECASE)  # for Excel, before the header
_NO_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x19]")  # a picture, a program, a packed document
_END: Final = "\x04"  # a row of ours after the last one; inside a quote that is never closed, it is none
# JSON or a page for people, whatever the media type says: read as a table they would hold no rows.
_NO_TABLE: Final = re.compile(rb"\s*(?:<(?:!doctype|html|\?xml)|\{\s*[\"}]|\[\s*[{\]])", re.IGNORECASE)


def is_plain(response: OutResponse) -> bool:
    """Whether the body can only be JSON (or nothing that can be read), so that it stays as it is."""
    body, kind = response.body, _kind(response.content_type, response.url)
    if body[:2] == _GZIP or any(word in kind for word in (*_LINES, *_TABLES)):
        return False
    start = body[:64].lstrip()[:1]
    return not body or start == b"[" or (start == b"{" and not _is_lines(body))


def as_json(response: OutResponse, max_bytes: int) -> OutResponse:
    """The same answer with its records as a JSON list; slow for large bodies, so not for the event loop.

    Raises SourceError: truncated, not_json (cannot be unpacked), bad_records (rows that do not fit
    their header), too_large (more than `max_bytes` unpacked, or as JSON).
    """
    body = response.body
    if body[:2] == _GZIP:
        body = gunzip(body, max_bytes)
    body = utf8(body, response.content_type)
    form = form_of(body, response.content_type, response.url)
    if form == "lines":
        return _told(response, from_lines(body), "JSON lines")
    if form == "csv":
        table = Table.of(body, response.content_type)
        shown = {"\t": "tab"}.get(table.delimiter, table.delimiter)
        return _told(response, table.records(body, max_bytes), f"CSV, columns parted by {shown}")
    return replace(response, body=body, content_type=_media(response.content_type))


def form_of(head: bytes, content_type: str | None, url: str) -> Form:
    """In what form the records are, by the media type, the file's name and how it begins."""
    kind = _kind(content_type, url)
    if _is_lines(head) or (any(word in kind for word in _LINES) and head[:64].lstrip()[:1] != b"["):
        return "lines"
    if any(word in kind for word in _TABLES):
        return "json" if _NO_TABLE.match(head, 0, 64) else "csv"
    if _looks_tabular(head, kind):
        return "csv"
    return "json"


def last_end(data: bytes | bytearray, form: Form, most: int) -> int:
    """Where the last whole record within the first `most` bytes ends; 0 when none does."""
    end = data.rfind(b"\n", 0, most) + 1
    tries = 0
    while form == "csv" and end and data.count(b'"', 0, end) % 2 and tries < _MOST_TRIES:
        end = data.rfind(b"\n", 0, end - 1) + 1  # that line break stood inside quotes
        tries += 1
    return 0 if tries == _MOST_TRIES else end


def _told(response: OutResponse, body: bytes, what: str) -> OutResponse:
    media = _media(response.content_type)
    return replace(response, body=body, content_type=media, note=f"The answer is {what}.")


def _media(content_type: str | None) -> str:
    """Without its charset, which the body has no longer."""
    return (content_type or "").partition(";")[0].strip().lower()


def _kind(content_type: str | None, url: str) -> str:
    """The media type, and what the address says of the file, as one text to look for words in."""
    media = _media(content_type)
    name = urlsplit(url).path.rpartition("/")[2].lower().removesuffix(".gz")
    ending = name.rpartition(".")[2] if "." in name else ""
    known = ending if ending in (*_LINES, *_TABLES) and "html" not in media else ""
    return f"{media} {known}".strip()


# --- JSON lines --------------------------------------------------------------------------------


def _is_lines(body: bytes) -> bool:
    """Whether the first line is a whole object and another one follows: JSON itself cannot be so."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n" + _RECORD_SEPARATOR)
    end = start.find(b"\n")
    if end < 0 or start[end : end + 64].strip(b" \t\r\n" + _RECORD_SEPARATOR)[:1] != b"{":
        return False
    line = start[:end].rstrip()
    if not (line.startswith(b"{") and line.endswith(b"}")):
        return False
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def from_lines(body: bytes) -> bytes:
    """A JSON list of the lines; raises SourceError(truncated) for a last line that stops early."""
    lines = [stripped for line in body.split(b"\n") if (stripped := line.strip(b" \t\r" + _RECORD_SEPARATOR))]
    opened = lines and lines[-1][:1] in (b"{", b"[") and lines[-1][-1:] not in (b"}", b"]")
    if opened or (lines and stops_early(lines[-1])):
        raise SourceError("truncated", "The answer ends in the middle of a line.")
    return b"[" + b",".join(lines) + b"]"


# --- CSV (RFC 4180) ----------------------------------------------------------------------------


def _looks_tabular(body: bytes, kind: str) -> bool:
    """Where the media type does not say: at least two rows, in two or more columns throughout."""
    start = body[:64].lstrip()[:1]
    if kind not in _UNTELLING or start in (b"{", b"[", b"<", b"") or _NO_TEXT.search(body, 0, _SAMPLE_BYTES):
        return False
    return _delimiter(body, sure=True) is not None


def _delimiter(body: bytes, *, sure: bool = False) -> str | None:
    """What parts the header in the most columns, two at least, and no sampled row in more.

    What also parts a row in as many comes first: a name may hold commas. `sure`: every row.
    """
    if declared := _DECLARED.match(body):
        return declared[1].decode("latin-1")
    sample = body if len(body) <= _SAMPLE_BYTES else body[:_SAMPLE_BYTES].rpartition(b"\n")[0]
    found: list[tuple[bool, int, str]] = []
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in islice(_rows(sample, delimiter, whole=False), _SAMPLE)]
        regular = len(widths) > 1 and len(set(widths)) == 1
        if widths and widths[0] > 1 and max(widths) == widths[0] and (regular or not sure):
            found.append((widths[0] in widths[1:], widths[0], delimiter))
    return max(found, key=lambda each: each[:2])[2] if found else None


def _undeclared(body: bytes) -> bytes:
    declared = _DECLARED.match(body)
    return body[declared.end() :] if declared else body


def _rows(body: bytes, delimiter: str, *, whole: bool = True) -> Iterator[list[str]]:
    """Rows that are not blank, decoded line by line; raises SourceError(bad_records).

    `whole`: also truncated, where a quote is still open at the end.
    """
    charset = _charset(body)
    lines = io.BytesIO(body if b"\n" in body else body.replace(b"\r", b"\n"))
    text = chain((line.decode(charset, "replace") for line in lines), (_END,))
    row: list[str] = []
    try:
        for row in csv.reader(text, delimiter=delimiter):
            if row != [_END] and (len(row) > 1 or (row and row[0])):
                yield row
    except csv.Error as error:
        raise SourceError("bad_records", f"The table cannot be read: {error}.") from None
    if whole and row != [_END]:
        raise SourceError("truncated", "The table ends inside a quoted value.")


def _charset(body: bytes) -> str:
    """Text of an unnamed charset is UTF-8 if it can be, else Windows-1252, as spreadsheets write it."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


@dataclass(frozen=True, slots=True)
class Table:
    """How a CSV file is to be read: its delimiter, and the names that its first row gives."""

    delimiter: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, beginning: bytes, content_type: str | None = None) -> Self:
        tabs = "tab-separated" in (content_type or "")
        delimiter = "\t" if tabs else _delimiter(beginning) or ","
        return cls(delimiter, tuple(_names(next(_rows(_undeclared(beginning), delimiter, whole=False), []))))

    def records(self, data: bytes, max_bytes: int, *, headed: bool = True) -> bytes:
        """A JSON list of objects; values stay text, what is empty is null. `headed`: the names come first."""
        rows = _rows(_undeclared(data) if headed else data, self.delimiter)
        pieces: list[bytes] = []
        room = max_bytes
        records = (
            self._record(row, number) for number, row in enumerate(rows, 1) if number > 1 or not headed
        )
        while batch := list(islice(records, _BATCH)):
            pieces.append(orjson.dumps(batch)[1:-1])
            room -= len(pieces[-1])
            if room < 0:
                raise SourceError("too_large", f"The table is larger than {max_bytes:,} bytes as JSON.")
        return b"[" + b",".join(pieces) + b"]"

    def _record(self, row: list[str], number: int) -> dict[str, str | None]:
        if len(row) > len(self.names):
            raise SourceError(
                "bad_records",
                f"Row {number} of the table has {len(row)} values for {len(self.names)} named columns.",
            )
        return {name: value or None for name, value in zip(self.names, row, strict=False)}


def _names(header: list[str]) -> list[str]:
    return distinct([name.strip() or f"column_{number}" for number, name in enumerate(header, 1)])
