"""Our client against a real authorization server (Authlib's): the whole life of a token."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import uvicorn
from joserfc.jwk import ECKey, RSAKey

from examples.sample_api import create_app
from varlor.auth.oauth2 import OAuth2Service
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.contracts.connector import Secrets
from varlor.contracts.oauth import ClientAuthMethod, OAuthConfig
from varlor.errors import TokenError
from varlor.ports import AuthorizationAnswer, Grant

CALLBACK = "http://127.0.0.1:7999/api/v2/connectors/con_1/oauth/callback"
KEYS: dict[str, RSAKey | ECKey] = {
    "rsa": RSAKey.generate_key(2048, {"kid": "one"}),
    "p256": ECKey.generate_key("P-256", {"kid": "one"}),
}
NOBODY = Secrets()


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Party:
    """Registers at the server, and plays the user who consents there."""

    api: httpx2.AsyncClient
    oauth: OAuth2Service
    issuer: str

    async def register(self, client_id: str = "shop", **wanted: Any) -> OAuthConfig:
        body = {"client_id": client_id, "redirect_uris": [CALLBACK], **wanted}
        answer = await self.api.post("/_oauth/clients", json=body)
        assert answer.status_code == 201, answer.text
        return OAuthConfig(issuer=self.issuer, client_id=client_id)

    async def connect(
        self, config: OAuthConfig, secrets: Secrets = NOBODY, changed: dict[str, str] | None = None
    ) -> Grant:
        made = await self.oauth.authorization(config, CALLBACK)
        page = await self.api.get(made.url, params={**_query(made.url), "auto": "approve"})
        assert page.status_code == 303, page.text
        back = _query(page.headers["location"])
        assert (back["state"], back["iss"]) == (made.state, made.issuer)
        answer = AuthorizationAnswer(
            code=back["code"], verifier=made.verifier, redirect_uri=CALLBACK, token_url=made.token_url
        )
        return await self.oauth.exchange(config, secrets, answer.model_copy(update=changed or {}))

    async def fault(self, kind: str, **rule: Any) -> None:
        answer = await self.api.post("/_oauth/faults", json={"rules": [{"kind": kind, **rule}]})
        assert answer.status_code == 200, answer.text

    async def reads(self, grant: Grant) -> int:
        headers = {"Authorization": f"{grant.token_type} {grant.access_token}"}
        return (await self.api.get("/oauth2/v1/orders", params={"limit": 1}, headers=headers)).status_code


def _query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.fixture
async def party(tls: ssl.SSLContext) -> AsyncIterator[Party]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(create_app(scale=0.02), log_level="critical", lifespan="off"))
        serving = asyncio.create_task(server.serve([listening]))
        policy = EgressPolicy(["127.0.0.1"])
        client = GuardedClient(policy, verify=tls)
        oauth = OAuth2Service(client, WallClock(), plain_http=policy.vouches_for)
        async with httpx2.AsyncClient(base_url=issuer, trust_env=False, verify=tls) as api:
            yield Party(api, oauth, issuer)
        await client.aclose()
        server.should_exit = True
        await serving


async def test_from_consent_to_revocation(party: Party) -> None:
    config = await party.register()
    first = await party.connect(config)
    assert await party.reads(first) == 200
    second = await party.oauth.renew(config, NOBODY, first)
    assert second.access_token != first.access_token
    assert second.refresh_token not in {None, first.refresh_token}
    assert await party.reads(second) == 200
    assert second.refresh_token is not None
    assert await party.oauth.revoke(config, NOBODY, second.refresh_token, "refresh_token") == "done"
    assert await party.oauth.revoke(config, NOBODY, second.access_token, "access_token") == "done"
    assert await party.oauth.revoke(config, NOBODY, "never-was", "access_token") == "done"
    assert await party.reads(second) == 401
    with pytest.raises(TokenError) as caught:
        await party.oauth.renew(config, NOBODY, second)
    assert caught.value.kind == "invalid_grant"


@pytest.mark.parametrize(
    "changed", [{"verifier": "w" * 64}, {"code": "guessed"}, {"redirect_uri": f"{CALLBACK}/other"}]
)
async def test_a_code_without_what_it_is_bound_to_is_worthless(party: Party, changed: dict[str, str]) -> None:
    config = await party.register()
    with pytest.raises(TokenError) as caught:
        await party.connect(config, changed=changed)
    assert caught.value.kind == "invalid_grant"


async def test_a_refresh_token_is_good_once(party: Party) -> None:
    config = await party.register()
    first = await party.connect(config)
    second = await party.oauth.renew(config, NOBODY, first)
    for reused in (first, second):  # reuse ends the whole family
        with pytest.raises(TokenError) as caught:
            await party.oauth.renew(config, NOBODY, reused)
        assert caught.value.kind == "invalid_grant"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_a_confidential_client(party: Party, method: ClientAuthMethod) -> None:
    secret = "a+b c:d%20&é"
    config = await party.register(client_secret=secret, token_endpoint_auth_method=method)
    config = config.model_copy(update={"token_endpoint_auth_method": method})
    secrets = Secrets.model_validate({"client_secret": secret})
    grant = await party.connect(config, secrets)
    renewed = await party.oauth.renew(config, secrets, grant)
    assert await party.reads(renewed) == 200
    wrong = Secrets.model_validate({"client_secret": "wrong"})
    with pytest.raises(TokenError) as caught:
        await party.oauth.renew(config, wrong, renewed)
    assert caught.value.kind == "invalid_client"


@pytest.mark.parametrize("kind", sorted(KEYS))
async def test_a_client_with_a_key(party: Party, kind: str) -> None:
    key, method = KEYS[kind], "private_key_jwt"
    jwks = {"keys": [key.as_dict(private=False)]}
    config = await party.register(jwks=jwks, token_endpoint_auth_method=method)
    config = config.model_copy(update={"token_endpoint_auth_method": method})
    secrets = Secrets.model_validate({"private_key": key.as_pem(private=True).decode()})
    grant = await party.connect(config, secrets)
    assert await party.reads(grant) == 200
    assert grant.refresh_token is not None
    assert await party.oauth.revoke(config, secrets, grant.refresh_token, "refresh_token") == "done"


async def test_a_machine(party: Party) -> None:
    config = await party.register(
        grant_types=["client_credentials"],
        client_secret="s",
        token_endpoint_auth_method="client_secret_basic",
    )
    machine = config.model_copy(
        update={"grant": "client_credentials", "token_endpoint_auth_method": "client_secret_basic"}
    )
    grant = await party.oauth.renew(machine, Secrets.model_validate({"client_secret": "s"}), None)
    assert grant.refresh_token is None
    assert await party.reads(grant) == 200


@pytest.mark.parametrize("kind", ["form_encoded", "text_plain", "omit_refresh_token"])
async def test_odd_but_sound_answers(party: Party, kind: str) -> None:
    config = await party.register()
    first = await party.connect(config)
    await party.fault(kind)
    second = await party.oauth.renew(config, NOBODY, first)
    assert second.expires_at is not None
    assert await party.reads(second) == 200
    assert (second.refresh_token == first.refresh_token) == (kind == "omit_refresh_token")


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "server_error"},
        {"kind": "rate_limit"},
        {"kind": "html"},
        {"kind": "empty"},
        {"kind": "huge"},
        {"kind": "redirect"},
        {"kind": "lost_request"},
        {"kind": "lost_answer"},
        {"kind": "oauth_error", "error": "temporarily_unavailable"},
    ],
    ids=lambda rule: rule["kind"],
)
async def test_bad_days_pass(party: Party, rule: dict[str, Any]) -> None:
    config = await party.register()
    first = await party.connect(config)
    await party.fault(**rule)
    with pytest.raises(TokenError) as caught:
        await party.oauth.renew(config, NOBODY, first)
    assert caught.value.kind == "passing"


async def test_an_error_that_looks_like_success(party: Party) -> None:
    config = await party.register()
    first = await party.connect(config)
    await party.fault("oauth_error", status=200)
    with pytest.raises(TokenError) as caught:
        await party.oauth.renew(config, NOBODY, first)
    assert caught.value.kind == "invalid_grant"
