"""The master keys, newest first: the first one seals, every one opens what was sealed under it."""

import base64
import secrets

from varlor.errors import SealError
from varlor.rings import KEY_BYTES, Ring


class Keyring(Ring):
    """Master keys."""

    noun = "master key"

    def key(self, version: str) -> bytes:
        """Return the key of this version; SealError when the ring does not hold it."""
        try:
            return self._keys[version]
        except KeyError:
            raise SealError(f"Master key {version} is not among the given keys.") from None


def new_master_key(version: str = "v1") -> str:
    """Make a fresh random key in the form that `Keyring.parse` reads."""
    return f"{version}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"
