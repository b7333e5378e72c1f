"""Reads an answer whole in bounded memory: the cap counts decoded bytes, and is checked before they exist."""

import zlib
from collections.abc import AsyncIterable, Iterator
from typing import Final

from varlor.errors import SourceError

ACCEPTED: Final = "gzip, deflate"
_GZIP: Final = 31
_ZLIB: Final = 15
_RAW: Final = -15
_MAX_MEMBERS: Final = 1000  # of one gzip stream; each costs a copy of what follows it


async def read_body(stream: AsyncIterable[bytes], coding: str, length: str, max_bytes: int) -> bytes:
    """The decoded body; `coding` and `length` are the answer's Content-Encoding and Content-Length.

    Raises SourceError: too_large, truncated (a compressed body that ends early), not_json (a coding
    that cannot be read).
    """
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return await _read_plain(stream, length, max_bytes)
    inflater = _Inflater(coding)
    chunks: list[bytes] = []
    room = max_bytes
    async for chunk in stream:
        for piece in inflater.feed(chunk, room + 1):
            room -= len(piece)
            if room < 0:
                raise _too_large(max_bytes)
            chunks.append(piece)
    inflater.finish()
    return b"".join(chunks)


def gunzip(data: bytes, max_bytes: int) -> bytes:
    """A whole gzip file unpacked; raises SourceError as `read_body` does."""
    inflater, room = _Inflater("gzip"), max_bytes
    pieces: list[bytes] = []
    for piece in inflater.feed(data, room + 1):
        room -= len(piece)
        if room < 0:
            raise _too_large(max_bytes)
        pieces.append(piece)
    inflater.finish()
    return b"".join(pieces)


async def _read_plain(stream: AsyncIterable[bytes], length: str, max_bytes: int) -> bytes:
    if length.isdecimal() and int(length[:20]) > max_bytes:
        raise _too_large(max_bytes)
    chunks: list[bytes] = []
    room = max_bytes
    async for chunk in stream:
        room -= len(chunk)
        if room < 0:
            raise _too_large(max_bytes)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class _Inflater:
    """One layer of gzip or deflate (RFC 9110 section 8.4.1); layers upon layers serve only bombs."""

    def __init__(self, coding: str) -> None:
        if coding not in ("gzip", "x-gzip", "deflate"):
            raise SourceError("not_json", "The answer is in a content coding that was not asked for.")
        self._deflate = coding == "deflate"
        self._state = zlib.decompressobj(_ZLIB if self._deflate else _GZIP)
        self._members = 0  # 0 before the first byte

    def feed(self, data: bytes, room: int) -> Iterator[bytes]:
        """Pieces of at most `room` bytes in all; the caller stops once it has more than it wants."""
        while data:
            if self._state.eof:
                self._state = zlib.decompressobj(_ZLIB if self._deflate else _GZIP)
            piece = self._inflate(data, room)
            room -= len(piece)
            yield piece
            data = self._state.unused_data

    def _inflate(self, data: bytes, room: int) -> bytes:
        try:
            piece = self._state.decompress(data, room)
        except zlib.error:
            if not self._deflate or self._members:
                raise _garbled() from None
            self._members = 1  # raw deflate, as some servers send it
            self._state = zlib.decompressobj(_RAW)
            return self._inflate(data, room)
        self._members += self._state.eof or not self._members
        if self._members > _MAX_MEMBERS:
            raise _garbled()
        return piece

    def finish(self) -> None:
        if self._members and not self._state.eof:
            raise SourceError("truncated", "The compressed answer ends early.")


def _garbled() -> SourceError:
    return SourceError("not_json", "The compressed answer cannot be decompressed.")


def _too_large(max_bytes: int) -> SourceError:
    return SourceError("too_large", f"The answer is larger than {max_bytes:,} bytes.")
