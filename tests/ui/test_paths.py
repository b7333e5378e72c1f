"""Every way of connecting, as a person takes it, and what goes wrong on the way."""

import json
import re
import uuid
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Page, expect

from examples.sample_api.access import API_KEY, KEY_HEADER
from examples.sample_api.webhooks import post, signed
from tests.stack.launched import Launched
from tests.ui.browser import looked_at

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
ORDERS = 8_000


@pytest.fixture
def sample(stack: Launched) -> Iterator[str]:
    """The sample API's address; what a test asked it to do wrong is over with the test."""
    address = stack.facts["sample_url"]
    yield address
    httpx2.delete(f"{address}/_faults")
    httpx2.post(f"{address}/_oauth/settings", json={"accessSeconds": 60})


def test_by_api_key_in_a_header(page: Page, stack: Launched, sample: str) -> None:
    begin(page, stack, "REST API", f"{sample}/key", "By key")
    way(page, "API key")
    page.get_by_role("textbox", name="Name").fill(KEY_HEADER)
    page.get_by_role("textbox", name="Key").fill(API_KEY)
    looked_at(page, "connect-key")
    page.get_by_role("button", name="Continue").click()
    checked(page, "/v1/users")
    read_path(page, "/v1/users", f"users {uuid.uuid4().hex[:6]}")
    expect(page.get_by_text("Succeeded").first).to_be_visible()
    assert API_KEY not in page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")


def test_a_failing_api_is_told_in_words_with_what_to_do(page: Page, stack: Launched, sample: str) -> None:
    begin(page, stack, "REST API", f"{sample}/open", "Turns to a web page")
    way(page, "None")
    page.get_by_role("button", name="Continue").click()
    checked(page, "/v1/users")
    rules = [{"kind": "html", "pathPrefix": "/open/v1/orders", "afterRequests": 2}]
    httpx2.post(f"{sample}/_faults", json={"rules": rules}).raise_for_status()
    read_path(page, "/v1/orders", f"orders {uuid.uuid4().hex[:6]}")
    expect(page.get_by_text("Failed", exact=True).first).to_be_visible()
    failure = page.get_by_role("alert")
    expect(failure).to_contain_text("test the connection with this path")
    expect(failure).to_contain_text("The last failed answer")
    looked_at(page, "run-failed")


def test_by_oauth_in_this_window_where_others_are_blocked(page: Page, stack: Launched, sample: str) -> None:
    begin(page, stack, "REST API", f"{sample}/oauth2", "By redirect")
    oauth_client(page, sample, f"redirect-{uuid.uuid4().hex[:6]}")
    page.evaluate("window.open = () => null")  # as a browser does that lets no page open another
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_text("blocked")).to_be_visible()
    looked_at(page, "connect-blocked")
    page.get_by_role("button", name="Use this window instead").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("The token is stored, sealed")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    checked(page, "/v1/users")


def test_a_token_that_ends_during_a_sync_is_renewed_and_a_revoked_grant_waits_for_its_user(
    page: Page, stack: Launched, sample: str
) -> None:
    httpx2.post(f"{sample}/_oauth/settings", json={"accessSeconds": 10}).raise_for_status()
    name, client = "Short tokens", f"short-{uuid.uuid4().hex[:6]}"
    begin(page, stack, "REST API", f"{sample}/oauth2", name, per_minute=60)  # of 80 pages, 20 wait
    oauth_client(page, sample, client)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Connect", exact=True).click()
    opened.value.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("The token is stored, sealed")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    checked(page, "/v1/users")
    read_path(page, "/v1/orders", f"orders {uuid.uuid4().hex[:6]}")
    run = page.url

    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_text("It is renewed by itself before it expires.")).to_be_visible()
    expect(page.get_by_text("Next refresh")).to_be_visible()
    looked_at(page, "connector-token")
    renewed = page.get_by_text("token.refreshed").first
    page.get_by_role("tab", name="Audit").click()
    expect(renewed).to_be_visible()

    httpx2.post(f"{sample}/_oauth/grants/revoke", json={"clientId": client}).raise_for_status()
    page.goto(run)
    expect(page.get_by_text("Waiting for sign-in").first).to_be_visible(timeout=90_000)  # after the minute
    looked_at(page, "run-waiting-auth")
    page.get_by_role("link", name=name).first.click()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Reconnect").click()
    opened.value.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("The token is stored, sealed")).to_be_visible()
    page.goto(run)
    expect(page.get_by_text("Succeeded").first).to_be_visible()
    expect(page.get_by_text(f"{ORDERS:,}").first).to_be_visible()


def test_by_graphql_from_its_schema_to_rows(page: Page, stack: Launched, sample: str) -> None:
    begin(page, stack, "GraphQL", f"{sample}/open/graphql", "Graph")
    way(page, "None")
    page.get_by_role("button", name="Continue").click()
    checked(page, None)
    page.get_by_label("Search endpoints").fill("orders")
    page.get_by_role("option").first.click()
    expect(page.get_by_label("Query", exact=True)).to_have_value(re.compile("orders"))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("table").first).to_be_visible()
    looked_at(page, "connect-graphql")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Dataset").fill(f"graph {uuid.uuid4().hex[:6]}")
    page.get_by_role("button", name="Create the dataset").click()
    page.wait_for_url("**/runs/run_*")
    expect(page.get_by_text("Succeeded").first).to_be_visible()


def test_a_webhook_s_event_becomes_a_row(page: Page, stack: Launched) -> None:
    page.goto(f"{stack.facts['api_url']}/connectors?connect=source")
    page.get_by_role("button", name=re.compile("^Webhook")).click()
    name = f"Shop events {uuid.uuid4().hex[:6]}"
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Create the address").click()
    url = page.get_by_role("textbox", name="Address to enter at the other side").input_value()
    secret = page.get_by_role("textbox", name="Secret").input_value()
    looked_at(page, "connect-webhook")
    page.get_by_role("button", name="Go to the connector").click()

    body = json.dumps({"type": "order.paid", "buyer": "Ada of the browser"}).encode()
    assert post(url, body, signed("standard", secret, body, event_id=uuid.uuid4().hex)) == 202
    page.get_by_role("link", name="Datasets", exact=True).click()
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_text("Ada of the browser")).to_be_visible()
    looked_at(page, "dataset-webhook")


def begin(
    page: Page, stack: Launched, kind: str, address: str, name: str, *, per_minute: int = 6_000
) -> None:
    """The wizard's first two steps; it stands at the credential then."""
    page.goto(f"{stack.facts['api_url']}/connectors?connect=source")
    page.get_by_role("button", name=re.compile(f"^{kind}")).click()
    page.get_by_label("Base URL").fill(address)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Requests per minute").fill(str(per_minute))
    page.get_by_role("button", name="Continue").click()


def way(page: Page, name: str) -> None:
    page.get_by_role("radiogroup", name="Authentication").get_by_text(name, exact=True).click()


def oauth_client(page: Page, sample: str, client: str) -> None:
    """Say how the provider is reached, and register the redirect address there."""
    way(page, "OAuth 2.0")
    page.get_by_label("Authorization URL").fill(f"{sample}/oauth/authorize")
    page.get_by_label("Token URL").fill(f"{sample}/oauth/token")
    page.get_by_label("Client id").fill(client)
    page.get_by_role("button", name="Save, and show the redirect address").click()
    address = page.get_by_role("textbox", name="Redirect address").input_value()
    registered = {"client_id": client, "redirect_uris": [address]}
    assert httpx2.post(f"{sample}/_oauth/clients", json=registered).status_code == 201


def checked(page: Page, path: str | None) -> None:
    if path is not None:
        page.get_by_role("textbox", name="Path").fill(path)
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("It works")).to_be_visible()
    page.get_by_role("button", name="Save and continue").click()


def read_path(page: Page, path: str, dataset: str) -> None:
    """From a path of one's own to the run's page."""
    page.get_by_text("Own path", exact=True).click()
    page.get_by_role("textbox", name="Path").fill(path)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Dataset").fill(dataset)
    page.get_by_role("button", name="Create the dataset").click()
    page.wait_for_url("**/runs/run_*")
