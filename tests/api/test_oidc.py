"""Sign-in at an identity provider that nobody here wrote: who comes in, as whom, and who does not."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from api.app import create_app
from tests.api.conftest import PUBLIC_URL, Door
from tests.api.foreign_kit import Foreign, consented, foreign_provider
from varlor.settings import Settings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
CALLBACK = f"{PUBLIC_URL}/api/v2/session/oidc/callback"


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Foreign]:
    with foreign_provider(tmp_path) as provider:
        yield provider


@pytest.fixture(params=["none", "client_secret_basic"])
async def here(
    request: pytest.FixtureRequest, settings: Settings, foreign: Foreign, tenant: str
) -> AsyncIterator[Door]:
    """An API whose users are the provider's accounts."""
    client = await foreign.register(CALLBACK, token_endpoint_auth_method=request.param)
    secret = client.get("client_secret")
    known = {
        "oidc_issuer": foreign.url,
        "oidc_client_id": client["client_id"],
        "oidc_client_secret": SecretStr(secret) if secret else None,
        "egress_allow": (),  # the operator named the provider, which is enough
    }
    app = create_app(settings=settings.model_copy(update=known))
    async with app.router.lifespan_context(app):
        yield Door(app, tenant)


only_public = pytest.mark.parametrize("here", ["none"], indirect=True)


async def begun(browser: httpx2.AsyncClient, return_to: str = "/datasets") -> str:
    answer = await browser.get("/session/oidc", params={"returnTo": return_to})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_an_account_of_the_provider_comes_in_with_its_role_and_tenant(here: Door) -> None:
    async with here.client() as browser:
        back = await browser.get(await consented(await begun(browser), f"editor@{here.tenant}"))
        assert (back.status_code, back.headers["location"]) == (303, "/datasets")
        session = next(each for each in back.headers.get_list("set-cookie") if "varlor_session" in each)
        assert "HttpOnly" in session
        assert "SameSite=lax" in session
        who = (await browser.get("/session")).json()
        assert (who["subject"], who["tenantId"], who["roles"]) == (
            f"editor@{here.tenant}",
            here.tenant,
            ["editor"],
        )
        assert (await browser.get("/connectors")).status_code == 200
        assert (await browser.get("/audit")).status_code == 403
    async with here.as_role("admin") as admin:
        lines = (await admin.get("/audit?action=session.started")).json()["items"]
        assert [line["actor"] for line in lines] == [f"editor@{here.tenant}"]


@only_public
async def test_two_tabs_may_sign_in_at_once(here: Door) -> None:
    async with here.client() as browser:
        first, second = await begun(browser, "/runs"), await begun(browser, "/connectors")
        for url, place in ((first, "/runs"), (second, "/connectors")):
            back = await browser.get(await consented(url, f"viewer@{here.tenant}"))
            assert back.headers["location"] == place


@only_public
async def test_a_callback_counts_once_and_in_the_browser_that_began(here: Door) -> None:
    async with here.client() as browser, here.client() as other:
        callback = await consented(await begun(browser), f"admin@{here.tenant}")
        assert (await other.get(callback)).headers["location"] == "/?signIn=wrong_browser"
        assert (await other.get("/session")).status_code == 401
        assert (await browser.get(callback)).headers["location"] == "/datasets"
        assert (await browser.get(callback)).headers["location"] == "/?signIn=wrong_browser"


@only_public
@pytest.mark.parametrize("login", ["visitor@acme", "someone", "editor@"])
async def test_an_account_without_a_role_or_tenant_stays_outside(here: Door, login: str) -> None:
    async with here.client() as browser:
        back = await browser.get(await consented(await begun(browser), login))
        assert back.headers["location"] == "/datasets?signIn=no_role"
        assert (await browser.get("/session")).status_code == 401


@only_public
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("code=", "code=x"), "refused"),
        (("iss=", "iss=x"), "refused"),
        (("code=", "error=access_denied&code="), "denied"),
        (("code=", "error=server_error&nothing="), "refused"),
    ],
)
async def test_an_answer_that_is_not_the_providers_opens_nothing(
    here: Door, change: tuple[str, str], reason: str
) -> None:
    async with here.client() as browser:
        callback = await consented(await begun(browser), f"admin@{here.tenant}")
        back = await browser.get(callback.replace(*change))
        assert back.headers["location"] == f"/datasets?signIn={reason}"
        assert (await browser.get("/session")).status_code == 401


@only_public
async def test_a_provider_that_is_away_is_said(here: Door, foreign: Foreign) -> None:
    async with here.client() as browser:
        callback = await consented(await begun(browser), f"admin@{here.tenant}")
        foreign.stop()
        assert (await browser.get(callback)).headers["location"] == "/datasets?signIn=unavailable"
        assert (await browser.get("/session")).status_code == 401


@only_public
@pytest.mark.parametrize("place", ["//evil.example.net", "https://evil.example.net/", "/\\evil.example.net"])
async def test_it_goes_on_to_a_place_of_our_own_alone(here: Door, place: str) -> None:
    async with here.client() as browser:
        answer = await browser.get("/session/oidc", params={"returnTo": place})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/returnTo")


async def test_without_a_provider_there_is_no_such_way(nobody: httpx2.AsyncClient) -> None:
    for path in ("/session/oidc", "/session/oidc/callback?state=x"):
        answer = await nobody.get(path)
        assert answer.status_code == 404
        assert "VARLOR_OIDC_ISSUER" in answer.json()["detail"]
