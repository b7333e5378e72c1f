"""The authorization server is trusted by the OAuth tests, so its own strictness is shown here."""

import asyncio
from collections import Counter
from urllib.parse import urlencode

import httpx2
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from tests.examples.oauth_party import CALLBACK, Party, brought_back, register

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_user_decides_on_a_page(party: Party) -> None:
    page = await party.api.get("/oauth/authorize", params=party.question)
    assert page.status_code == 200
    assert "Approve" in page.text
    assert "Deny" in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    answers = {
        decision: brought_back(
            await party.api.post("/oauth/authorize", params=party.question, data={"decision": decision})
        )
        for decision in ("approve", "deny")
    }
    issuer = str(party.api.base_url).rstrip("/")
    assert answers["approve"].keys() == {"code", "state", "iss"}
    assert answers["deny"]["error"] == "access_denied"
    assert {(back["iss"], back["state"]) for back in answers.values()} == {(issuer, "a state & more")}


async def test_a_connected_client_reads_and_the_answer_is_as_the_rfc_has_it(party: Party) -> None:
    code = await party.code()
    answer = await party.exchange(code)
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()
    assert token.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 60)
    assert (await party.read(token["access_token"])).status_code == 200


@pytest.mark.parametrize(
    ("drop", "changed"),
    [
        (["code_challenge", "code_challenge_method"], {}),
        (["code_challenge_method"], {}),
        (["code_challenge"], {}),
        ([], {"code_challenge_method": "plain"}),
        ([], {"code_challenge": "short"}),
    ],
)
async def test_only_s256_is_accepted(party: Party, drop: list[str], changed: dict[str, str]) -> None:
    back = brought_back(await party.ask(*drop, **changed))
    assert back["error"] == "invalid_request"
    assert back.keys() >= {"state", "iss"}
    assert "code" not in back


@pytest.mark.parametrize("verifier", ["", "w" * 43, "short"])
async def test_the_verifier_must_fit_and_a_failed_try_uses_the_code_up(party: Party, verifier: str) -> None:
    code = await party.code()
    assert (await party.exchange(code, code_verifier=verifier)).status_code == 400
    assert (await party.exchange(code)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "uri",
    [
        f"{CALLBACK}/",
        f"{CALLBACK}?x=1",
        f"{CALLBACK}#x",
        CALLBACK.replace("orders", "users"),
        CALLBACK.replace("7999", "7998"),
        CALLBACK.replace("http:", "HTTP:"),
        CALLBACK.replace("/oauth", "/%6Fauth"),
        CALLBACK.replace("127.0.0.1", 'evil".example'),
        "",
    ],
)
async def test_a_redirect_uri_is_matched_exactly_and_never_followed_otherwise(party: Party, uri: str) -> None:
    refused = await party.ask(redirect_uri=uri)
    assert refused.status_code == 400
    assert "location" not in refused.headers
    other = await party.exchange(await party.code(), redirect_uri=uri)
    assert other.json()["error"] == "invalid_grant"


async def test_unknown_clients_and_repeated_parameters_are_refused_on_the_spot(party: Party) -> None:
    assert (await party.ask(client_id="nobody")).status_code == 400
    twice = [*party.question.items(), ("state", "another")]
    answer = await party.api.get("/oauth/authorize", params=httpx2.QueryParams(urlencode(twice)))
    assert answer.status_code == 400
    body = "grant_type=refresh_token&client_id=shop&client_id=shop&refresh_token=x"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    repeated = await party.api.post("/oauth/token", content=body, headers=headers)
    assert repeated.json()["error"] == "invalid_request"
    in_query = await party.api.post(f"/oauth/token?{body}", headers=headers)
    assert in_query.status_code == 400


async def test_a_code_is_good_once_and_its_second_use_takes_the_tokensbrought_back(party: Party) -> None:
    code = await party.code()
    answers = await asyncio.gather(*(party.exchange(code) for _ in range(20)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 19}
    token = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (await party.read(token["access_token"])).status_code == 401
    assert (await party.refresh(token["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await party.api.get("/_oauth/stats")).json()["codeReuses"] == 1


async def test_a_code_is_bound_to_its_client(party: Party) -> None:
    other = Party(party.api, (await register(party.api))["client_id"], party.verifier)
    code = await party.code()
    assert (await other.exchange(code)).json()["error"] == "invalid_grant"
    assert (await party.exchange(code)).status_code == 200


async def test_refreshing_rotates_and_a_spent_token_ends_the_family(party: Party) -> None:
    first = await party.connect()
    second = (await party.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await party.read(first["access_token"])).status_code == 200
    assert (await party.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await party.refresh(second["refresh_token"])).json()["error"] == "invalid_grant"
    dead = await party.read(second["access_token"])
    assert dead.status_code == 401
    assert 'error="invalid_token"' in dead.headers["www-authenticate"]
    stats = (await party.api.get("/_oauth/stats")).json()
    assert stats["reuseDetections"] == 1
    assert stats["tokenRequests"] == {"authorization_code": 1, "refresh_token": 3}
    assert stats["refreshes"] == {"shop": 1}
    assert stats["recent"][1]["marginSeconds"] > 50
    assert first["refresh_token"] not in str(stats)


async def test_fifty_refreshes_at_once_are_one_refresh(party: Party) -> None:
    token = (await party.connect())["refresh_token"]
    answers = await asyncio.gather(*(party.refresh(token) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 49}
    assert (await party.api.get("/_oauth/stats")).json()["reuseDetections"] == 1


async def test_fifty_grants_refresh_at_once_without_touching_each_other(party: Party) -> None:
    tokens = await asyncio.gather(*(party.connect() for _ in range(50)))
    answers = await asyncio.gather(*(party.refresh(token["refresh_token"]) for token in tokens))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["access_token"] for answer in answers}) == 50


async def test_a_refresh_may_narrow_the_scope_but_not_widen_it(party: Party) -> None:
    back = brought_back(await party.ask(scope="orders:read"))
    token = (await party.exchange(back["code"])).json()
    assert token["scope"] == "orders:read"
    wider = await party.refresh(token["refresh_token"], scope="orders:read users:read")
    assert wider.json()["error"] == "invalid_scope"
    assert brought_back(await party.ask(scope="all:write"))["error"] == "invalid_scope"


async def test_a_client_without_rotation_keeps_its_refresh_token(party: Party) -> None:
    client = await register(party.api, rotate=False)
    other = Party(party.api, client["client_id"])
    token = (await other.connect())["refresh_token"]
    for _ in range(2):
        answer = await other.refresh(token)
        assert answer.status_code == 200
        assert "refresh_token" not in answer.json()


async def test_lifetimes_can_be_short_and_an_expired_token_is_refused(party: Party) -> None:
    changed = await party.api.post("/_oauth/settings", json={"accessSeconds": 1})
    assert changed.json()["refreshSeconds"] == 14 * 86_400
    token = await party.connect()
    assert token["expires_in"] == 1
    async with asyncio.timeout(5):
        answer = await party.read(token["access_token"])
        while answer.status_code == 200:
            answer = await party.read(token["access_token"])
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert (await party.refresh(token["refresh_token"])).status_code == 200
    assert (await party.api.get("/_oauth/stats")).json()["lateRefreshes"] == 1
    await party.api.post("/_oauth/settings", json={"refreshSeconds": 0})
    assert (await party.api.get("/_oauth/settings")).json()["refreshSeconds"] == 14 * 86_400


async def test_the_provider_can_take_a_grant_or_just_an_access_token_away(party: Party) -> None:
    token = await party.connect()
    assert (await party.api.post("/_oauth/access/expire", json={"clientId": "shop"})).json() == {"expired": 1}
    assert (await party.read(token["access_token"])).status_code == 401
    renewed = (await party.refresh(token["refresh_token"])).json()
    assert (await party.read(renewed["access_token"])).status_code == 200
    (grant,) = (await party.api.get("/_oauth/grants")).json()
    revoked = await party.api.post("/_oauth/grants/revoke", json={"grantId": grant["grantId"]})
    assert revoked.json() == {"revoked": 1}
    assert (await party.read(renewed["access_token"])).status_code == 401
    assert (await party.refresh(renewed["refresh_token"])).json()["error"] == "invalid_grant"


async def test_revocation_ends_the_family_or_one_access_token_and_unknown_is_success(party: Party) -> None:
    token = await party.connect()
    assert (await party.revoke("never seen")).status_code == 200
    other = Party(party.api, (await register(party.api))["client_id"])
    assert (await other.revoke(token["refresh_token"])).status_code == 400
    assert (await party.revoke(token["access_token"])).status_code == 200
    assert (await party.read(token["access_token"])).status_code == 401
    token = (await party.refresh(token["refresh_token"])).json()
    assert (await party.revoke(token["refresh_token"])).status_code == 200
    assert (await party.read(token["access_token"])).status_code == 401
    assert (await party.refresh(token["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await party.revoke(token["refresh_token"])).status_code == 200
    assert (await party.api.get("/_oauth/stats")).json()["revocations"] == {"ok": 4, "invalid_grant": 1}


@pytest.mark.parametrize(
    ("path", "issuer"),
    [("oauth-authorization-server", None), ("openid-configuration", "http://127.0.0.1:1/shop")],
)
async def test_the_metadata_is_whole_and_can_be_made_to_lie(
    party: Party, path: str, issuer: str | None
) -> None:
    await party.api.post("/_oauth/settings", json={"issuer": issuer})
    document = (await party.api.get(f"/.well-known/{path}")).json()
    AuthorizationServerMetadata(document).validate()
    assert document["issuer"] == issuer or str(party.api.base_url).rstrip("/")
    assert document["code_challenge_methods_supported"] == ["S256"]
    lies = {"issuer": "https://evil.example", "revocation_endpoint": None}
    await party.api.post("/_oauth/settings", json={"metadata": lies})
    document = (await party.api.get(f"/.well-known/{path}")).json()
    assert document["issuer"] == "https://evil.example"
    assert "revocation_endpoint" not in document
    await party.api.post("/_oauth/settings", json={"iss": "missing"})
    assert "iss" not in brought_back(await party.ask())
    await party.api.post("/_oauth/settings", json={"iss": "wrong"})
    assert brought_back(await party.ask())["iss"] == "https://another-issuer.example"


async def test_the_document_behind_the_door_names_the_flow(party: Party) -> None:
    document = (await party.api.get("/oauth2/openapi.json")).json()
    flows = document["components"]["securitySchemes"]["OAuth2AuthorizationCodeBearer"]["flows"]
    assert flows["authorizationCode"]["tokenUrl"] == "/oauth/token"
    nobody = await party.api.get("/oauth2/v1/orders")
    assert nobody.status_code == 401
    assert nobody.headers["www-authenticate"] == 'Bearer realm="sample"'
    assert "/oauth/token" not in (await party.api.get("/openapi.json")).json()["paths"]
