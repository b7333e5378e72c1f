"""Reads one answer as its bytes come (RFC 9112); llhttp, behind httptools, is what tells its parts."""

from typing import Final

import httptools

# Bytes in a row that are no body: heads, interim answers (RFC 9110 section 15.2), chunk extensions, trailers.
_MOST_AROUND: Final = 128 * 1024
_MOST_PIECES: Final = 8
_FINAL: Final = 200  # a lower status is interim: another answer follows


class TooMuchAroundError(Exception):
    pass


class Answer:
    """`status`, `reason` and `headers` count once `headed`; `take` gives the body as it comes.

    `lasting`: the connection may carry another request once the answer is `whole`.
    """

    def __init__(self, method: str) -> None:
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self.held = 0  # bytes of the body that nobody took yet
        self.headed = False
        self.whole = False
        self.lasting = False
        self._bodiless = method in ("HEAD", "CONNECT")
        self._around = 0
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(  # dangerous where another reads the same bytes otherwise
            lenient_headers=True,
            lenient_chunked_length=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )

    def feed(self, data: bytes) -> None:
        """Raises HttpParserError, HttpParserUpgrade and TooMuchAroundError; what came before them counts."""
        held = self.held
        self._parser.feed_data(data)
        self._around = 0 if self.held > held else self._around + len(data)
        if self._around > _MOST_AROUND and not self.whole:
            raise TooMuchAroundError

    def end(self) -> None:
        """The connection ended; so does a body that tells no length (RFC 9112 section 6.3)."""
        framed = any(
            name.lower() == b"content-length"
            or (name.lower() == b"transfer-encoding" and b"chunked" in value.lower())
            for name, value in self.headers
        )
        self.whole = self.whole or (self.headed and not framed)

    def take(self) -> bytes:
        """The next piece of the body; many small ones as one, for each has a cost of its own."""
        if len(self._pieces) > _MOST_PIECES:
            self._pieces = [b"".join(self._pieces)]
        piece = self._pieces.pop(0)
        self.held -= len(piece)
        return piece

    def on_message_begin(self) -> None:
        if self.headed:
            self.lasting = False
            raise ValueError("more than one answer")

    def on_status(self, reason: bytes) -> None:
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.headed:  # else it is a trailer, of which nobody asks for any
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status < _FINAL:
            self.headers, self.reason = [], b""
            return
        self.headed = True
        self.whole = self._bodiless
        self.lasting = not self._bodiless and self._parser.should_keep_alive()

    def on_body(self, piece: bytes) -> None:
        if self.headed and not self._bodiless:
            self._pieces.append(piece)
            self.held += len(piece)

    def on_message_complete(self) -> None:
        self.whole = self.headed
