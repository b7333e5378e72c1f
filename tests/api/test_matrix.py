"""Every route of the OpenAPI document by nobody, another tenant, a lower role; a foreign id looks missing."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from api.app import create_app
from api.examples import EXAMPLES
from api.services import Services
from tests.api.conftest import Door
from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.contracts.schedule import ScheduleSettings
from varlor.settings import Settings

DOCUMENT = create_app(settings=Settings(mode="embedded")).openapi()
SIGN_INS = {"start_oidc_session", "finish_oidc_session"}  # the identity provider decides: test_oidc.py
CALLBACKS = {"finish_oauth", "finish_oauth_shared"}  # state and cookie decide: tests/api/test_oauth.py
SIGNED = {"receive_event"}  # a signature decides, and an unknown address looks the same: test_hooks.py
OPEN = {"get_liveness", "get_readiness", "get_metrics", "start_session", *SIGN_INS, *CALLBACKS, *SIGNED}
ANYONE_KNOWN = {"get_session", "end_session"}
OPERATORS = {"get_master_keys", "decode_payloads", "encode_payloads"}
ADMINS = {
    *("delete_connector", "delete_dataset", "delete_schedule", "list_audit", "revoke_token"),
    *("get_notifications", "set_notifications", "list_notification_deliveries", "test_notifications"),
    "rotate_webhook_secret",
}
EDITORS = {
    "create_connector",
    "create_connector_from_preset",
    "update_connector",
    "test_connection",
    "start_fetch",
    "start_oauth",
    "refresh_token",
    "update_run",
    "pause_run",
    "resume_run",
    "cancel_run",
    "update_dataset",
    "reset_dataset",
    "maintain_dataset",
    "create_schedule",
    "update_schedule",
    "trigger_schedule",
    "pause_schedule",
    "resume_schedule",
    "backfill_schedule",
    "replay_event",
}
LADDER = ("viewer", "editor", "admin")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method, path.removeprefix("/api/v2"), operation


OPERATIONS = {operation["operationId"]: (method, path, operation) for method, path, operation in operations()}
WITH_ID = sorted(name for name, (_, path, _) in OPERATIONS.items() if "{" in path and name not in OPEN)


def body_of(operation: dict[str, Any]) -> dict[str, Any]:
    """The body that the document itself gives as an example."""
    if "requestBody" not in operation:
        return {}
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return {"json": EXAMPLES.get(reference.rpartition("/")[2], {})}


async def asked(client: httpx2.AsyncClient, name: str, ids: dict[str, str]) -> httpx2.Response:
    method, path, operation = OPERATIONS[name]
    for parameter, value in ids.items():
        path = path.replace(f"{{{parameter}}}", value)
    return await client.request(method, path, **body_of(operation))


MISSING = {
    "connectorId": "con_missing",
    "runId": "run_missing",
    "datasetId": "dat_missing",
    "scheduleId": "sch_missing",
    "presetId": "missing",
    "eventId": "evt_missing",
}


def lowest(name: str) -> str:
    if name in ADMINS:
        return "admin"
    return "editor" if name in EDITORS else "viewer"


def test_every_operation_has_its_place_in_the_matrix() -> None:
    named = OPEN | ANYONE_KNOWN | OPERATORS | ADMINS | EDITORS
    assert named <= OPERATIONS.keys()
    writing = {name for name, (method, _, _) in OPERATIONS.items() if method != "get"}
    assert writing <= named, "a new route that writes needs its role here"


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - OPEN))
async def test_nobody_gets_401(nobody: httpx2.AsyncClient, name: str) -> None:
    answer = await asked(nobody, name, MISSING)
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:varlor:problem:unauthenticated"


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - OPEN - ANYONE_KNOWN - OPERATORS))
async def test_every_role_below_gets_403_before_anything_is_looked_up(door: Door, name: str) -> None:
    below = LADDER[: LADDER.index(lowest(name))]
    for role in (*below, "operator", "gardener"):
        async with door.as_role(role) as client:
            answer = await asked(client, name, MISSING)
            assert answer.status_code == 403, (role, answer.text)
            assert answer.json()["type"] == "urn:varlor:problem:forbidden"


@pytest.mark.parametrize("name", sorted(OPERATORS))
async def test_no_tenants_role_reaches_the_platforms(door: Door, name: str) -> None:
    for role in LADDER:
        async with door.as_role(role) as client:
            assert (await asked(client, name, {})).status_code == 403
    async with door.as_role("operator") as client:
        assert (await asked(client, name, {})).status_code == 200


@pytest.fixture
async def foreign(services: Services) -> dict[str, str]:
    """A connector, a dataset, a run and a schedule of another tenant."""
    store = services.store.tenant(f"rival-{uuid.uuid4().hex[:8]}")
    settings = ConnectorSettings(name="theirs", base_url="https://api.example.com")
    connector = await store.connectors.create(settings, Secrets(), created_by="them")
    dataset = await store.datasets.create("theirs", connector_id=connector.id)
    request = FetchRequest(path="/users", dataset=DatasetTarget(id=dataset.id))
    schedule = await store.schedules.create(
        ScheduleSettings(name="theirs", connector_id=connector.id, fetch=request, every=3600)
    )
    run = await store.runs.create(
        f"run_{uuid.uuid4().hex}",
        connector_id=connector.id,
        dataset_id=dataset.id,
        request=request,
        origin="api",
    )
    presets = {"presetId": "gone"}  # presets are everybody's: there is no foreign one
    return {
        "connectorId": connector.id,
        "runId": run.id,
        "datasetId": dataset.id,
        "scheduleId": schedule.id,
        **presets,
        "eventId": MISSING["eventId"],
    }


@pytest.mark.parametrize("name", WITH_ID)
async def test_a_foreign_id_answers_to_the_byte_like_a_missing_one(
    door: Door, foreign: dict[str, str], name: str
) -> None:
    async with door.as_role("admin") as client:
        same = {"X-Request-Id": "the-same-for-both"}
        client.headers.update(same)
        missing = await asked(client, name, MISSING)
        other = await asked(client, name, foreign)
    assert missing.status_code == other.status_code == 404
    assert missing.content == other.content
    assert dict(missing.headers) == dict(other.headers)


async def test_what_is_foreign_cannot_be_reached_through_a_body(
    door: Door, foreign: dict[str, str], editor: httpx2.AsyncClient
) -> None:
    mine = (await editor.post("/connectors", json=EXAMPLES["ConnectorInput"])).json()["id"]
    order = {"path": "/users", "dataset": {"id": foreign["datasetId"]}}
    assert (await editor.post(f"/connectors/{mine}/fetch", json=order)).status_code == 404
    tested = await editor.post("/connectors/test-api", json={"connectorId": foreign["connectorId"]})
    assert tested.status_code == 404
    plan = EXAMPLES["ScheduleInput"]
    for theirs in (
        {"connectorId": foreign["connectorId"]},
        {"connectorId": mine, "fetch": {"path": "/users", "dataset": {"id": foreign["datasetId"]}}},
    ):
        assert (await editor.post("/schedules", json=plan | theirs)).status_code == 404
    for query in (
        f"scheduleId={foreign['scheduleId']}",
        f"connectorId={foreign['connectorId']}",
        f"datasetId={foreign['datasetId']}",
    ):
        assert (await editor.get(f"/runs?{query}")).json()["items"] == []
    async with door.as_role("admin") as admin:
        lines = await admin.get(f"/audit?connectorId={foreign['connectorId']}")
        assert lines.json()["items"] == []


def test_examples_fit_their_own_schemas() -> None:
    for name, example in EXAMPLES.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(example)
        assert DOCUMENT["components"]["schemas"][name]["examples"] == [example]


def test_operations_are_named_described_and_their_failures_documented() -> None:
    for name, (_, path, operation) in OPERATIONS.items():
        assert operation["summary"], name
        assert operation["tags"], name
        if name not in OPEN:
            assert "401" in operation["responses"], name
        if "{" in path and name not in SIGNED:
            assert "404" in operation["responses"], name
        if "requestBody" in operation:
            assert {"413", "422"} <= operation["responses"].keys(), name
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and name != "get_readiness":
                assert list(answer["content"]) == ["application/problem+json"], (name, status)
