"""The way to Temporal: one client whose payloads, failures and summaries are encrypted."""

from varlor.temporal.client import connect, data_converter, make_codec
from varlor.temporal.codec import EncryptingCodec
from varlor.temporal.codec_keys import CodecKeys
from varlor.temporal.codec_server import PayloadServer, decode_payloads, encode_payloads
from varlor.temporal.deliveries import TemporalDeliveries
from varlor.temporal.drains import TemporalDrains
from varlor.temporal.keeper import TemporalTokenKeeper
from varlor.temporal.schedules import TemporalTimetable
from varlor.temporal.sweep import sweep_inboxes
from varlor.temporal.sweeps import ensure_sweeps
from varlor.temporal.workflows import TemporalWorkflows

__all__ = [
    "CodecKeys",
    "EncryptingCodec",
    "PayloadServer",
    "TemporalDeliveries",
    "TemporalDrains",
    "TemporalTimetable",
    "TemporalTokenKeeper",
    "TemporalWorkflows",
    "connect",
    "data_converter",
    "decode_payloads",
    "encode_payloads",
    "ensure_sweeps",
    "make_codec",
    "sweep_inboxes",
]
