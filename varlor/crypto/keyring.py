"""The master keys, newest first: the first one seals, every one opens what was sealed under it."""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from varlor.errors import InvalidInputError, SealError

KEY_BYTES: Final = 32
MIN_DISTINCT_BYTES: Final = 16  # 32 random bytes hold fewer once in about 10**14 keys; typed-in ones often
_VERSION: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


class Keyring:
    """Master keys of 32 bytes by version; it never shows a key."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Take `keys` newest first; InvalidInputError names the version of a key that cannot be used."""
        if not keys:
            raise InvalidInputError("No master key is given.")
        for version, key in keys.items():
            _check(version, key)
        if len(set(keys.values())) < len(keys):
            raise InvalidInputError("Two versions of the master keys hold the same key.")
        self._keys = MappingProxyType(dict(keys))

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read `v2:base64,v1:base64`, newest first; refuses short, weak and doubled keys by version."""
        keys: dict[str, bytes] = {}
        for position, part in enumerate(text.split(","), start=1):
            version, colon, encoded = part.strip().partition(":")
            if not colon or not _VERSION.fullmatch(version):
                raise InvalidInputError(f"Master key number {position} is not of the form version:base64.")
            if version in keys:
                raise InvalidInputError(f"Master key {version} is given twice.")
            keys[version] = _decode(version, encoded)
        return cls(keys)

    @property
    def newest(self) -> str:
        """The version that seals."""
        return next(iter(self._keys))

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def key(self, version: str) -> bytes:
        """Return the key of this version; SealError when the ring does not hold it."""
        try:
            return self._keys[version]
        except KeyError:
            raise SealError(f"Master key {version} is not among the given keys.") from None

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self.versions)})"


def new_master_key(version: str = "v1") -> str:
    """Make a fresh random key in the form that `Keyring.parse` reads."""
    return f"{version}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def _decode(version: str, encoded: str) -> bytes:
    standard = encoded.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error:
        raise InvalidInputError(f"Master key {version} is not base64.") from None


def _check(version: str, key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise InvalidInputError(f"Master key {version} has {len(key)} bytes; it needs {KEY_BYTES}.")
    if len(set(key)) < MIN_DISTINCT_BYTES:
        raise InvalidInputError(f"Master key {version} is weak: its bytes repeat. Make a random one.")
