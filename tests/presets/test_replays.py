"""Every endpoint of every preset, read from answers of the shape that its documentation shows."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.connectors.kit import FixedClock, FreeWindow, NoDiscoverer, Reader, connector, serve
from tests.presets.replay import ANSWERS, Replay, answers_of
from varlor.connectors import APIConnectorService
from varlor.connectors.graphql.document import read_query
from varlor.connectors.graphql.plan import since as position_in
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.connectors.plan import make_plan
from varlor.contracts.check import Discovery
from varlor.contracts.connector import Secrets
from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.contracts.preset import Preset, PresetAuth, PresetEndpoint
from varlor.presets import PresetCatalog
from varlor.presets.discovery import endpoint_of

PRESETS = PresetCatalog().all()
READABLE = [(preset, endpoint) for preset in PRESETS for endpoint in preset.endpoints]


@pytest.fixture(scope="module")
def api() -> Replay:
    return Replay()


@pytest.fixture(scope="module")
def url(api: Replay) -> Iterator[str]:
    yield from serve(api)


@pytest.fixture
async def service() -> AsyncIterator[APIConnectorService]:
    client = GuardedClient(EgressPolicy(allow=["127.0.0.1"]))
    yield APIConnectorService(client, FreeWindow(), NoDiscoverer(), FixedClock())
    await client.aclose()


@pytest.mark.parametrize(
    ("preset", "endpoint"), READABLE, ids=[f"{preset.id}-{endpoint.id}" for preset, endpoint in READABLE]
)
async def test_an_endpoint_gives_every_record_of_its_documented_answers(
    api: Replay, url: str, service: APIConnectorService, preset: Preset, endpoint: PresetEndpoint
) -> None:
    answers = answers_of(preset.id)
    told: dict[str, Any] = answers["endpoints"][endpoint.id]
    params: dict[str, str] = told.get("params", {})
    path = told.get("path") or (endpoint.path or "/").format_map(params)
    api.expect(path, told["exchanges"])
    reader = Reader(service, url, secrets=_secrets(preset.auth[0]), settings=_settings(preset))
    now = FixedClock().now()
    known = Discovery(
        source="preset", fetched_at=now, expires_at=now, endpoints=[endpoint_of(preset, endpoint)]
    )
    read = await reader.read("", discovery=known, endpoint_id=endpoint.id, params=params)
    assert api.unexpected == []
    assert api.exchanges == [], "some documented pages were never asked for"
    if endpoint.primary_key:
        assert [record[endpoint.primary_key[0]] for record in read.records] == told["keys"]
    else:
        assert len(read.records) == told["count"]
    if endpoint.incremental:
        assert all(record[endpoint.incremental.cursor_field] for record in read.records)
    expected = answers.get("headers", {}) | answers["credential"]
    assert all(sent[name] == value for sent in api.headers for name, value in expected.items())


@pytest.mark.parametrize(
    ("preset", "endpoint"),
    [each for each in READABLE if each[1].incremental],
    ids=[f"{preset.id}-{endpoint.id}" for preset, endpoint in READABLE if endpoint.incremental],
)
def test_a_later_sync_asks_for_what_is_new(preset: Preset, endpoint: PresetEndpoint) -> None:
    assert endpoint.incremental is not None
    since = "2026-01-31T00:00:00Z"
    if endpoint.query:
        variables = position_in(read_query(endpoint.query), {}, endpoint.incremental, since)
        assert variables == {"changed": f"updated_at:>='{since}'"}
        return
    asked = FetchRequest(
        path="/x",
        params={**endpoint.params},
        incremental=endpoint.incremental,
        dataset=DatasetTarget(name="d", write_mode="merge", primary_key=endpoint.primary_key),
    )
    url = make_plan(connector(preset.base_url.replace("{", "").replace("}", "")), asked, None, since).base.url
    assert f"{endpoint.incremental.param}=2026-01-31T00%3A00%3A00Z" in url


def test_every_preset_has_answers_and_none_is_left_over() -> None:
    assert {path.stem for path in ANSWERS.glob("*.yaml")} == {preset.id for preset in PRESETS}
    for preset in PRESETS:
        assert set(answers_of(preset.id)["endpoints"]) == {each.id for each in preset.endpoints}


def _settings(preset: Preset) -> dict[str, Any]:
    auth = preset.auth[0]
    kind = "bearer" if auth.type == "oauth2" else auth.type  # a token goes out the same way
    return {
        "api_type": preset.api_type,
        "headers": preset.headers,
        "auth_type": kind,
        "api_key_config": auth.api_key_config,
    }


def _secrets(auth: PresetAuth) -> Secrets:
    field = "api_key" if auth.type == "apikey" else "bearer_token"
    return Secrets.model_validate({field: "secret"})
