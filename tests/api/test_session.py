"""The browser's way in: a one-time link, a cookie no script can read, and no acting from another site."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from api.services import Services
from tests.api.conftest import PUBLIC_URL, Door
from varlor.ports import Identity, Role

OWN = {"Origin": PUBLIC_URL}


async def invited(services: Services, tenant: str, role: Role = "admin") -> str:
    until = datetime.now(UTC) + timedelta(minutes=5)
    return await services.sessions.invite(Identity("ada", tenant, frozenset({role}), until))


@pytest.fixture
async def browser(door: Door) -> AsyncIterator[httpx2.AsyncClient]:
    async with door.client() as client:
        yield client


async def test_a_code_opens_one_session_once(
    services: Services, browser: httpx2.AsyncClient, tenant: str, door: Door
) -> None:
    code = await invited(services, tenant)
    opened = await browser.post("/session", json={"code": code})
    assert opened.status_code == 200
    who = {"subject": "ada", "tenantId": tenant, "roles": ["admin"]}
    assert who.items() <= opened.json().items()
    cookie = opened.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert who.items() <= (await browser.get("/session")).json().items()
    assert (await browser.get("/connectors")).status_code == 200
    async with door.client() as other:
        assert (await other.post("/session", json={"code": code})).status_code == 401


async def test_a_cookie_acts_only_from_our_own_pages(
    services: Services, browser: httpx2.AsyncClient, tenant: str
) -> None:
    await browser.post("/session", json={"code": await invited(services, tenant)})
    body = {"name": "Shop", "baseUrl": "https://api.example.com"}
    for headers in (
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example.net"},
        {"Origin": f"{PUBLIC_URL}.evil.example.net"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example.net", "Sec-Fetch-Site": "same-origin"},
    ):
        assert (await browser.post("/connectors", json=body, headers=headers)).status_code == 403, headers
    assert (await browser.get("/connectors")).json()["items"] == []
    assert (await browser.post("/connectors", json=body, headers=OWN)).status_code == 201


async def test_signing_out_ends_the_session_itself(
    services: Services, browser: httpx2.AsyncClient, tenant: str, door: Door
) -> None:
    await browser.post("/session", json={"code": await invited(services, tenant)})
    kept = {"Cookie": f"varlor_session={browser.cookies['varlor_session']}"}
    assert (await browser.delete("/session")).status_code == 403
    assert (await browser.delete("/session", headers=OWN)).status_code == 204
    async with door.client(headers=kept) as thief:
        assert (await thief.get("/session")).status_code == 401


async def test_a_link_opened_by_a_browser_is_spent_by_its_form_alone(
    services: Services, browser: httpx2.AsyncClient, tenant: str
) -> None:
    code = await invited(services, tenant)
    for _ in range(2):  # looking, as link previews do, spends nothing
        page = await browser.get(f"{PUBLIC_URL}/status", params={"code": code})
        assert f'value="{code}"' in page.text
    form = {"code": code}
    elsewhere = {"Origin": "https://evil.example.net"}
    assert (await browser.post(f"{PUBLIC_URL}/sign-in", data=form, headers=elsewhere)).status_code == 403
    ours = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}  # what a no-referrer page's form sends
    signed_in = await browser.post(f"{PUBLIC_URL}/sign-in", data=form, headers=ours)
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
    assert "Signed in as ada" in (await browser.get(f"{PUBLIC_URL}/status")).text


async def test_codes_and_pages_take_no_markup_and_no_guess(browser: httpx2.AsyncClient) -> None:
    page = await browser.get(f"{PUBLIC_URL}/status", params={"code": '"><script>alert(1)</script>'})
    assert "<script" not in page.text
    assert (await browser.post("/session", json={"code": "x" * 43})).status_code == 401
    assert (await browser.post("/session", json={"code": "short"})).status_code == 422
    assert (await browser.get("/session", headers={"Cookie": "varlor_session=guess"})).status_code == 401
    assert (await browser.get("/session")).status_code == 401
