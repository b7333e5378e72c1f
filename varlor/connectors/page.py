"""One page as the datasets room takes it: JSON bytes and the simple path to a list of records in them."""

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

import httpx2
import orjson

from varlor.connectors.decoding import Decoded, decode, encode, require_json, utf8
from varlor.connectors.http.message import OutResponse
from varlor.connectors.jsonpaths import Path, path
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.seen import Marks
from varlor.connectors.pagination.step import Beside
from varlor.connectors.pagination.trial import Trial
from varlor.connectors.pagination.vocabulary import ID_FIELDS
from varlor.connectors.records import ERRORS, an_error, locate, tells_error
from varlor.connectors.shapes import Place, extract, given
from varlor.contracts.pagination import Pagination
from varlor.errors import SourceError
from varlor.redaction import redact_text

_NO_CONTENT: Final = 204
_BRIEF: Final = 65_536  # bytes that an answer with an empty list does not exceed
_WORDS: Final = ("message", "detail")
_TAIL: Final = 8192  # bytes before the last bracket, where what follows the records stands
_FLAG: Final = re.compile(
    rb'"(?:has_?more(?:_?items)?|has_?next(?:_?page)?|more(?:_?results?|_?records)?'
    rb'|is_?last(?:_?page)?|end_?of_?(?:stream|list|records))"\s*:\s*[tf]',
    re.IGNORECASE,
)


class Page:
    """`ports.PageResponse`. `body` holds a list at `record_path`, which is `$` or plain names (`$.a.b`).

    Shapes that are not like that (rows beside columns, one object, an object keyed by id, a path
    with wildcards) are rewritten. `answer` is the API's own document, as pagination reads it.
    """

    __slots__ = (
        "_body",
        "_decoded",
        "_framed",
        "_note",
        "_records",
        "_secrets",
        "adopted",
        "base",
        "ended",
        "headers",
        "marks",
        "place",
        "record_path",
        "trial",
        "url",
    )

    def __init__(
        self, response: OutResponse, note: Callable[[str], None], secrets: tuple[str, ...] = ()
    ) -> None:
        nothing = response.status == _NO_CONTENT
        self._body = b"[]" if nothing else utf8(response.body, response.content_type)
        self._note = note
        if response.note:
            note(response.note)
        self._secrets = secrets  # not to be shown when a broken answer is
        self._decoded: Decoded | None = None
        self._records: list[Any] | None = None
        self._framed: Any = None  # the envelope alone, once it was cut out
        self.headers = response.headers
        self.url = response.url
        self.place = Place("$")
        self.record_path = "$"
        self.marks: Marks | None = None  # of the records as they came; taken where a repeat must be noticed
        # What fetching this page settled, for the cursor after it:
        self.ended: str | None = None  # why there is nothing after this page
        self.base: Asked | None = None  # the plain request, when the first one had to be made plainer
        self.trial: Trial | None = None  # how far a trial got
        self.adopted: tuple[Pagination, Asked] | None = None  # what a trial found

    @classmethod
    def nothing(cls, note: Callable[[str], None], ended: str | None = None) -> "Page":
        """A page without records, in place of an answer that only says that there are no more."""
        page = cls(OutResponse(_NO_CONTENT, "", httpx2.Headers(), b"", "", 0, None), note)
        page._records = []
        page.ended = ended
        return page

    def is_empty(self) -> bool:
        return not self.records()

    @property
    def body(self) -> bytes:
        return self._body

    def document(self) -> Any:
        """The body parsed; raises SourceError not_json, truncated or bad_records."""
        return self.records() if self._rewritten else self.answer()

    @property
    def _rewritten(self) -> bool:
        return self._records is not None and self.record_path == "$"

    def answer(self) -> Any:
        """The API's own document, parsed once."""
        if self._decoded is None:
            with self._discreet():
                self._decoded = decode(self._body)
            self._body = self._decoded.body
            if self._decoded.note:
                self._note(self._decoded.note)
        return self._decoded.document

    @contextmanager
    def _discreet(self) -> Generator[None]:
        try:
            yield
        except SourceError as error:
            if error.excerpt is not None:
                error.excerpt = redact_text(error.excerpt, self._secrets)
            raise

    def around(self, where: Path, *, beside: Beside = None) -> Any:
        """The answer, or the answer with its records cut out, where that holds the same at `where`.

        Cutting saves parsing the records of pages that go to Arrow as they are. `beside`: what says
        whether there is more is wanted too, `anywhere` by a look at every byte.
        """
        if beside and self._frame_hides(beside):
            return self.answer()
        if self._decoded is None and self.place.shape == "list" and self.place.path != "$" and where.keys:
            if self._framed is None:
                self._framed = self._frame(self.place.path.rpartition(".")[2])
            if self._framed is not None and where.one(self._framed) is not None:
                return self._framed
        return self.answer()

    def _frame(self, name: str) -> Any:
        """What is left without the text from the first to the last bracket; None where that may mislead."""
        body = self._body
        start, end = body.find(b"["), body.rfind(b"]")
        if not _named(body, start, name):
            return None
        try:
            return orjson.loads(body[:start] + b"[]" + body[end + 1 :])
        except orjson.JSONDecodeError:
            return None

    def _frame_hides(self, beside: Beside) -> bool:
        body = self._body
        start, end = body.find(b"["), body.rfind(b"]")
        if beside == "anywhere" and (
            body.find(b'"has', start, end) >= 0 or body.find(b'"more"', start, end) >= 0
        ):
            return True
        return _FLAG.search(body, max(start, end - _TAIL, 0), max(end, 0)) is not None

    def records(self) -> list[Any]:
        return self._records if self._records is not None else extract(self.answer(), self.place)

    def find(self, hint: str | None, url_path: str, *, explicit: bool) -> None:
        """Settle where the records are: at `hint` if it holds, else (unless explicit) the likeliest place."""
        answer = self.answer()
        if hint is not None and path(hint).all(answer):
            likely = self._likely(url_path)
            self.settle(likely if likely is not None and likely.path == hint else given(hint))
            return
        if explicit:
            likely = self._likely(url_path)
            seen = f" {likely.why()}" if likely else ""
            raise SourceError("bad_records", f"recordPath {hint} finds nothing in the answer.{seen}")
        place = locate(answer, url_path)
        self.settle(place)
        self._note(place.why())

    def _likely(self, url_path: str) -> Place | None:
        try:
            return locate(self.answer(), url_path)
        except SourceError:
            return None

    def settle(self, place: Place) -> None:
        """Take the records from `place`, parsing only where the body must be rewritten."""
        self.place = place
        with self._discreet():
            require_json(self._body)
        keys = path(place.path).keys
        if place.shape == "list" and keys is not None and self._holds(keys):
            if keys and self._may_tell_error():
                self._refuse_error(place)
            self.record_path = place.path
            return
        self._refuse_error(place)
        self._records = extract(self.answer(), place)
        self._body = encode(self._records)

    def _holds(self, keys: tuple[str, ...]) -> bool:
        """Whether the list is surely there; APIs drop an empty one, send null, or one object instead."""
        if not keys:
            return self._body.lstrip()[:1] == b"["
        if _named(self._body, self._body.find(b"["), keys[-1]):
            return True
        return isinstance(path(self.place.path).one(self.answer()), list)

    def _refuse_error(self, place: Place) -> None:
        """An error under status 200 must not pass for an empty last page."""
        answer = self.answer()
        if place.shape == "one" or not isinstance(answer, dict):
            return
        if place.path == "$":  # a list, or objects by id, where now a message is
            said = _is_message(answer, str | list if place.shape == "keyed" else str | list | dict)
        else:
            said = tells_error(answer) and not any(path(place.path).all(answer))
        if said:
            raise an_error()

    def _may_tell_error(self) -> bool:
        """Whether it may be an error beside an empty list, which would empty a dataset that is replaced."""
        return len(self._body) <= _BRIEF and b'"error' in self._body

    def take_marks(self) -> Marks:
        """Once: the records stay as they came."""
        if self.marks is None:
            self.marks = Marks.of(self._body)
        return self.marks


def _named(body: bytes, bracket: int, name: str) -> bool:
    """Whether the list that opens at `bracket` is the member `name`."""
    before = body[max(0, bracket - len(name) - 32) : max(0, bracket)].rstrip()
    return before.endswith(b":") and before[:-1].rstrip().endswith(b'"%s"' % name.encode())


def _is_message(answer: dict[str, Any], errors: Any) -> bool:
    """Whether it says what went wrong: by an error of one of the types `errors`, or by flat words."""
    if any(name in answer for name in ID_FIELDS):
        return False
    if any(answer.get(name) and isinstance(answer[name], errors) for name in ERRORS):
        return True
    nested = any(isinstance(value, list | dict) for value in answer.values())
    return not nested and any(answer.get(name) and isinstance(answer[name], str) for name in _WORDS)
