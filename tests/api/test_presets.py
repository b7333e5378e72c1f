"""From a preset to a dataset over HTTP: what is asked for, what is refused, what is read."""

import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.test_connectors import pointers
from tests.connectors.kit import serve
from tests.presets.replay import Replay, answers_of

ZENDESK = {"apiKey": "canary-key"}


async def test_presets_are_listed_and_shown(viewer: httpx2.AsyncClient) -> None:
    listed = (await viewer.get("/presets")).json()["items"]
    assert {"github", "stripe", "spotify"} <= {each["id"] for each in listed}
    github = (await viewer.get("/presets/github")).json()
    assert [each["type"] for each in github["auth"]] == ["bearer", "oauth2"]
    assert (await viewer.get("/presets/nothing-like-it")).status_code == 404


async def test_a_connector_is_made_of_a_preset(editor: httpx2.AsyncClient) -> None:
    body = {"variables": {"subdomain": "acme"}, "apiKey": "canary-key"}
    answer = await editor.post("/presets/zendesk/connectors", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["baseUrl"] == "https://acme.zendesk.com/api/v2"
    assert (made["name"], made["presetId"], made["hasCredential"]) == ("Zendesk Support", "zendesk", True)
    assert made["apiKeyConfig"] == {"keyName": "Authorization", "location": "header", "prefix": "Basic "}
    assert made["rateLimitConfig"] == {"requestsPerMinute": 180, "burstLimit": 10}
    assert "canary" not in answer.text


async def test_an_oauth_preset_needs_only_the_client(editor: httpx2.AsyncClient) -> None:
    body = {
        "variables": {"subdomain": "acme"},
        "authType": "oauth2",
        "clientId": "app",
        "clientSecret": "canary",
    }
    answer = await editor.post("/presets/zendesk/connectors", json=body)
    assert answer.status_code == 201, answer.text
    config = answer.json()["oauthConfig"]
    assert config["tokenUrl"] == "https://acme.zendesk.com/oauth/tokens"
    assert (config["clientId"], config["scopes"]) == ("app", ["read"])
    assert "canary" not in answer.text


@pytest.mark.parametrize(
    ("preset", "body", "pointer"),
    [
        ("zendesk", ZENDESK, "/variables/subdomain"),
        ("zendesk", ZENDESK | {"variables": {"subdomain": "a.evil.example/"}}, "/variables/subdomain"),
        ("zendesk", ZENDESK | {"variables": {"subdomain": "acme", "other": "x"}}, "/variables/other"),
        ("stripe", {"authType": "oauth2"}, "/authType"),
        ("spotify", {}, "/clientId"),
        ("github", {"apiKey": "canary"}, "/apiKey"),
        ("github", {"baseUrl": "http://10.0.0.1"}, "/baseUrl"),
        ("github", {"presetId": "stripe"}, "/presetId"),
    ],
)
async def test_what_does_not_fit_is_named(
    editor: httpx2.AsyncClient, preset: str, body: dict[str, Any], pointer: str
) -> None:
    answer = await editor.post(f"/presets/{preset}/connectors", json=body)
    assert pointer in pointers(answer)
    assert "canary" not in answer.text


async def test_a_connector_cannot_name_a_preset_that_is_not_there(editor: httpx2.AsyncClient) -> None:
    body = {"name": "x", "baseUrl": "https://api.example.com", "presetId": "nothing-like-it"}
    assert pointers(await editor.post("/connectors", json=body)) == {"/presetId"}


async def test_an_endpoint_of_a_preset_is_read_into_a_dataset(
    editor: httpx2.AsyncClient, worker_log: Path
) -> None:
    api = Replay()
    for url in serve(api):
        api.expect("/customers", answers_of("stripe")["endpoints"]["customers"]["exchanges"])
        made = await editor.post("/presets/stripe/connectors", json={"baseUrl": url, "bearerToken": "secret"})
        place = f"/connectors/{made.json()['id']}"
        # Nobody has asked for the endpoints: an endpoint's id is enough.
        body = {"endpointId": "customers", "dataset": {"name": "customers"}}
        started = await editor.post(f"{place}/fetch", json=body)
        run = await _ended(editor, started.json()["runId"])
        assert (run["status"], run["rows"], run["error"]) == ("succeeded", 3, None)
        found = (await editor.get(f"{place}/endpoints")).json()
        assert found["source"] == "preset"
        assert [each["id"] for each in found["endpoints"]][:2] == ["customers", "charges"]


async def _ended(client: httpx2.AsyncClient, run_id: str, seconds: float = 60) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while True:
        run: dict[str, Any] = (await client.get(f"/runs/{run_id}")).json()
        if run["finishedAt"] or time.monotonic() > deadline:
            return run
