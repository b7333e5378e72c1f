"""One answer of a GraphQL server: its data, its faults, and its records as the datasets room takes them."""

from typing import Any, cast

from varlor.connectors.decoding import decode, encode, refuse, utf8
from varlor.connectors.graphql.faults import Fault, read_faults
from varlor.connectors.graphql.spots import Spot, plainly, reach
from varlor.connectors.http import OutResponse
from varlor.connectors.jsonpaths import path
from varlor.connectors.shapes import extract, given
from varlor.errors import SourceError
from varlor.redaction import redact_text


class Answer:
    """`ports.PageResponse`; a list without nulls stays in the body as it came, all else is rewritten."""

    def __init__(self, response: OutResponse, secrets: tuple[str, ...]) -> None:
        """Raises SourceError(not_json, truncated, bad_records) for what is no GraphQL answer."""
        self.response = response
        document, self._body = _decoded(response, secrets)
        self._document = document
        self._rewritten = True
        self.data: Any = document.get("data")
        self.whole = document
        self.faults: list[Fault] = read_faults(document, secrets)
        self.records: list[Any] = []
        self.record_path = "$"
        self.lost = 0  # records that came as null
        self.at: int | None = None  # the page to go on after, whether or not anything came with it

    @property
    def body(self) -> bytes:
        return encode(self.records) if self._rewritten else self._body

    def document(self) -> Any:
        return self.records if self._rewritten else self._document

    def take(self, spot: Spot) -> None:
        """Take the records; what a server failed at comes as null, and is left out and counted."""
        found = reach(self.data, spot.keys)
        members = _members(found, spot)
        kept = [each for each in members if each is not None]
        self.records, self.lost = kept, len(members) - len(kept)
        _require_objects(kept, spot.path)
        as_it_came = plainly(self.data, spot.keys) is found and isinstance(found, list)
        if as_it_came and spot.inner is None and not self.lost:
            self.record_path, self._rewritten = spot.path, False

    def select(self, record_path: str) -> None:
        """Take what a caller's own JSONPath selects."""
        if not path(record_path).all(self.whole):
            raise SourceError("bad_records", f"recordPath {record_path} finds nothing in the answer.")
        self.records = [each for each in extract(self.whole, given(record_path)) if each is not None]
        _require_objects(self.records, record_path)

    def clear(self) -> None:
        self.records, self.record_path, self._rewritten = [], "$", True

    def add_to_each(self, name: str, value: Any) -> None:
        """Give every record one more member."""
        self.records = [{**record, name: value} for record in self.records]
        self.record_path, self._rewritten = "$", True


def _decoded(response: OutResponse, secrets: tuple[str, ...]) -> tuple[dict[str, Any], bytes]:
    try:
        decoded = decode(utf8(response.body, response.content_type))
        document = decoded.document
        if isinstance(document, dict) and ("data" in document or document.get("errors")):
            return cast("dict[str, Any]", document), decoded.body
        refuse(decoded.body, "The answer is JSON, but no GraphQL answer: it has neither data nor errors.")
    except SourceError as error:
        if error.excerpt is not None:
            error.excerpt = redact_text(error.excerpt, secrets)
        raise


def _members(found: Any, spot: Spot) -> list[Any]:
    if spot.one:
        return [] if found is None else [found]
    if found is None:
        return []
    if not isinstance(found, list):
        raise SourceError("bad_records", f"{spot.path} is no list of records.")
    members = cast("list[Any]", found)
    if spot.inner is None:
        return members
    return [each.get(spot.inner) if isinstance(each, dict) else None for each in members]


def _require_objects(records: list[Any], where: str) -> None:
    if not all(isinstance(each, dict) for each in records):
        raise SourceError("bad_records", f"{where} holds plain values; records are objects.")
