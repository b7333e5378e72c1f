"""The codec server answers Temporal Web in proto-JSON and refuses what it cannot read, by pointer."""

import base64
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload, Payloads

from tests.temporal.keys import codec_key
from varlor.errors import InvalidInputError
from varlor.temporal import CodecKeys, EncryptingCodec, decode_payloads, encode_payloads

PLAIN = {
    "metadata": {"encoding": base64.b64encode(b"json/plain").decode()},
    "data": base64.b64encode(b'{"rows":1}').decode(),
}


@pytest.fixture
def codec() -> EncryptingCodec:
    return EncryptingCodec(CodecKeys.parse(codec_key("c1")))


async def test_what_is_encoded_is_decoded_again(codec: EncryptingCodec) -> None:
    encoded = await encode_payloads(codec, {"payloads": [PLAIN, PLAIN]})
    assert encoded["payloads"][0]["metadata"]["encoding"] == base64.b64encode(b"binary/encrypted").decode()
    assert await decode_payloads(codec, encoded) == {"payloads": [PLAIN, PLAIN]}


async def test_what_the_client_encrypted_is_readable(codec: EncryptingCodec) -> None:
    payloads = await codec.encode([Payload(metadata={"encoding": b"json/plain"}, data=b'{"rows":1}')])
    body = MessageToDict(Payloads(payloads=payloads))
    assert await decode_payloads(codec, body) == {"payloads": [PLAIN]}


@pytest.mark.parametrize("body", [{}, {"payloads": []}, {"payloads": [], "later": 1}])
async def test_nothing_in_nothing_out(codec: EncryptingCodec, body: dict[str, Any]) -> None:
    assert await decode_payloads(codec, body) == {"payloads": []}


async def test_an_unknown_key_is_named_with_its_place(codec: EncryptingCodec) -> None:
    other = EncryptingCodec(CodecKeys.parse(codec_key("c7")))
    foreign = (await encode_payloads(other, {"payloads": [PLAIN]}))["payloads"][0]
    with pytest.raises(InvalidInputError, match="'c7'") as caught:
        await decode_payloads(codec, {"payloads": [PLAIN, foreign]})
    assert [problem.pointer for problem in caught.value.problems] == ["/payloads/1"]


@pytest.mark.parametrize(
    "body",
    [
        {"payloads": "x"},
        {"payloads": {"data": "AA=="}},
        {"payloads": [None]},
        {"payloads": [1]},
        {"payloads": [{"data": 5}]},
        {"payloads": [{"metadata": []}]},
        {"payloads": [{"metadata": {"encoding": {}}}]},
        {"payloads": [PLAIN] * 1001},
        {"payloads": [{"data": base64.b64encode(bytes(17 * 1024 * 1024)).decode()}]},
    ],
)
async def test_what_is_no_payload_or_too_much_is_refused(
    codec: EncryptingCodec, body: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        await decode_payloads(codec, body)
    assert caught.value.problems[0].pointer.startswith("/payloads")
