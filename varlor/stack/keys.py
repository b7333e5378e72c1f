"""The embedded stack's secrets: made once per state folder, handed to the parts by environment only."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from varlor.crypto import new_master_key
from varlor.stack.errors import StackError

RESTORE: Final = "restore it from a backup, or start on another --state-dir"


@dataclass(frozen=True, slots=True, repr=False)
class EmbeddedKeys:
    """`master` and `codec` in the form of VARLOR_MASTER_KEYS (`version:base64`); PEM for the JWT pair."""

    master: str
    codec: str
    codec_path: str
    jwt_private: str
    jwt_public: str
    valkey_password: str

    @classmethod
    def generate(cls) -> "EmbeddedKeys":
        private = Ed25519PrivateKey.generate()
        return cls(
            master=new_master_key("embedded-1"),
            codec=new_master_key("embedded-c1"),
            codec_path=secrets.token_urlsafe(32),
            jwt_private=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            jwt_public=private.public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            .decode(),
            valkey_password=secrets.token_urlsafe(32),
        )

    @classmethod
    def from_stored(cls, stored: dict[str, Any], path: Path) -> "EmbeddedKeys":
        """Raises StackError when a key is missing."""
        names = tuple(cls.__dataclass_fields__)
        if any(not isinstance(stored.get(name), str) for name in names):
            raise StackError(f"{path} lacks a key: {RESTORE}")
        return cls(**{name: stored[name] for name in names})

    def to_stored(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}
