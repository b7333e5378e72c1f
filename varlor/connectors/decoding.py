"""Bytes of an answer to JSON: exact where orjson is not, lenient where nothing is lost, else clear."""

import codecs
import json
import math
import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import orjson

from varlor.errors import SourceError
from varlor.redaction import redact_text

MAX_DEPTH: Final = 1000  # levels; orjson stops at 1,024
EXCERPT: Final = 500  # characters
_BOM: Final = codecs.BOM_UTF8
_MARKS: Final = (  # the longer first: one begins like the other
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ONE_BYTE: Final = re.compile(r"iso-?8859|latin|windows-125|cp125", re.IGNORECASE)
# Digits, and what a value follows, as one character each; then the integers that orjson makes floats of.
_SHAPES: Final = bytes.maketrans(b"123456789,[ \t\r\n", b"000000000::::::")
_BEYOND_64_BITS: Final = (b":" + b"0" * 20, b":-" + b"0" * 19)
_MOST_DIGITS: Final = 4300  # what int() takes; a longer number stays text


@dataclass(frozen=True, slots=True)
class Decoded:
    """`document`, its `body` (changed where the answer needed mending) and what was mended."""

    document: Any
    body: bytes
    note: str | None = None


def utf8(body: bytes, content_type: str | None) -> bytes:
    """`body` in UTF-8 without a byte order mark, which says more than a charset; an unknown one is UTF-8."""
    for mark, marked in _MARKS:
        if body.startswith(mark):
            return body.removeprefix(mark).decode(marked, "replace").encode()
    if body.startswith(_BOM):
        return body[3:]
    charset = re.search(r"charset=[\"']?([\w.:-]+)", content_type or "", re.IGNORECASE)
    if charset is None or charset[1].lower() in {"utf-8", "utf8", "us-ascii", "ascii"}:
        return body
    try:
        if _ONE_BYTE.match(charset[1]) and _is_utf8(body):
            return body  # what a server adds by default; text of a byte a letter is no UTF-8 by chance
        return body.decode(charset[1], "replace").encode()
    except (LookupError, ValueError):
        return body


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def decode(body: bytes) -> Decoded:
    """Raises SourceError: not_json, truncated, bad_records (nested too deeply)."""
    shapes = body.translate(_SHAPES)
    if any(long in shapes for long in _BEYOND_64_BITS):
        return _lenient(body)
    try:
        return Decoded(orjson.loads(body), body)
    except orjson.JSONDecodeError:
        return _lenient(body)


def encode(value: Any) -> bytes:
    """JSON bytes, integers of any size included."""
    try:
        return orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _lenient(body: bytes) -> Decoded:
    require_json(body)
    text = body.decode("utf-8", "replace")
    try:
        loaded = json.loads(text, parse_int=_integer, parse_float=_number, parse_constant=_constant)
        written = json.dumps(loaded, ensure_ascii=False)
        whole = _without_lone_surrogates(written)
        document = json.loads(whole, parse_int=_integer)
    except RecursionError:
        raise SourceError(
            "bad_records", f"The answer nests deeper than {MAX_DEPTH} levels; ask the API for a flatter one."
        ) from None
    except json.JSONDecodeError as error:
        refuse(body, f"The answer breaks the rules of JSON at character {error.pos}: {error.msg}.")
    _check_depth(document)
    mended = whole != written or text.encode() != body
    note = "Some text was not valid Unicode; what could not be read became U+FFFD." if mended else None
    return Decoded(document, whole.encode(), note)


def _without_lone_surrogates(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _integer(literal: str) -> int | str:
    return int(literal) if len(literal) <= _MOST_DIGITS else literal


def _number(literal: str) -> float | str:
    """Beyond a double it stays text: infinity would be written as null later."""
    number = float(literal)
    return number if math.isfinite(number) else literal


def _constant(name: str) -> NoReturn:
    raise SourceError(
        "not_json", f"The answer holds {name}, which JSON does not have; the API must send null."
    )


def _check_depth(document: Any) -> None:
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise SourceError("bad_records", f"The answer nests deeper than {MAX_DEPTH} levels.")


def require_json(body: bytes) -> None:
    """A look at both ends, cheap enough for every page: raises SourceError not_json or truncated."""
    start, end = body[:64].lstrip(), body[-64:].rstrip()
    if not start or not end:
        if body.strip():
            refuse(body, "The answer is not JSON.")
        raise SourceError("not_json", "The answer is empty. Check the path and the Accept header.")
    opened = start[:1]
    if opened in (b"{", b"["):
        if end[-1:] != (b"}" if opened == b"{" else b"]"):
            raise SourceError("truncated", "The answer ends in the middle of its JSON.")
    elif opened == b"<":
        refuse(
            body, "The answer is a web page or XML, not JSON. Check the path; it may be a page for people."
        )


def refuse(body: bytes, detail: str) -> NoReturn:
    """Raise not_json with the beginning of what came instead, or truncated where it just stops."""
    if stops_early(body):
        raise SourceError("truncated", "The answer ends in the middle of its JSON.")
    raise SourceError("not_json", detail, excerpt=excerpt(body))


def stops_early(body: bytes) -> bool:
    """Whether it is JSON up to where it just ends."""
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return body.lstrip()[:1] in (b"{", b"[") and error.pos >= len(error.doc.rstrip()) > 0
    return False


def excerpt(body: bytes, secrets: tuple[str, ...] = (), limit: int = EXCERPT) -> str:
    """The beginning of an answer, redacted and cut."""
    return redact_text(body[: limit * 16].decode("utf-8", "replace"), secrets, limit)
