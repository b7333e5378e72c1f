"""Encrypts what Temporal stores: inputs, results, failures, memos, heartbeats, summaries and details."""

import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from varlor.errors import SealError
from varlor.rings import KEY_BYTES
from varlor.temporal.codec_keys import CodecKeys

ENCODING: Final = b"binary/encrypted"
CIPHER: Final = b"AES-256-GCM"
KEY_ID: Final = "encryption-key-id"
SALT_BYTES: Final = 32
_NONCE_BYTES: Final = 12  # NIST SP 800-38D, section 8.2: 96 bits
_PURPOSE: Final = b"varlor temporal payload 1"


class EncryptingCodec(PayloadCodec):
    """AES-256-GCM under the newest key; every key of the ring decrypts.

    Each payload has a key and nonce of its own, derived from a fresh salt (as in RFC 8188, section 2),
    so that no number of payloads wears a key out.
    """

    def __init__(self, keys: CodecKeys) -> None:
        self._keys = keys

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt ours and hand others through; SealError for an unknown key or changed bytes."""
        return [self._decrypt(payload) if is_encrypted(payload) else payload for payload in payloads]

    def _encrypt(self, payload: Payload) -> Payload:
        key_id, salt = self._keys.newest, os.urandom(SALT_BYTES)
        cipher, nonce = self._derive(key_id, salt)
        sealed = cipher.encrypt(nonce, payload.SerializeToString(), _context(key_id))
        metadata = {"encoding": ENCODING, "encryption-cipher": CIPHER, KEY_ID: key_id.encode()}
        return Payload(metadata=metadata, data=salt + sealed)

    def _decrypt(self, payload: Payload) -> Payload:
        key_id = payload.metadata[KEY_ID].decode(errors="replace")
        cipher, nonce = self._derive(key_id, payload.data[:SALT_BYTES])
        try:
            opened = cipher.decrypt(nonce, payload.data[SALT_BYTES:], _context(key_id))
            return Payload.FromString(opened)
        except (InvalidTag, ValueError, DecodeError):
            raise SealError(f"A payload under codec key {key_id!r} does not open: changed bytes.") from None

    def _derive(self, key_id: str, salt: bytes) -> tuple[AESGCM, bytes]:
        """HKDF with SHA-256 (RFC 5869)."""
        kdf = HKDF(algorithm=SHA256(), length=KEY_BYTES + _NONCE_BYTES, salt=salt, info=_PURPOSE)
        material = kdf.derive(self._keys.key(key_id))
        return AESGCM(material[:KEY_BYTES]), material[KEY_BYTES:]

    def __repr__(self) -> str:
        return f"EncryptingCodec({self._keys!r})"


def is_encrypted(payload: Payload) -> bool:
    return payload.metadata.get("encoding") == ENCODING


def _context(key_id: str) -> bytes:
    return b" ".join((ENCODING, CIPHER, key_id.encode()))
