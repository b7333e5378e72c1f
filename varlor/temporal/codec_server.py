"""Temporal's codec-server protocol as two functions: proto-JSON `{"payloads": […]}` in and out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import PayloadCodec

from varlor.errors import FieldProblem, InvalidInputError, SealError

MAX_PAYLOADS: Final = 1_000
MAX_BYTES: Final = 16 * 1024 * 1024  # of all payloads together; Temporal takes 2 MiB for each

_Step = Callable[[Sequence[Payload]], Awaitable[list[Payload]]]


async def decode_payloads(codec: PayloadCodec, body: Mapping[str, Any]) -> dict[str, Any]:
    """Decrypt what Temporal Web shows; InvalidInputError points at the payload that does not open."""
    return await _apply(codec.decode, body)


async def encode_payloads(codec: PayloadCodec, body: Mapping[str, Any]) -> dict[str, Any]:
    """Encrypt what an operator sends from Temporal Web."""
    return await _apply(codec.encode, body)


async def _apply(step: _Step, body: Mapping[str, Any]) -> dict[str, Any]:
    done = [await _one(step, index, payload) for index, payload in enumerate(_parse(body))]
    # Not by MessageToDict on the whole: that leaves "payloads" out when there are none.
    return {"payloads": [MessageToDict(payload) for payload in done]}


async def _one(step: _Step, index: int, payload: Payload) -> Payload:
    try:
        (done,) = await step([payload])
    except SealError as error:
        raise InvalidInputError(error.detail, FieldProblem(f"/payloads/{index}", error.detail)) from error
    return done


def _parse(body: Mapping[str, Any]) -> Sequence[Payload]:
    listed: object = body.get("payloads", [])
    if isinstance(listed, list) and len(listed) > MAX_PAYLOADS:
        raise _refused(f"Send at most {MAX_PAYLOADS} payloads at once.")
    try:
        payloads = ParseDict(dict(body), Payloads(), ignore_unknown_fields=True).payloads
    except (ParseError, RecursionError):
        # The reason would repeat the offending value.
        raise _refused("Send a list of payloads, each with metadata and data in base64.") from None
    if sum(payload.ByteSize() for payload in payloads) > MAX_BYTES:
        raise _refused(f"Send at most {MAX_BYTES} bytes of payloads at once.")
    return payloads


def _refused(reason: str) -> InvalidInputError:
    return InvalidInputError("These payloads cannot be read.", FieldProblem("/payloads", reason))


class PayloadServer:
    """Both functions, bound to one codec."""

    def __init__(self, codec: PayloadCodec) -> None:
        self._codec = codec

    async def decode(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return await decode_payloads(self._codec, body)

    async def encode(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return await encode_payloads(self._codec, body)
