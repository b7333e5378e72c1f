"""How clients prove who they are to the authorization server, and what machines get from it."""

import base64
import time
from typing import Any
from urllib.parse import quote_plus

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from tests.examples.oauth_party import Party, register

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256"})
JWKS = {"keys": [KEY.as_dict(private=False)]}
HARD_SECRET = "a+b c:d%20&é"


def _basic(client_id: str, secret: str) -> dict[str, str]:
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _assertion(api: httpx2.AsyncClient, client_id: str, **changed: Any) -> dict[str, str]:
    now = int(time.time())
    audience = str(api.base_url).rstrip("/") + "/oauth/token"
    claims = {"iss": client_id, "sub": client_id, "aud": audience, "iat": now, "exp": now + 60}
    signed = jwt.encode({"alg": "ES256", "kid": "one"}, claims | {"jti": f"{now}"} | changed, KEY)
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}


async def _machine(api: httpx2.AsyncClient, method: str, **more: Any) -> str:
    wanted = {"grant_types": ["client_credentials"], "token_endpoint_auth_method": method}
    return (await register(api, client_id="machine", **wanted, **more))["client_id"]


async def _ask(
    api: httpx2.AsyncClient, form: dict[str, str], headers: dict[str, str] | None = None
) -> httpx2.Response:
    data = {"grant_type": "client_credentials"} | form
    return await api.post("/oauth/token", data=data, headers=headers)


@pytest.mark.parametrize("secret", ["plain", HARD_SECRET])
async def test_a_secret_is_shown_the_registered_way_or_not_at_all(party: Party, secret: str) -> None:
    in_body = {"client_id": "machine", "client_secret": secret}
    for method, form, headers in (
        ("client_secret_basic", {}, _basic("machine", secret)),
        ("client_secret_post", in_body, {}),
    ):
        await _machine(party.api, method, client_secret=secret)
        answer = await _ask(party.api, form, headers)
        assert answer.status_code == 200, (method, answer.text)
        wrong_form = form | ({"client_secret": "wrong"} if form else {})
        wrong = await _ask(party.api, wrong_form, headers and _basic("machine", "wrong"))
        assert wrong.json()["error"] == "invalid_client"
        both = await _ask(party.api, in_body, _basic("machine", secret))
        assert both.json()["error"] == "invalid_request"
        nothing = await _ask(party.api, {"client_id": "machine"})
        assert nothing.json()["error"] == "invalid_client"
    await _machine(party.api, "client_secret_basic", client_secret=secret)
    assert (await _ask(party.api, in_body)).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!!", "Basic /w==", "Basic bm8gY29sb24=", "Bearer x", "é"]
)
async def test_a_garbled_header_is_an_unknown_client(party: Party, header: str) -> None:
    await _machine(party.api, "client_secret_basic")
    answer = await party.api.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        headers=[(b"Authorization", header.encode())],
    )
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


async def test_an_assertion_is_good_once_and_only_for_this_server(party: Party) -> None:
    await _machine(party.api, "private_key_jwt", jwks=JWKS)
    good = _assertion(party.api, "machine", jti="first")
    assert (await _ask(party.api, good)).status_code == 200
    assert (await _ask(party.api, good)).json()["error"] == "invalid_client"
    for changed in (
        {"aud": "https://elsewhere.example/token"},
        {"iss": "shop"},
        {"exp": int(time.time()) - 120},
        {"sub": "nobody"},
        {"jti": None},
    ):
        refused = await _ask(party.api, _assertion(party.api, "machine", **({"jti": str(changed)} | changed)))
        assert refused.json()["error"] == "invalid_client", changed
    assert (await _ask(party.api, good | {"client_assertion": "a.b.c"})).status_code == 400
    stats = (await party.api.get("/_oauth/stats")).json()
    assert stats["recent"][0]["client"] == "machine"


async def test_an_assertion_of_another_key_is_refused(party: Party) -> None:
    stranger = ECKey.generate_key("P-256", {"kid": "one"})
    await _machine(party.api, "private_key_jwt", jwks={"keys": [stranger.as_dict(private=False)]})
    refused = await _ask(party.api, _assertion(party.api, "machine"))
    assert refused.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("client_secret_basic", {"client_secret": HARD_SECRET}),
        ("client_secret_post", {"client_secret": HARD_SECRET}),
        ("private_key_jwt", {"jwks": JWKS}),
    ],
)
async def test_confidential_clients_go_through_the_whole_flow_with_pkce(
    party: Party, method: str, more: dict[str, Any]
) -> None:
    await register(party.api, client_id="office", token_endpoint_auth_method=method, **more)
    office = Party(party.api, "office")

    async def send(path: str, jti: str, **form: str) -> httpx2.Response:
        headers = _basic("office", HARD_SECRET) if method == "client_secret_basic" else {}
        if method == "client_secret_post":
            form |= {"client_id": "office", "client_secret": HARD_SECRET}
        if method == "private_key_jwt":
            form |= _assertion(party.api, "office", jti=jti)
        return await party.api.post(path, data=form, headers=headers)

    code = office.exchange_form(await office.code())
    without = {name: value for name, value in code.items() if name != "code_verifier"}
    assert (await send("/oauth/token", "a", **without)).status_code == 400
    code = office.exchange_form(await office.code())
    token = (await send("/oauth/token", "b", **code)).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    assert (await office.token(**refresh)).json()["error"] == "invalid_client"
    renewed = (await send("/oauth/token", "c", **refresh)).json()
    assert (await office.read(renewed["access_token"])).status_code == 200
    assert (await send("/oauth/revoke", "d", token=renewed["refresh_token"])).status_code == 200
    assert (await office.read(renewed["access_token"])).status_code == 401


async def test_machines_get_an_access_token_alone_and_a_signed_one_on_request(party: Party) -> None:
    client = await _machine(party.api, "client_secret_post", access_token_format="jwt", client_secret="s")
    form = {"client_id": client, "client_secret": "s", "scope": "orders:read"}
    token = (await _ask(party.api, form | {"audience": "urn:shop"})).json()
    assert "refresh_token" not in token
    assert (await party.read(token["access_token"])).status_code == 200
    keys = KeySet.import_key_set((await party.api.get("/oauth/jwks")).json())
    read = jwt.decode(token["access_token"], keys, algorithms=["ES256"])
    assert read.header["typ"] == "at+jwt"
    assert read.claims["client_id"] == read.claims["sub"] == client
    assert read.claims["scope"] == "orders:read"
    recent = (await party.api.get("/_oauth/stats")).json()["recent"]
    assert recent[-1]["audience"] == "urn:shop"


async def test_a_client_may_do_only_what_it_was_registered_for(party: Party) -> None:
    assert (await party.token(grant_type="client_credentials")).json()["error"] == "invalid_client"
    assert (await party.token(grant_type="password")).json()["error"] == "unsupported_grant_type"
    await register(party.api, client_id="once", grant_types=["authorization_code"])
    once = Party(party.api, "once")
    assert "refresh_token" not in await once.connect()
    bad = {"client_id": "x", "token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]}
    assert (await party.api.post("/_oauth/clients", json=bad)).status_code == 422
    no_keys = {"token_endpoint_auth_method": "private_key_jwt"}
    assert (await party.api.post("/_oauth/clients", json=no_keys)).status_code == 422
