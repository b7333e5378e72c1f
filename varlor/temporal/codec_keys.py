"""The codec's own ring: its keys live as long as histories and schedules, apart from the master keys."""

import base64
import binascii
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from varlor.errors import InvalidInputError, SealError

KEY_BYTES: Final = 32
MIN_DISTINCT_BYTES: Final = 16  # 32 random bytes hold fewer once in about 10**14 keys; typed-in ones often
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


class CodecKeys:
    """Keys of 32 bytes by id, newest first; it never shows a key."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """InvalidInputError names the id of a key that cannot be used."""
        if not keys:
            raise InvalidInputError("VARLOR_CODEC_KEYS holds no key.")
        for key_id, key in keys.items():
            if len(key) != KEY_BYTES:
                raise InvalidInputError(f"Codec key {key_id} has {len(key)} bytes; it needs {KEY_BYTES}.")
            if len(set(key)) < MIN_DISTINCT_BYTES:
                raise InvalidInputError(f"Codec key {key_id} is weak: its bytes repeat. Make a random one.")
        self._keys = MappingProxyType(dict(keys))

    @classmethod
    def parse(cls, text: str) -> "CodecKeys":
        """Read `c2:base64,c1:base64`, newest first."""
        keys: dict[str, bytes] = {}
        for position, part in enumerate(text.split(","), start=1):
            key_id, colon, encoded = part.strip().partition(":")
            if not colon or not _ID.fullmatch(key_id):
                raise InvalidInputError(f"Codec key number {position} is not of the form id:base64.")
            if key_id in keys:
                raise InvalidInputError(f"Codec key {key_id} is given twice.")
            keys[key_id] = _decode(key_id, encoded)
        return cls(keys)

    @property
    def newest(self) -> str:
        """The id of the key that encrypts."""
        return next(iter(self._keys))

    def key(self, key_id: str) -> bytes:
        """The key of this id; SealError when the ring does not hold it."""
        try:
            return self._keys[key_id]
        except KeyError:
            given = ", ".join(self._keys)
            raise SealError(
                f"A payload is encrypted under codec key {key_id!r}, which VARLOR_CODEC_KEYS lacks"
                f" (it holds {given}). Keep old keys as long as histories and schedules need them."
            ) from None

    def __repr__(self) -> str:
        return f"CodecKeys({', '.join(self._keys)})"


def _decode(key_id: str, encoded: str) -> bytes:
    standard = encoded.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error:
        raise InvalidInputError(f"Codec key {key_id} is not base64.") from None
