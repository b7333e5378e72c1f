"""Envelope encryption: the settings hold master keys that only AWS KMS can unwrap, so a leak of them is none.

`aws kms generate-data-key-without-plaintext --key-id … --number-of-bytes 32
--encryption-context varlor-master-key=v2` makes one; its CiphertextBlob is what stands after `v2:`.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final, Protocol, cast

from varlor.crypto.keyring import Keyring
from varlor.errors import InvalidInputError, PartUnavailableError

CONTEXT: Final = "varlor-master-key"
"""The key of the encryption context; its value is the version, so that no key passes for another."""
SECONDS: Final = 5


class KmsClient(Protocol):
    """What we use of boto3's KMS client."""

    def decrypt(self, **request: Any) -> Mapping[str, Any]: ...


class KmsKeys:
    """VARLOR_MASTER_KEYS_KMS: `v2:base64,v1:base64` of wrapped keys, newest first."""

    def __init__(self, wrapped: str, client: KmsClient) -> None:
        self._wrapped = wrapped
        self._client = client

    def keyring(self) -> Keyring:
        keys: dict[str, bytes] = {}
        for part in self._wrapped.split(","):
            version, colon, encoded = part.strip().partition(":")
            if not colon or version in keys:
                raise InvalidInputError("VARLOR_MASTER_KEYS_KMS is not of the form v2:base64,v1:base64.")
            keys[version] = self._unwrap(version, encoded)
        return Keyring(keys)

    def _unwrap(self, version: str, encoded: str) -> bytes:
        try:
            blob = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise InvalidInputError(f"Wrapped master key {version} is not base64.") from None
        try:
            answer = self._client.decrypt(CiphertextBlob=blob, EncryptionContext={CONTEXT: version})
        except Exception as error:  # noqa: BLE001 - those of an optional extra, which is not imported here
            raise _translated(version, error) from None
        return answer["Plaintext"]


def connect_kms() -> KmsClient:
    """By boto3's own settings (AWS_REGION, AWS_ENDPOINT_URL_KMS, a role); needs the extra `kms`."""
    try:
        import boto3  # noqa: PLC0415 - an optional extra, for those who keep their keys in a KMS
        from botocore.config import Config  # noqa: PLC0415 - the same
    except ModuleNotFoundError:
        raise InvalidInputError("VARLOR_MASTER_KEYS_KMS needs boto3: install varlor[kms].") from None
    limits = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 3})
    try:
        return cast("KmsClient", boto3.client("kms", config=limits))
    except Exception as error:  # noqa: BLE001 - whatever botocore finds wrong with its own settings
        raise _translated("", error) from None


def _translated(version: str, error: Exception) -> InvalidInputError | PartUnavailableError:
    """A refusal has an answer with a code; everything else is that KMS cannot be asked."""
    answer: Any = getattr(error, "response", None)
    if isinstance(answer, dict):
        code = answer.get("Error", {}).get("Code", "no reason given")
        return InvalidInputError(f"KMS does not unwrap master key {version}: {code}.")
    return PartUnavailableError("kms", f"KMS cannot be asked for the master keys ({type(error).__name__}).")
