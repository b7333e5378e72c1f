"""From "Connect API" to a living dataset, as a person does it: real stack, real provider, real browser."""

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from examples.sample_api.access import BEARER_TOKEN
from tests.stack.launched import Launched
from tests.ui.browser import looked_at, of_tenant

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


def test_by_bearer_token_from_the_empty_page_to_rows(page: Page, stack: Launched) -> None:
    expect(page.get_by_role("heading", name="No dataset yet")).to_be_visible()
    looked_at(page, "datasets-empty")
    page.get_by_role("button", name="Connect API").click()
    page.get_by_role("button", name="REST API").click()
    page.get_by_label("Base URL").fill(f"{stack.facts['sample_url']}/bearer")
    page.get_by_label("Name", exact=True).fill("Sample shop")
    page.get_by_label("Requests per minute").fill("6000")
    page.get_by_label("Requests per second, at most").fill("100")
    looked_at(page, "connect-where")
    page.get_by_role("button", name="Continue").click()

    page.get_by_role("textbox", name="Token").fill("a-wrong-one")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Path").fill("/v1/orders")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("It failed")).to_be_visible()
    expect(page.get_by_text("HTTP 401", exact=True)).to_be_visible()
    page.get_by_role("button", name="Back").click()
    page.get_by_role("textbox", name="Token").fill(BEARER_TOKEN)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Path").fill("/v1/orders")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("It works")).to_be_visible()
    looked_at(page, "connect-test")
    page.get_by_role("button", name="Save and continue").click()

    page.get_by_label("Search endpoints").fill("v1 orders")
    page.get_by_role("option").first.click()
    looked_at(page, "connect-what")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Dataset").fill("Orders")
    looked_at(page, "connect-keep")
    page.get_by_role("button", name="Create the dataset").click()

    page.wait_for_url("**/runs/run_*")
    expect(page.get_by_text("Succeeded").first).to_be_visible()
    expect(page.get_by_role("table", name="Log of requests")).to_be_visible()
    looked_at(page, "run")
    page.get_by_role("link", name="its dataset").click()
    expect(page.get_by_role("table").first).to_be_visible()
    looked_at(page, "dataset")
    promised_fresh_and_started_over(page)
    page.get_by_role("link", name="Connectors", exact=True).click()
    page.get_by_role("link", name="Sample shop").click()
    expect(page.get_by_text("requests in the last minute")).to_be_visible()
    looked_at(page, "connector")
    assert BEARER_TOKEN not in page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")


def promised_fresh_and_started_over(page: Page) -> None:
    page.get_by_role("tab", name="Settings").click()
    page.get_by_label("Not older than").fill("2")
    page.get_by_role("button", name="Promise it").click()
    page.get_by_role("button", name="Take the promise back").wait_for()
    page.get_by_role("button", name="Start over").click()
    page.get_by_role("dialog").get_by_role("button", name="Start over").click()
    expect(page.get_by_text("The next sync starts over.").first).to_be_visible()
    looked_at(page, "dataset-settings")
    page.get_by_role("button", name="Close").wait_for(state="detached")  # the notice goes by itself
    page.get_by_role("navigation").get_by_role("link", name="Datasets", exact=True).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    looked_at(page, "datasets")


def test_by_oauth_in_a_window_of_its_own_denied_and_then_approved(page: Page, stack: Launched) -> None:
    sample = stack.facts["sample_url"]
    page.goto(f"{stack.facts['api_url']}/connectors?connect=source")
    page.get_by_role("button", name="REST API").click()
    page.get_by_label("Base URL").fill(f"{sample}/oauth2")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("OAuth 2.0", exact=True).click()
    page.get_by_label("Authorization URL").fill(f"{sample}/oauth/authorize")
    page.get_by_label("Token URL").fill(f"{sample}/oauth/token")
    page.get_by_label("Client id").fill("ui-client")
    page.get_by_role("button", name="Save, and show the redirect address").click()
    address = page.get_by_role("textbox", name="Redirect address").input_value()
    client = {"client_id": "ui-client", "redirect_uris": [address]}
    assert httpx2.post(f"{sample}/_oauth/clients", json=client).status_code == 201

    with page.expect_popup() as opened:
        page.get_by_role("button", name="Connect", exact=True).click()
    opened.value.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("Access was denied at the provider")).to_be_visible()
    looked_at(page, "connect-denied")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Try again").click()
    opened.value.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("The token is stored, sealed")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Path").fill("/v1/users")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("It works")).to_be_visible()


@pytest.mark.parametrize("place", ["runs", "schedules", "settings", "connectors"])
def test_every_other_page_stands_at_both_widths_and_in_both_themes(
    page: Page, stack: Launched, place: str
) -> None:
    page.goto(f"{stack.facts['api_url']}/{place}")
    page.get_by_role("heading", level=1).wait_for()
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    looked_at(page, place)


def test_another_tenant_sees_none_of_it(browser: Browser, stack: Launched, page: Page) -> None:
    page.goto(f"{stack.facts['api_url']}/connectors")
    mine = page.get_by_role("link", name="Sample shop")
    expect(mine).to_be_visible()
    address = mine.get_attribute("href")
    theirs = of_tenant(browser, stack, "rival")
    theirs.goto(f"{stack.facts['api_url']}/connectors")
    expect(theirs.get_by_role("heading", name="No connectors yet")).to_be_visible()
    theirs.goto(f"{stack.facts['api_url']}{address}")
    expect(theirs.get_by_role("alert")).to_be_visible()
    theirs.context.close()


def test_nothing_is_shown_to_who_is_not_signed_in(browser: Browser, stack: Launched) -> None:
    page = browser.new_page()
    page.goto(f"{stack.facts['api_url']}/runs")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.close()
