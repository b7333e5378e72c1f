"""Where the master keys come from: the environment, a file only we can read, or a KMS that unwraps them."""

import os
import stat
from pathlib import Path
from typing import Final, Protocol

from varlor.crypto.keyring import Keyring
from varlor.crypto.kms import KmsKeys, connect_kms
from varlor.errors import InvalidInputError
from varlor.settings import Settings

MOST_BYTES: Final = 64 * 1024  # of a key file
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_MEANS: Final = ("master_keys", "master_keys_file", "master_keys_kms")


class KeyProvider(Protocol):
    """Asked once, at the start of a process."""

    def keyring(self) -> Keyring:
        """The keys, newest first; InvalidInputError names what is wrong, PartUnavailableError who is away."""
        ...


class EnvironmentKeys:
    """VARLOR_MASTER_KEYS."""

    def __init__(self, text: str) -> None:
        self._text = text

    def keyring(self) -> Keyring:
        return Keyring.parse(self._text)


class FileKeys:
    """VARLOR_MASTER_KEYS_FILE: `version:base64`, one to a line or with commas between; mode 0600 or less."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keyring(self) -> Keyring:
        try:
            with self._path.open("rb") as file:
                _check(os.fstat(file.fileno()))
                text = file.read(MOST_BYTES).decode()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInputError(
                f"VARLOR_MASTER_KEYS_FILE cannot be read ({type(error).__name__})."
            ) from None
        return Keyring.parse(",".join(line.strip().strip(",") for line in text.splitlines() if line.strip()))


def key_provider(settings: Settings) -> KeyProvider:
    """The one that the settings name; InvalidInputError when they name none or several."""
    given = [name for name in _MEANS if getattr(settings, name) is not None]
    if len(given) > 1:
        named = " and ".join(f"VARLOR_{name.upper()}" for name in given)
        raise InvalidInputError(f"Give the master keys by one setting alone, not by {named}.")
    if settings.master_keys is not None:
        return EnvironmentKeys(settings.master_keys.get_secret_value())
    if settings.master_keys_file is not None:
        return FileKeys(settings.master_keys_file)
    if settings.master_keys_kms is not None:
        return KmsKeys(settings.master_keys_kms, connect_kms())
    raise InvalidInputError(
        "VARLOR_MASTER_KEYS is not set (nor _FILE, nor _KMS): give version:base64 of 32 random bytes."
    )


def _check(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise InvalidInputError("VARLOR_MASTER_KEYS_FILE is not a file.")
    if stat.S_IMODE(found.st_mode) & _OTHERS:
        raise InvalidInputError("VARLOR_MASTER_KEYS_FILE can be used by others: chmod 600 it.")
