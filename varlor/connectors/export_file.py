"""A large file, read in pieces by ranges (RFC 9110 section 14) and handed out in blocks of whole records.

A piece that fails is asked for again alone. A plain file goes on at the byte where it stopped; another
reader unpacks one packed by gzip from its beginning, and skips what was handed out.
"""

import re
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from varlor.connectors.formats import Form, form_of, last_end
from varlor.connectors.http import OutResponse
from varlor.errors import SourceError

PIECE: Final = 8 * 1024 * 1024  # bytes asked for at a time
BLOCK: Final = 4 * 1024 * 1024  # unpacked bytes handed out at a time
LARGEST: Final = 64 * 1024 * 1024  # of one block: a JSON document cannot be cut
_GZIP: Final = b"\x1f\x8b"
_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_PAST_THE_END: Final = 416
_PART: Final = 206

Fetch = Callable[[dict[str, str]], Awaitable[OutResponse]]
"""Sends the request for the file with these headers besides."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file a reading stands: `at` unpacked bytes were handed out. `version` is of its content."""

    at: int = 0
    form: Form | None = None
    packed: bool = False
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records, where the next block begins, and whether there is one."""

    data: bytes
    following: Place
    last: bool


class ExportFile:
    """One file, from `place` on."""

    def __init__(self, fetch: Fetch, place: Place) -> None:
        self._fetch = fetch
        self._place = place
        self._read = 0 if place.packed else place.at  # bytes of the file as it is sent
        self._skip = place.at if place.packed else 0  # unpacked bytes
        self._size: int | None = None
        self._pending = b""  # read, and not unpacked yet
        self._inflater: Any = None
        self._buffer = bytearray()

    def stands_at(self, place: Place) -> bool:
        return self._place == place

    async def block(self) -> Block:
        """The next records.

        Raises SourceError: too_large (a record or a JSON document beyond 64 MiB, or a server that
        knows no ranges and sends more), truncated, not_json (cannot be unpacked), export_failed (the
        file has changed since its first piece).
        """
        wanted, end = BLOCK, 0
        while not end:
            await self._fill(wanted)
            whole = self._at_end()
            end = len(self._buffer) if whole else self._boundary(wanted)
            if whole:
                break
            if not end and wanted >= LARGEST:
                raise SourceError(
                    "too_large",
                    f"A record or document of the export exceeds {LARGEST:,} bytes; ask for JSON lines.",
                )
            wanted *= 2
        return self._handed(end)

    def _boundary(self, wanted: int) -> int:
        form = self._place.form
        return 0 if form is None or form == "json" else last_end(self._buffer, form, wanted)

    def _handed(self, end: int) -> Block:
        data = bytes(self._buffer[:end])
        del self._buffer[:end]
        place = self._place
        self._place = Place(place.at + end, place.form, place.packed, place.version)
        return Block(data, self._place, self._at_end())

    def _at_end(self) -> bool:
        return self._size is not None and self._read >= self._size and not self._pending

    async def _fill(self, wanted: int) -> None:
        """Unpacked bytes into the buffer until there are as many as wanted, or no more."""
        while len(self._buffer) < wanted and not self._at_end():
            if not self._pending:
                self._pending = await self._piece()
            self._unpack(wanted + self._skip)
        if self._at_end() and self._inflater is not None and not self._inflater.eof:
            raise SourceError("truncated", "The export's compressed file ends early.")

    async def _piece(self) -> bytes:
        headers = {"range": f"bytes={self._read}-{self._read + PIECE - 1}", "accept-encoding": "identity"}
        try:
            answer = await self._fetch(headers)
        except SourceError as error:
            if error.status != _PAST_THE_END:
                raise
            self._size = self._read
            return b""
        self._same_file(answer)
        data = self._within(answer)
        if self._read == 0:
            self._look_at(data, answer)
        self._read += len(data)
        return data

    def _same_file(self, answer: OutResponse) -> None:
        version = answer.headers.get("etag") or answer.headers.get("last-modified")
        if self._place.version not in (None, version):
            raise SourceError("export_failed", "The export's file changed while it was read.")
        place = self._place
        self._place = Place(place.at, place.form, place.packed, version)

    def _within(self, answer: OutResponse) -> bytes:
        """What the answer holds from where we are on; it sets the size of the whole.

        A whole answer is JSON by now, whatever it came as: no part of it goes on where another answer ended.
        """
        if answer.status != _PART and self._read == self._place.at == 0:
            self._size = len(answer.body)
            return answer.body
        found = _RANGE.fullmatch(answer.headers.get("content-range", "").strip())
        if answer.status != _PART or found is None or int(found[1]) != self._read or not answer.body:
            raise SourceError("truncated", "The API answered another part of the file than was asked for.")
        self._size = int(found[3])
        return answer.body

    def _look_at(self, data: bytes, answer: OutResponse) -> None:
        """At the file's beginning: is it packed, and in what form are the records?"""
        packed = data[:2] == _GZIP
        head = zlib.decompressobj(31).decompress(data, 65_536) if packed else data[:65_536]
        form = self._place.form or form_of(head, answer.content_type, answer.url)
        self._place = Place(self._place.at, form, packed, self._place.version)
        if packed:
            self._inflater = zlib.decompressobj(31)

    def _unpack(self, room: int) -> None:
        data, self._pending = self._pending, b""
        if self._inflater is not None:
            data = self._inflated(data, room - len(self._buffer))
        dropped = min(self._skip, len(data))
        self._skip -= dropped
        self._buffer += data[dropped:]

    def _inflated(self, data: bytes, room: int) -> bytes:
        if self._inflater.eof:  # another member follows
            self._inflater = zlib.decompressobj(31)
        try:
            piece = self._inflater.decompress(data, max(room, 1))
        except zlib.error:
            raise SourceError("not_json", "The export's file cannot be decompressed.") from None
        self._pending = self._inflater.unconsumed_tail or self._inflater.unused_data
        return piece
