import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from varlor.crypto import EncryptionService, key_provider, new_master_key
from varlor.errors import InvalidInputError, PartUnavailableError
from varlor.settings import Settings

V1, V2 = new_master_key("v1"), new_master_key("v2")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text(f"{V2}\n\n{V1}\n")
    path.chmod(0o600)
    return path


def versions(**given: Any) -> tuple[str, ...]:
    return key_provider(Settings(**given)).keyring().versions


def test_the_environment_gives_them() -> None:
    assert versions(master_keys=SecretStr(f"{V2},{V1}")) == ("v2", "v1")


@pytest.mark.parametrize("between", ["\n", ",", ", \n", "\r\n"])
def test_a_file_gives_them(key_file: Path, between: str) -> None:
    key_file.write_text(f"{V2}{between}{V1}{between}")
    assert versions(master_keys_file=key_file) == ("v2", "v1")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o620, 0o601])
def test_a_file_that_others_can_use_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(InvalidInputError, match="chmod 600"):
        versions(master_keys_file=key_file)


def test_a_file_that_is_none_is_refused_without_a_word_of_its_content(key_file: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(InvalidInputError, match="VARLOR_MASTER_KEYS_FILE"):
            versions(master_keys_file=path)
    with pytest.raises(InvalidInputError, match="is not a file"):
        versions(master_keys_file=Path("/dev/null"))
    for content in (b"canary", b"v1:canary", b"\xff canary"):
        key_file.write_bytes(content)
        with pytest.raises(InvalidInputError) as caught:
            versions(master_keys_file=key_file)
        assert "canary" not in str(caught.value)


def test_one_of_them_and_one_alone(key_file: Path) -> None:
    with pytest.raises(InvalidInputError, match="VARLOR_MASTER_KEYS is not set"):
        versions(master_keys=None)
    with pytest.raises(InvalidInputError, match="VARLOR_MASTER_KEYS and VARLOR_MASTER_KEYS_FILE"):
        versions(master_keys=SecretStr(V1), master_keys_file=key_file)


@pytest.fixture(scope="module")
def kms() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(kms: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """As an operator's environment would point boto3 to it."""
    for name, value in {
        "AWS_ENDPOINT_URL_KMS": kms,
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    return boto3.client("kms")


def wrapped(client: Any, version: str) -> str:
    key = client.create_key()["KeyMetadata"]["KeyId"]
    made = client.generate_data_key_without_plaintext(
        KeyId=key, NumberOfBytes=32, EncryptionContext={"varlor-master-key": version}
    )
    return f"{version}:{base64.b64encode(made['CiphertextBlob']).decode()}"


def test_a_kms_unwraps_them(client: Any) -> None:
    text = f"{wrapped(client, 'v2')}, {wrapped(client, 'v1')}"
    first, second = [
        EncryptionService(key_provider(Settings(master_keys_kms=text)).keyring()) for _ in range(2)
    ]
    assert first.key_version == "v2"
    sealed = first.seal(b"secret", tenant="t", connector="c", field="f", version=1)
    assert second.open(sealed, tenant="t", connector="c", field="f", version=1) == b"secret"


def test_a_wrapped_key_does_not_pass_for_another(client: Any) -> None:
    swapped = wrapped(client, "v1").replace("v1:", "v2:")
    with pytest.raises(InvalidInputError, match="v2: InvalidCiphertext"):
        versions(master_keys_kms=swapped)


@pytest.mark.parametrize("text", ["", "v1", "v1:***", f"v1:{base64.b64encode(bytes(range(64))).decode()}"])
def test_what_is_no_wrapped_key_is_refused(client: Any, text: str) -> None:
    with pytest.raises(InvalidInputError):
        versions(master_keys_kms=text)


def test_a_doubled_wrapped_key_is_refused(client: Any) -> None:
    with pytest.raises(InvalidInputError, match="VARLOR_MASTER_KEYS_KMS"):
        versions(master_keys_kms=f"{wrapped(client, 'v1')},{wrapped(client, 'v1')}")


def test_a_kms_that_is_away_is_said(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    text = wrapped(client, "v1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(PartUnavailableError) as caught:
        versions(master_keys_kms=text)
    assert caught.value.part == "kms"
