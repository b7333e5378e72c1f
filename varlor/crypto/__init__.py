"""Sealing of secrets at rest: a ring of master keys, and a key of its own for each tenant."""

from varlor.crypto.keyring import Keyring, new_master_key
from varlor.crypto.providers import KeyProvider, key_provider
from varlor.crypto.sealing import EncryptionService, key_version_of

__all__ = ["EncryptionService", "KeyProvider", "Keyring", "key_provider", "key_version_of", "new_master_key"]
