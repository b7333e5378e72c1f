"""Sealing of secrets at rest: a ring of master keys, and a key of its own for each tenant."""

from varlor.crypto.keyring import Keyring, new_master_key
from varlor.crypto.sealing import EncryptionService, key_version_of

__all__ = ["EncryptionService", "Keyring", "key_version_of", "new_master_key"]
