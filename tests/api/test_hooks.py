"""Events in: every style on the real door, every bad request refused alike, each event once."""

import base64
import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook

from api.services import Services
from examples.sample_api.webhooks import STYLES, signed
from tests.api.conftest import Door
from tests.ports import free_port
from varlor.settings import Settings
from varlor.storage.migrate import upgrade

BODY = b'{"type":"order.paid","id":"evt_1","event_id":"evt_1","order":7}'
HMAC = {"style": "hmac", "idHeader": "X-Event-Id"}


@pytest.fixture(scope="module")
def settings(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A database of this file's own: no worker of other tests takes its events."""
    own = f"sqlite:///{tmp_path_factory.mktemp('hooks') / 'varlor.db'}"
    upgrade(own)
    nowhere = f"127.0.0.1:{free_port()}"
    return settings.model_copy(update={"database_url": own, "temporal_address": nowhere})


async def connector(editor: httpx2.AsyncClient, style: str = "standard", **more: Any) -> dict[str, Any]:
    config = HMAC if style == "hmac" else {"style": style}
    body = {"name": f"events {uuid.uuid4().hex[:6]}", "apiType": "webhook", "webhookConfig": config | more}
    answer = await editor.post("/connectors", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def path(made: dict[str, Any]) -> str:
    return made["webhookUrl"].partition("/api/v2")[2]


def headers_for(made: dict[str, Any], body: bytes = BODY, **more: Any) -> dict[str, str]:
    style = made["webhookConfig"]["style"]
    return signed(style, made["webhookSecret"], body, event_id=more.pop("event_id", "evt_1"), **more)


async def stored(services: Services, door: Door, made: dict[str, Any]) -> list[tuple[str, bytes]]:
    inbox = services.store.tenant(door.tenant).inbox
    found = await inbox.waiting(made["id"], after=0, most=10_000, most_bytes=10**9)
    return [(event.event_id, event.body) for event in found]


@pytest.mark.parametrize("style", STYLES)
async def test_a_signed_event_is_stored_once_however_often_it_comes(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient, services: Services, door: Door, style: str
) -> None:
    made = await connector(editor, style)
    for at in (time.time(), time.time() - 200, time.time() + 200):
        answer = await nobody.post(path(made), content=BODY, headers=headers_for(made, at=at))
        assert (answer.status_code, answer.content) == (202, b"")
        assert answer.headers.get_list("content-length") == ["0"]  # twice is no HTTP to some senders
    assert await stored(services, door, made) == [("evt_1", BODY)]


@pytest.mark.parametrize("event_id", ["e" * 1_000_000, "evt_\0", "\0", "é" * 256])
async def test_an_id_of_any_shape_is_one_event(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient, services: Services, door: Door, event_id: str
) -> None:
    made = await connector(editor, "stripe")
    body = json.dumps({"id": event_id}).encode()
    for each in (body, body, json.dumps({"id": event_id + "."}).encode()):
        answer = await nobody.post(path(made), content=each, headers=headers_for(made, each))
        assert answer.status_code == 202, answer.text
    kept = [found for found, _ in await stored(services, door, made)]
    assert len(kept) == len(set(kept)) == 2
    assert all(len(found) <= 256 and "\0" not in found for found in kept)


async def test_a_body_that_comes_in_parts_is_the_same_event(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient, services: Services, door: Door
) -> None:
    made = await connector(editor)
    async with door.client(in_parts=True) as slow:
        for client in (slow, nobody):
            answer = await client.post(path(made), content=BODY, headers=headers_for(made))
            assert answer.status_code == 202
        bad = await slow.post(path(made), content=BODY, headers=headers_for(made) | {"webhook-id": "other"})
    assert bad.status_code == 401
    assert await stored(services, door, made) == [("evt_1", BODY)]


async def test_an_id_that_comes_again_with_another_body_changes_nothing(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient, services: Services, door: Door
) -> None:
    made = await connector(editor)
    for body in (BODY, b'{"type":"order.canceled"}'):
        answer = await nobody.post(path(made), content=body, headers=headers_for(made, body))
        assert answer.status_code == 202
    assert await stored(services, door, made) == [("evt_1", BODY)]


async def test_the_oracle_of_standard_webhooks_agrees(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient
) -> None:
    made = await connector(editor)
    ours = headers_for(made)
    Webhook(made["webhookSecret"]).verify(BODY.decode(), ours)
    now = time.time()
    at = datetime.fromtimestamp(int(now), UTC)
    theirs = Webhook(made["webhookSecret"]).sign("evt_9", at, BODY.decode())
    told = {"webhook-id": "evt_9", "webhook-timestamp": str(int(now)), "webhook-signature": theirs}
    assert (await nobody.post(path(made), content=BODY, headers=told)).status_code == 202


def spoiled(good: dict[str, str]) -> list[Any]:
    """Headers that must be refused: each of a good request's missing, empty, garbled, not UTF-8, twice."""
    bad: list[Any] = [{}]
    signature = {name for name in good if "signature" in name.lower()}
    timed = {name for name in good if "timestamp" in name.lower()}
    for name in signature | timed:
        value = good[name]
        rest = [(other, good[other]) for other in good if other != name]
        bad += [
            rest,
            [*rest, (name, "")],
            [*rest, (name, value[:-3])],
            [*rest, (name, f"x{value}".replace(",", "").replace("=", ""))],
            [*rest, (name, "v1,,,,=" * 40)],
            [*rest, (name.encode(), b"\xff\xfe\xa0" + value.encode())],
            [*rest, (name, value), (name, value)],
        ]
    for name in timed:
        rest = [(other, good[other]) for other in good if other != name]
        for told in ("-1", "1e9", " 12", "٣", "9" * 40, "12.5", "nan"):
            bad.append([*rest, (name.encode(), told.encode())])
    return bad


@pytest.mark.parametrize("style", STYLES)
async def test_what_is_not_signed_as_it_should_is_refused_and_never_a_500(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient, services: Services, door: Door, style: str
) -> None:
    made = await connector(editor, style)
    good = headers_for(made)
    answers = [await nobody.post(path(made), content=BODY, headers=headers) for headers in spoiled(good)]
    answers.append(await nobody.post(path(made), content=BODY + b" ", headers=good))
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.json()["type"] for answer in answers} == {"urn:varlor:problem:unauthenticated"}
    assert await stored(services, door, made) == []
    assert (await nobody.post(path(made), content=BODY, headers=good)).status_code == 202


@pytest.mark.parametrize("style", ["standard", "stripe", "slack"])
async def test_times_more_than_five_minutes_away_are_refused(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient, style: str
) -> None:
    made = await connector(editor, style)
    for away in (-330, 330):
        late = headers_for(made, at=time.time() + away)
        assert (await nobody.post(path(made), content=BODY, headers=late)).status_code == 401


@pytest.mark.parametrize("style", STYLES)
async def test_an_unknown_address_answers_to_the_byte_like_a_bad_signature(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient, style: str
) -> None:
    made = await connector(editor, style)
    other = await connector(editor, style)
    same = {"X-Request-Id": "the-same-for-both", **headers_for(other)}
    bad = await nobody.post(path(made), content=BODY, headers=same)
    unknown = await nobody.post("/hooks/no-such-address-at-all", content=BODY, headers=same)
    assert bad.status_code == unknown.status_code == 401
    assert (bad.content, dict(bad.headers)) == (unknown.content, dict(unknown.headers))


async def test_a_body_that_is_too_large_is_refused_before_it_was_read(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient
) -> None:
    made = await connector(editor)
    announced = {"Content-Length": str(2**31)}
    answer = await nobody.post(path(made), content=b"", headers=announced)
    assert answer.status_code == 413
    answer = await nobody.post(path(made), content=bytes(2**20 + 1))
    assert answer.status_code == 413


async def test_slacks_challenge_is_answered_only_when_it_is_signed(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient, services: Services, door: Door
) -> None:
    made = await connector(editor, "slack")
    body = b'{"type":"url_verification","challenge":"3eZbrw1a"}'
    answer = await nobody.post(path(made), content=body, headers=headers_for(made, body))
    assert (answer.status_code, answer.json()) == (200, {"challenge": "3eZbrw1a"})
    assert (await nobody.post(path(made), content=body)).status_code == 401
    assert await stored(services, door, made) == []


async def test_a_plain_hmac_has_the_header_encoding_and_prefix_that_were_configured(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient, services: Services, door: Door
) -> None:
    config = {"header": "X-Shop-Hmac", "encoding": "base64", "prefix": "sha256="}
    body = {"name": "shop", "apiType": "webhook", "webhookConfig": {"style": "hmac", **config}}
    made = (await editor.post("/connectors", json=body)).json()
    mac = bytes.fromhex(headers_for(made)["X-Signature"])
    told = {"X-Shop-Hmac": f"sha256={base64.b64encode(mac).decode()}"}
    for _ in range(2):
        assert (await nobody.post(path(made), content=BODY, headers=told)).status_code == 202
    (event,) = await stored(services, door, made)
    assert event[0].startswith("sha256:")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "x"}, "/baseUrl"),
        ({"name": "x", "baseUrl": " "}, "/baseUrl"),
        ({"name": "x", "apiType": "webhook", "baseUrl": "https://a.example.com"}, "/baseUrl"),
        ({"name": "x", "apiType": "webhook", "authType": "bearer", "bearerToken": "t"}, "/authType"),
        ({"name": "x", "apiType": "webhook", "webhookConfig": {"style": "none"}}, "/webhookConfig/style"),
        ({"name": "x", "apiType": "webhook", "webhookSecret": "short"}, "/webhookSecret"),
        ({"name": "x", "baseUrl": "https://a.example.com", "webhookConfig": {}}, "/webhookConfig"),
        (
            {"name": "x", "apiType": "webhook", "webhookConfig": {"toleranceSeconds": 86400}},
            "/webhookConfig/toleranceSeconds",
        ),
    ],
)
async def test_what_does_not_fit_a_webhook_is_named(
    editor: httpx2.AsyncClient, body: dict[str, Any], pointer: str
) -> None:
    answer = await editor.post("/connectors", json=body)
    assert answer.status_code == 422
    assert pointer in [problem["pointer"] for problem in answer.json()["errors"]]


async def test_a_webhook_is_tested_watched_and_changed_but_never_asked(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient
) -> None:
    made = await connector(editor, "github")
    place = f"/connectors/{made['id']}"
    tested = (await editor.post("/connectors/test-api", json={"connectorId": made["id"]})).json()
    assert (tested["ok"], tested["error"]["type"]) == (False, "no_event_yet")
    assert (await nobody.post(path(made), content=BODY, headers=headers_for(made))).status_code == 202
    tested = (await editor.post("/connectors/test-api", json={"connectorId": made["id"]})).json()
    assert (tested["ok"], tested["url"]) == (True, made["webhookUrl"])
    assert "Last event" in tested["reason"]
    inbox = (await editor.get(f"{place}/health")).json()["inbox"]
    assert (inbox["waiting"], inbox["setAside"]) == (1, 0)
    assert inbox["lastEventAt"]
    (event,) = (await editor.get(f"{place}/inbox?status=waiting")).json()["items"]
    assert (event["eventId"], event["bytes"], event["status"]) == ("evt_1", len(BODY), "waiting")
    assert (await editor.post(f"{place}/inbox/{event['id']}/replay")).status_code == 409
    order = {"path": "/x", "dataset": {"name": "x"}}
    assert (await editor.post(f"{place}/fetch", json=order)).status_code == 409
    assert (await editor.get(f"{place}/endpoints")).status_code == 409
    plan = {"name": "p", "connectorId": made["id"], "fetch": order, "every": "1h"}
    assert (await editor.post("/schedules", json=plan)).status_code == 409
    changed = await editor.patch(place, json={"name": "new", "webhookConfig": {"style": "hmac"}})
    assert (changed.status_code, changed.json()["webhookConfig"]["style"]) == (200, "hmac")
    for patch, pointer in (({"apiType": "rest"}, "/apiType"), ({"baseUrl": "https://a.b"}, "/baseUrl")):
        refused = await editor.patch(place, json=patch)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
