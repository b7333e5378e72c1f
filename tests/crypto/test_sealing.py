import base64
from string import ascii_letters, digits
from typing import TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from varlor.crypto import EncryptionService, Keyring, key_version_of, new_master_key
from varlor.errors import SealError


class Place(TypedDict):
    tenant: str
    connector: str
    field: str
    version: int


OLD_KEY, NEW_KEY = new_master_key("v1"), new_master_key("v2")
OLD = EncryptionService(Keyring.parse(OLD_KEY))
BOTH = EncryptionService(Keyring.parse(f"{NEW_KEY},{OLD_KEY}"))
PLACE = Place(tenant="acme", connector="con_1", field="bearer_token", version=3)


@given(st.binary(max_size=300), st.text(max_size=20), st.text(max_size=20), st.integers(0, 2**40))
def test_whatever_is_sealed_opens_in_its_place(secret: bytes, tenant: str, field: str, version: int) -> None:
    place = Place(tenant=tenant, connector="c", field=field, version=version)
    assert OLD.open(OLD.seal(secret, **place), **place) == secret


@pytest.mark.parametrize(
    "other",
    [
        Place(tenant="other", connector="con_1", field="bearer_token", version=3),
        Place(tenant="acme", connector="con_2", field="bearer_token", version=3),
        Place(tenant="acme", connector="con_1", field="api_key", version=3),
        Place(tenant="acme", connector="con_1", field="bearer_token", version=2),
        Place(tenant="acme", connector="con_1b", field="earer_token", version=3),
        Place(tenant="acmec", connector="on_1", field="bearer_token", version=3),
    ],
    ids=["tenant", "connector", "field", "version", "shifted-field", "shifted-tenant"],
)
def test_a_ciphertext_moved_elsewhere_does_not_open(other: Place) -> None:
    with pytest.raises(SealError):
        OLD.open(OLD.seal(b"secret", **PLACE), **other)


def test_every_flipped_bit_is_noticed() -> None:
    token = OLD.seal(b"s", **PLACE)
    head, body = token.rsplit(".", 1)
    raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    for position in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[position // 8] ^= 1 << (position % 8)
        garbled = base64.urlsafe_b64encode(changed).decode().rstrip("=")
        with pytest.raises(SealError):
            OLD.open(f"{head}.{garbled}", **PLACE)


def test_every_changed_character_is_noticed() -> None:
    """Also of the last one, in which base64 leaves bits unused."""
    token = OLD.seal(b"s", **PLACE)
    for position, character in enumerate(token):
        for other in set(ascii_letters + digits + "-_") - {character}:
            with pytest.raises(SealError):
                OLD.open(token[:position] + other + token[position + 1 :], **PLACE)


@pytest.mark.parametrize(
    "token", ["", "secret", "vl1.v1.", "vl1.v1.AA", "vl1.v1.A", "vl2.v1.AAAA", "vl1.v1.AA=="]
)
def test_what_is_not_a_sealed_value_is_refused_without_echo(token: str) -> None:
    with pytest.raises(SealError) as caught:
        OLD.open(token, **PLACE)
    assert "secret" not in str(caught.value)


def test_the_same_secret_never_looks_the_same() -> None:
    assert len({OLD.seal(b"secret", **PLACE) for _ in range(100)}) == 100


def test_a_newer_ring_opens_old_values_and_seals_under_the_newest() -> None:
    old = OLD.seal(b"secret", **PLACE)
    assert key_version_of(old) == "v1"
    assert BOTH.open(old, **PLACE) == b"secret"
    assert key_version_of(BOTH.seal(b"secret", **PLACE)) == BOTH.key_version == "v2"


def test_a_ring_without_the_key_says_which_one_is_missing() -> None:
    with pytest.raises(SealError, match="v2"):
        OLD.open(BOTH.seal(b"secret", **PLACE), **PLACE)


def test_a_wrong_key_of_the_right_name_does_not_open() -> None:
    impostor = EncryptionService(Keyring.parse(new_master_key("v1")))
    with pytest.raises(SealError):
        impostor.open(OLD.seal(b"secret", **PLACE), **PLACE)


def test_repr_shows_no_key() -> None:
    assert OLD_KEY.removeprefix("v1:") not in repr(OLD) + repr(vars(OLD))


def test_what_an_earlier_release_sealed_still_opens() -> None:
    """A change of the key's derivation or of what a value is bound to would lose every stored secret."""
    service = EncryptionService(Keyring.parse(f"v1:{base64.b64encode(bytes(range(32))).decode()}"))
    stored = "vl1.v1.AAECAwQFBgcICQoLJj4LBbXLiRqErq83gFRrbDIl8vw0tg"
    assert service.open(stored, **PLACE) == b"secret"
