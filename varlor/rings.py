"""A ring of keys as an operator gives it: `v2:base64,v1:base64`, newest first."""

import base64
import binascii
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final, Self

from varlor.errors import InvalidInputError

KEY_BYTES: Final = 32
MIN_DISTINCT_BYTES: Final = 16  # 32 random bytes hold fewer once in about 10**14 keys; typed-in ones often
_VERSION: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


class Ring:
    """Keys of 32 bytes by version; it never shows a key. `noun` is what messages call one of them."""

    noun: ClassVar[str]

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Take `keys` newest first; InvalidInputError names the version of a key that cannot be used."""
        if not keys:
            raise InvalidInputError(f"No {self.noun} is given.")
        for version, key in keys.items():
            self._check(version, key)
        if len(set(keys.values())) < len(keys):
            raise InvalidInputError(f"Two versions of the {self.noun} are the same key.")
        self._keys = MappingProxyType(dict(keys))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the operator's text; refuses short, weak and doubled keys by version."""
        keys: dict[str, bytes] = {}
        for position, part in enumerate(text.split(","), start=1):
            version, colon, encoded = part.strip().partition(":")
            if not colon or not _VERSION.fullmatch(version):
                raise InvalidInputError(
                    f"The {cls.noun} number {position} is not of the form version:base64."
                )
            if version in keys:
                raise InvalidInputError(f"The {cls.noun} {version} is given twice.")
            keys[version] = cls._decode(version, encoded)
        return cls(keys)

    @property
    def newest(self) -> str:
        """The version that seals."""
        return next(iter(self._keys))

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self.versions)})"

    @classmethod
    def _decode(cls, version: str, encoded: str) -> bytes:
        standard = encoded.strip().rstrip("=").replace("-", "+").replace("_", "/")
        try:
            return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
        except binascii.Error:
            raise InvalidInputError(f"The {cls.noun} {version} is not base64.") from None

    def _check(self, version: str, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise InvalidInputError(f"The {self.noun} {version} has {len(key)} bytes; it needs {KEY_BYTES}.")
        if len(set(key)) < MIN_DISTINCT_BYTES:
            raise InvalidInputError(
                f"The {self.noun} {version} is weak: its bytes repeat. Make a random one."
            )
