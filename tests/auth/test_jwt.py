"""Our own door: which bearer tokens are let in, and that every forged or stale one is not."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.auth.conftest import MovableClock, Provider
from varlor.auth.jwks import COOLDOWN, FRESH, MAX_BYTES, JwksKeys
from varlor.auth.jwt import LEEWAY, MAX_TOKEN, EmbeddedKey, JwtVerifier
from varlor.errors import InvalidInputError, PartUnavailableError, UnauthenticatedError

EMBEDDED = OKPKey.generate_key("Ed25519")
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
ELLIPTIC = ECKey.generate_key("P-256", {"kid": "ec"})


def claims(clock: MovableClock, **changed: Any) -> dict[str, Any]:
    now = int(clock.now().timestamp())
    whole = {
        "sub": "ada",
        "tenant_id": "acme",
        "roles": ["viewer"],
        "aud": "varlor",
        "iss": "varlor",
        "iat": now,
        "exp": now + 600,
    }
    return {name: value for name, value in (whole | changed).items() if value is not ...}


def embedded(clock: MovableClock) -> JwtVerifier:
    public = EMBEDDED.as_pem(private=False).decode()
    return JwtVerifier(EmbeddedKey(public), clock, issuer="varlor", audience="varlor")


def behind(provider: Provider, clock: MovableClock) -> JwtVerifier:
    return JwtVerifier(JwksKeys(provider.url, clock), clock, issuer="varlor", audience="varlor")


def signed(payload: dict[str, Any], *, alg: str = "Ed25519", key: Any = EMBEDDED, **header: Any) -> str:
    return jwt.encode({"alg": alg} | header, payload, key, algorithms=[alg])


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def handmade(header: dict[str, Any], payload: dict[str, Any], signature: bytes = b"") -> str:
    return f"{b64(json.dumps(header).encode())}.{b64(json.dumps(payload).encode())}.{b64(signature)}"


def with_header(token: str, **extra: Any) -> str:
    """Signed properly over a header that jwt.encode would not write."""
    head, payload, _ = token.split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "==")) | extra
    body = f"{b64(json.dumps(header).encode())}.{payload}"
    signature = EMBEDDED.get_op_key("sign").sign(body.encode())  # pyright: ignore - the key's own type
    return f"{body}.{b64(signature)}"


async def refused(verifier: JwtVerifier, token: str) -> None:
    with pytest.raises(UnauthenticatedError) as caught:
        await verifier.verify(token)
    assert caught.value.detail == "The token is not valid."


@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA"])
async def test_a_token_of_the_embedded_key_says_who_asks(clock: MovableClock, alg: str) -> None:
    who = await embedded(clock).verify(signed(claims(clock, roles=["admin", "gardener"]), alg=alg))
    assert (who.subject, who.tenant_id, who.roles) == ("ada", "acme", {"admin"})


async def test_an_operator_needs_no_tenant_and_nobody_else_goes_without(clock: MovableClock) -> None:
    operator = await embedded(clock).verify(signed(claims(clock, tenant_id=..., roles=["operator"])))
    assert operator.tenant_id is None
    for roles in (["viewer"], ["admin", "operator"], []):
        await refused(embedded(clock), signed(claims(clock, tenant_id=..., roles=roles)))


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "NONE", "HS256", "HS512", "ES512", "", None, 7, []])
async def test_unsigned_and_unlisted_algorithms_are_refused(clock: MovableClock, alg: Any) -> None:
    await refused(embedded(clock), handmade({"alg": alg, "typ": "JWT"}, claims(clock)))


async def test_a_public_key_is_no_shared_secret(clock: MovableClock, provider: Provider) -> None:
    provider.publish(RSA.as_dict(private=False))
    pem = RSA.as_pem(private=False)
    body = handmade({"alg": "HS256", "kid": "rsa"}, claims(clock)).rpartition(".")[0]
    forged = f"{body}.{b64(hmac.new(pem, body.encode(), hashlib.sha256).digest())}"
    await refused(behind(provider, clock), forged)
    await refused(embedded(clock), forged)


@pytest.mark.parametrize(
    "extra",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"jwk": EMBEDDED.as_dict(private=False)},
        {"jku": "http://127.0.0.1:1/jwks"},
        {"x5u": "http://127.0.0.1:1/cert"},
        {"x5c": ["MIIB"]},
        {"kid": 5},
        {"kid": "x" * 300},
    ],
)
async def test_no_key_and_no_extension_is_taken_from_the_token(
    clock: MovableClock, extra: dict[str, Any]
) -> None:
    await refused(embedded(clock), with_header(signed(claims(clock)), **extra))


async def test_another_key_or_changed_bytes_do_not_verify(clock: MovableClock) -> None:
    await refused(embedded(clock), signed(claims(clock), key=OKPKey.generate_key("Ed25519")))
    head, _, signature = signed(claims(clock)).split(".")
    other = b64(json.dumps(claims(clock, tenant_id="rival")).encode())
    await refused(embedded(clock), f"{head}.{other}.{signature}")


async def test_an_rsa_token_is_not_for_the_embedded_key(clock: MovableClock) -> None:
    await refused(embedded(clock), signed(claims(clock), alg="RS256", key=RSA))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "mallory"},
        {"iss": ...},
        {"iss": ["varlor"]},
        {"aud": "other"},
        {"aud": ["other", "else"]},
        {"aud": ...},
        {"aud": 5},
        {"exp": ...},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": -1},
        {"nbf": "soon"},
        {"iat": "now"},
        {"sub": ...},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 300},
        {"tenant_id": "a/b"},
        {"tenant_id": ""},
        {"tenant_id": 7},
        {"tenant_id": "x" * 65},
        {"roles": "admin"},
        {"roles": ...},
        {"roles": [["admin"]]},
        {"roles": ["viewer"] * 40},
    ],
    ids=str,
)
async def test_claims_are_required_typed_and_ours(clock: MovableClock, changed: dict[str, Any]) -> None:
    await refused(embedded(clock), signed(claims(clock, **changed)))


async def test_a_not_a_number_expiry_never_lives_forever(clock: MovableClock) -> None:
    token = signed(claims(clock, exp=float("nan")))
    await refused(embedded(clock), token)


async def test_time_is_checked_with_half_a_minute_of_leeway(clock: MovableClock) -> None:
    verifier, now = embedded(clock), int(clock.now().timestamp())
    short = signed(claims(clock, exp=now + 10))
    early = signed(claims(clock, nbf=now + LEEWAY + 5))
    ahead = signed(claims(clock, iat=now + LEEWAY + 5))
    await refused(verifier, early)
    await refused(verifier, ahead)
    clock.move(5)
    assert (await verifier.verify(early)).subject == "ada"
    clock.move(LEEWAY)
    assert (await verifier.verify(short)).subject == "ada"
    clock.move(10)
    await refused(verifier, short)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d.e",
        "e30.e30.e30",
        "\x00",
        "eyé",
        "[]" * 5000,
        b64(b"[" * 4000) + "..",
        "=.=.=",
    ],
)
async def test_garbage_is_refused_like_everything_else(clock: MovableClock, token: str) -> None:
    await refused(embedded(clock), token)


async def test_an_oversized_token_is_refused_before_it_is_read(clock: MovableClock) -> None:
    await refused(embedded(clock), signed(claims(clock, note="x" * MAX_TOKEN)))


@pytest.mark.parametrize(("alg", "key", "kid"), [("RS256", RSA, "rsa"), ("ES256", ELLIPTIC, "ec")])
async def test_a_providers_key_is_found_by_its_id(
    clock: MovableClock, provider: Provider, alg: str, key: Any, kid: str
) -> None:
    provider.publish(RSA.as_dict(private=False), ELLIPTIC.as_dict(private=False))
    verifier = behind(provider, clock)
    for _ in range(5):
        assert (await verifier.verify(signed(claims(clock), alg=alg, key=key, kid=kid))).subject == "ada"
    assert provider.asked == 1


async def test_a_flood_of_unknown_key_ids_costs_one_fetch_a_cooldown(
    clock: MovableClock, provider: Provider
) -> None:
    provider.publish(RSA.as_dict(private=False))
    verifier = behind(provider, clock)
    for number in range(50):
        kid = f"../../etc/passwd-{number}"
        await refused(verifier, signed(claims(clock), alg="RS256", key=RSA, kid=kid))
    assert provider.asked == 1
    clock.move(COOLDOWN + 1)
    for number in range(50):
        await refused(verifier, signed(claims(clock), alg="RS256", key=RSA, kid=str(number)))
    assert provider.asked == 2


async def test_a_rotated_key_is_learned_and_a_withdrawn_one_forgotten(
    clock: MovableClock, provider: Provider
) -> None:
    provider.publish(RSA.as_dict(private=False))
    verifier = behind(provider, clock)
    await verifier.verify(signed(claims(clock), alg="RS256", key=RSA, kid="rsa"))
    provider.publish(ELLIPTIC.as_dict(private=False))
    clock.move(COOLDOWN + 1)
    await verifier.verify(signed(claims(clock), alg="ES256", key=ELLIPTIC, kid="ec"))
    clock.move(FRESH + 1)
    await refused(verifier, signed(claims(clock), alg="RS256", key=RSA, kid="rsa"))


async def test_known_keys_hold_while_the_provider_is_away(clock: MovableClock, provider: Provider) -> None:
    provider.publish(RSA.as_dict(private=False))
    verifier = behind(provider, clock)
    await verifier.verify(signed(claims(clock), alg="RS256", key=RSA, kid="rsa"))
    provider.status = 500
    clock.move(FRESH + 1)
    assert (await verifier.verify(signed(claims(clock), alg="RS256", key=RSA, kid="rsa"))).subject == "ada"


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"keys": 5}', b"[" * 50_000, b'{"keys": []}' + b" " * MAX_BYTES]
)
async def test_without_any_keys_the_part_is_away_not_the_token_wrong(
    clock: MovableClock, provider: Provider, body: bytes
) -> None:
    provider.body = body
    with pytest.raises(PartUnavailableError):
        await behind(provider, clock).verify(signed(claims(clock), alg="RS256", key=RSA, kid="rsa"))


async def test_a_shared_secret_or_an_encryption_key_in_the_set_verifies_nothing(
    clock: MovableClock, provider: Provider
) -> None:
    symmetric = {"kty": "oct", "k": b64(b"x" * 32), "kid": "rsa"}
    provider.publish(symmetric, {"kty": "RSA"}, RSA.as_dict(private=False) | {"use": "enc"})
    await refused(behind(provider, clock), signed(claims(clock), alg="RS256", key=RSA, kid="rsa"))


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "no key",
        RSA.as_pem(private=False).decode(),
        ELLIPTIC.as_pem(private=False).decode(),
        OKPKey.generate_key("Ed448").as_pem(private=False).decode(),
        OKPKey.generate_key("X25519").as_pem(private=False).decode(),
    ],
    ids=["empty", "text", "rsa", "ec", "ed448", "x25519"],
)
def test_only_an_ed25519_key_is_taken_as_the_embedded_one(pem: str) -> None:
    with pytest.raises(InvalidInputError, match="VARLOR_JWT_PUBLIC_KEY"):
        EmbeddedKey(pem)
