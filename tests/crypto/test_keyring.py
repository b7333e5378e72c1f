import base64
import os

import pytest

from varlor.crypto import Keyring, new_master_key
from varlor.errors import InvalidInputError, SealError


def spelled(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_the_first_key_is_the_newest() -> None:
    ring = Keyring.parse(f"{new_master_key('v2')}, {new_master_key('v1')}")
    assert ring.newest == "v2"
    assert ring.versions == ("v2", "v1")


def test_both_base64_alphabets_are_read() -> None:
    key = bytes(range(224, 256))
    urlsafe = base64.urlsafe_b64encode(key).decode().rstrip("=")
    assert Keyring.parse(f"v1:{urlsafe}").key("v1") == Keyring.parse(f"v1:{spelled(key)}").key("v1") == key


@pytest.mark.parametrize(
    "key",
    [
        os.urandom(31),
        os.urandom(33),
        b"",
        bytes(32),
        b"\x41" * 32,
        b"ab" * 16,
        b"changeme" * 4,
    ],
    ids=["short", "long", "empty", "zero", "one-byte", "two-bytes", "word"],
)
def test_a_weak_key_is_refused_by_its_version_and_never_shown(key: bytes) -> None:
    with pytest.raises(InvalidInputError, match="v7") as caught:
        Keyring.parse(f"{new_master_key('v8')},v7:{spelled(key)}")
    assert not key or spelled(key) not in str(caught.value)


def test_a_doubled_version_and_a_doubled_key_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="v1 is given twice"):
        Keyring.parse(f"{new_master_key('v1')},{new_master_key('v1')}")
    key = spelled(os.urandom(32))
    with pytest.raises(InvalidInputError, match="same key"):
        Keyring.parse(f"v2:{key},v1:{key}")


@pytest.mark.parametrize("text", ["", ",", "v1", "secretbase64", ":abc", "v.1:abc", "v 1:abc", "v1:a*b"])
def test_garbage_is_refused_without_echo(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Keyring.parse(text)
    assert "secretbase64" not in str(caught.value)
    assert "a*b" not in str(caught.value)


def test_a_key_that_is_not_there_is_named() -> None:
    with pytest.raises(SealError, match="v9"):
        Keyring.parse(new_master_key("v1")).key("v9")


def test_repr_shows_versions_and_no_key() -> None:
    text = new_master_key("v1")
    shown = repr(Keyring.parse(text))
    assert "v1" in shown
    assert text.removeprefix("v1:") not in shown
