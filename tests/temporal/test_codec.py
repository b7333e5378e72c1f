"""Payloads open under any key of the ring, and under no other; changed bytes never do."""

import base64

import pytest
from temporalio.api.common.v1 import Payload

from tests.temporal.keys import codec_key
from varlor.errors import InvalidInputError, SealError
from varlor.temporal import CodecKeys, EncryptingCodec

PLAIN = Payload(metadata={"encoding": b"json/plain", "messageType": b"m"}, data=b'"canary-secret"')


def codec(*keys: str) -> EncryptingCodec:
    return EncryptingCodec(CodecKeys.parse(",".join(keys)))


async def test_a_payload_comes_back_with_its_metadata_and_hides_meanwhile() -> None:
    ring = codec(codec_key("c1"))
    encoded = await ring.encode([PLAIN, Payload()])
    assert b"canary" not in encoded[0].SerializeToString()
    assert b"messageType" not in encoded[0].SerializeToString()
    assert await ring.decode(encoded) == [PLAIN, Payload()]


async def test_the_same_payload_never_looks_the_same() -> None:
    first, second = await codec(codec_key("c1")).encode([PLAIN, PLAIN])
    assert first.data != second.data


async def test_the_newest_key_encrypts_and_old_ones_still_decrypt() -> None:
    old, new = codec_key("c1"), codec_key("c2")
    (before,) = await codec(old).encode([PLAIN])
    rotated = codec(new, old)
    (after,) = await rotated.encode([PLAIN])
    assert after.metadata["encryption-key-id"] == b"c2"
    assert await rotated.decode([before, after]) == [PLAIN, PLAIN]
    assert await codec(new).decode([after]) == [PLAIN]


async def test_an_unknown_key_is_named() -> None:
    (payload,) = await codec(codec_key("c9")).encode([PLAIN])
    with pytest.raises(SealError, match=r"'c9'.*holds c2, c1"):
        await codec(codec_key("c2"), codec_key("c1")).decode([payload])


async def test_another_key_under_the_same_id_does_not_open() -> None:
    (payload,) = await codec(codec_key("c1")).encode([PLAIN])
    with pytest.raises(SealError, match="'c1'"):
        await codec(codec_key("c1")).decode([payload])


@pytest.mark.parametrize("position", [0, 31, 32, 60, -1])
async def test_a_changed_bit_does_not_open(position: int) -> None:
    ring = codec(codec_key("c1"))
    (payload,) = await ring.encode([PLAIN])
    changed = bytearray(payload.data)
    changed[position] ^= 1
    with pytest.raises(SealError):
        await ring.decode([Payload(metadata=payload.metadata, data=bytes(changed))])


@pytest.mark.parametrize("length", [0, 5, 32, 40])
async def test_a_cut_payload_does_not_open(length: int) -> None:
    ring = codec(codec_key("c1"))
    (payload,) = await ring.encode([PLAIN])
    with pytest.raises(SealError):
        await ring.decode([Payload(metadata=payload.metadata, data=payload.data[:length])])


async def test_a_payload_without_a_key_id_is_refused() -> None:
    nameless = Payload(metadata={"encoding": b"binary/encrypted"}, data=b"x" * 99)
    with pytest.raises(SealError):
        await codec(codec_key("c1")).decode([nameless])


async def test_what_was_never_encrypted_passes() -> None:
    assert await codec(codec_key("c1")).decode([PLAIN]) == [PLAIN]


KEY = f"c1:{base64.b64encode(bytes(range(32))).decode()}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "number 1"),
        ("c1", "number 1"),
        ("c 1:AAAA", "number 1"),
        ("c1:!!!", "c1 is not base64"),
        (f"c1:{base64.b64encode(b'short').decode()}", "c1 has 5 bytes"),
        (f"c1:{base64.b64encode(b'a' * 32).decode()}", "c1 is weak"),
        (f"{KEY},{KEY}", "c1 is given twice"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_and_not_shown(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as caught:
        CodecKeys.parse(text)
    assert "YWFh" not in str(caught.value)


def test_no_key_is_shown() -> None:
    text = codec_key("c1")
    ring = codec(text)
    assert repr(ring) == "EncryptingCodec(CodecKeys(c1))"
    assert text[3:] not in repr(vars(ring))
