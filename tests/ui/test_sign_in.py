"""Signing in at an organization's own identity provider, in a real browser, to the tenant it names."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.api.foreign_kit import Foreign, foreign_provider
from tests.ports import free_port
from tests.stack.launched import FREE_PORTS, Launched
from tests.ui.browser import looked_at, profile

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Foreign]:
    with foreign_provider(tmp_path) as found:
        yield found


@pytest.fixture
def address(provider: Foreign, tmp_path: Path) -> Iterator[str]:
    """A stack whose users are the provider's accounts."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    asked = {"redirect_uris": [f"{address}/api/v2/session/oidc/callback"]}
    client = httpx2.post(f"{provider.url}/reg", json=asked).raise_for_status().json()
    known = {
        "VARLOR_OIDC_ISSUER": provider.url,
        "VARLOR_OIDC_CLIENT_ID": client["client_id"],
        "VARLOR_OIDC_CLIENT_SECRET": client["client_secret"],
    }
    launched = Launched(tmp_path / "state", "up", "--port", str(port), *FREE_PORTS[2:], **known)
    try:
        launched.until_ready()
        yield address
    finally:
        launched.stop()
        launched.end()


def test_an_account_signs_in_to_its_tenant_and_goes_on_where_it_wanted(
    browser: Browser, address: str
) -> None:
    page = profile(browser).new_page()
    page.goto(f"{address}/settings")
    page.get_by_role("link", name="Sign in with your organization").wait_for()
    looked_at(page, "sign-in")
    as_account(page, "nobody-in-particular")
    expect(page.get_by_role("alert")).to_contain_text("has no role here")
    page.context.clear_cookies()  # the provider remembers its account
    as_account(page, "editor@acme")
    page.wait_for_url("**/settings")
    expect(page.get_by_text("editor@acme").first).to_be_visible()
    expect(page.get_by_text("acme", exact=True).first).to_be_visible()
    page.context.close()


def as_account(page: Page, name: str) -> None:
    page.get_by_role("link", name="Sign in with your organization").click()
    page.get_by_placeholder("Enter any login").fill(name)
    page.get_by_placeholder("and password").fill("anything")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
