"""Events to one page of records for the datasets room: an event's own fields, and what we know of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from varlor.connectors.decoding import decode, encode
from varlor.errors import SourceError
from varlor.ports import WaitingEvent

ID, KIND, RECEIVED, SEQUENCE = "_event_id", "_event_type", "_event_received_at", "_event_sequence"
_OWN: Final = frozenset({ID, KIND, RECEIVED, SEQUENCE})


class EventPage:
    """ports.PageResponse: a list of records, each in JSON already."""

    record_path = "$"

    def __init__(self, records: Sequence[bytes]) -> None:
        self.body = b"[%s]" % b",".join(records)

    def document(self) -> Any:
        return decode(self.body).document


class EventRecords:
    """ports.EventReader."""

    def record(self, event: WaitingEvent) -> bytes:
        try:
            told = decode(event.body)
        except SourceError as error:  # told of an API's answer, with advice for who asked it
            what = error.detail.partition(". ")[0].removesuffix(".")
            raise SourceError(error.kind, what.replace("The answer", "The event") + ".") from None
        if not isinstance(told.document, dict):
            kind = type(told.document).__name__
            raise SourceError("bad_records", f"The event is JSON, but no object ({kind}): it makes no row.")
        own = {ID: event.event_id, RECEIVED: _text(event.received_at), SEQUENCE: event.sequence}
        if event.kind is not None:
            own[KIND] = event.kind
        if not told.document or not _OWN.isdisjoint(told.document):
            return encode(told.document | own)
        return told.body.strip()[:-1] + b"," + orjson.dumps(own)[1:]  # as it came, without writing it anew

    def page(self, records: Sequence[bytes]) -> EventPage:
        return EventPage(records)


def _text(time: datetime) -> str:
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")
