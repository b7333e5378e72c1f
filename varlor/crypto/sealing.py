"""Sealing: AES-256-GCM under a tenant's own key, bound to the one place where the ciphertext belongs.

A sealed value reads `vl1.<key version>.<base64url of nonce and ciphertext>`.
"""

import base64
import binascii
import os
import re
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from varlor.crypto.keyring import Keyring
from varlor.errors import SealError
from varlor.rings import KEY_BYTES

FORMAT: Final = "vl1"
NONCE_BYTES: Final = 12  # NIST SP 800-38D, section 8.2: 96 bits
CACHED_KEYS: Final = 1024
_PURPOSE: Final = b"varlor sealing 1"
_TOKEN: Final = re.compile(r"vl1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]+)")


class EncryptionService:
    """Seals and opens a tenant's secrets; holds derived keys, so it is never shown or pickled."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._cipher = lru_cache(maxsize=CACHED_KEYS)(self._derive)

    @property
    def key_version(self) -> str:
        """The version of the master key that `seal` uses now."""
        return self._keyring.newest

    def seal(self, plaintext: bytes, *, tenant: str, connector: str, field: str, version: int) -> str:
        """Seal under the newest key with a fresh nonce; only the same context opens it again."""
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._cipher(self._keyring.newest, tenant)
        sealed = cipher.encrypt(nonce, plaintext, _context(tenant, connector, field, version))
        return f"{FORMAT}.{self._keyring.newest}.{_encode(nonce + sealed)}"

    def open(self, token: str, *, tenant: str, connector: str, field: str, version: int) -> bytes:
        """Open what `seal` made; SealError for another place, another key or a changed byte."""
        key_version, body = _split(token)
        cipher = self._cipher(key_version, tenant)
        context = _context(tenant, connector, field, version)
        try:
            return cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise SealError(f"A value sealed under key {key_version} does not open here.") from None

    def _derive(self, key_version: str, tenant: str) -> AESGCM:
        """HKDF with SHA-256 (RFC 5869): a key per tenant, so that one tenant's key opens nobody else's."""
        info = _frame(_PURPOSE, tenant.encode())
        kdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info)
        return AESGCM(kdf.derive(self._keyring.key(key_version)))

    def __repr__(self) -> str:
        return f"EncryptionService({self._keyring!r})"


def key_version_of(token: str) -> str:
    """Tell which master key a sealed value is under, without opening it; SealError when it is none."""
    return _split(token)[0]


def _split(token: str) -> tuple[str, bytes]:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise SealError("This is not a sealed value.")
    try:
        body = base64.urlsafe_b64decode(match[2] + "=" * (-len(match[2]) % 4))
    except binascii.Error:
        raise SealError("A sealed value is cut or garbled.") from None
    if _encode(body) != match[2]:  # base64 has several spellings of one value; only ours is taken
        raise SealError("A sealed value is cut or garbled.")
    return match[1], body


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _context(tenant: str, connector: str, field: str, version: int) -> bytes:
    return _frame(*(part.encode() for part in (tenant, connector, field, str(version))))


def _frame(*parts: bytes) -> bytes:
    """Prefix each part with its length, so that no two contexts share one spelling."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
