"""An event as a record: its own fields to the letter, ours beside them, and a reason where it makes none."""

from datetime import UTC, datetime

import orjson
import pytest

from varlor.connectors.webhook import EventRecords
from varlor.errors import SourceError
from varlor.ports import WaitingEvent

AT = datetime(2026, 1, 2, 3, 4, 5, 678, UTC)
READER = EventRecords()


def waiting(body: bytes, kind: str | None = None) -> WaitingEvent:
    return WaitingEvent("evt_1", "id-1", kind, 7, AT, body)


def test_the_events_own_text_is_kept_as_it_came() -> None:
    body = b' {"big": 123456789012345678901234567890, "f": 1.10, "t": "\\u00e9"} '
    record = READER.record(waiting(body, "push"))
    assert b"123456789012345678901234567890" in record
    document = READER.page([record, record]).document()
    assert document[0]["big"] == 123456789012345678901234567890
    assert document[1]["_event_id"] == "id-1"
    assert document[0]["_event_type"] == "push"
    assert document[0]["_event_received_at"] == "2026-01-02T03:04:05.000678Z"
    assert document[0]["_event_sequence"] == 7


@pytest.mark.parametrize("body", [b"{}", b" { } ", b'{"_event_id":"theirs","n":1}'])
def test_ours_cannot_be_spoofed_and_an_empty_event_is_an_event(body: bytes) -> None:
    assert orjson.loads(READER.record(waiting(body)))["_event_id"] == "id-1"


@pytest.mark.parametrize(
    "body",
    [b"", b"plain", b"[1]", b'"text"', b"7", b"null", b'{"a":', b'{"a":NaN}', b"\xff\xfe", b"[" * 100_000],
)
def test_what_makes_no_row_says_why(body: bytes) -> None:
    with pytest.raises(SourceError) as told:
        READER.record(waiting(body))
    assert told.value.detail.startswith("The event "), "nobody asked an API here"
    assert "path" not in told.value.detail
