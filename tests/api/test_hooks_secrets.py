"""A webhook's secret: told once, the sender's own, and two that hold while one replaces the other."""

import asyncio
import base64
import time
import uuid
from typing import Any

import httpx2

from examples.sample_api.webhooks import signed
from tests.api.test_hooks import BODY, connector, path


async def tried(nobody: httpx2.AsyncClient, made: dict[str, Any], secret: str) -> int:
    """The status of a new event that is signed with this secret."""
    told = signed("standard", secret, BODY, event_id=uuid.uuid4().hex)
    return (await nobody.post(path(made), content=BODY, headers=told)).status_code


async def until(nobody: httpx2.AsyncClient, made: dict[str, Any], secret: str, wanted: int) -> int:
    """A second at most: that is how often a bad signature makes us look for a newer secret."""
    deadline = time.monotonic() + 20
    while (status := await tried(nobody, made, secret)) != wanted and time.monotonic() < deadline:  # noqa: ASYNC110 - it asks
        await asyncio.sleep(0.1)
    return status


async def test_both_secrets_hold_during_a_rotation_and_only_the_new_one_after_it(
    admin: httpx2.AsyncClient, nobody: httpx2.AsyncClient
) -> None:
    made = await connector(admin)
    first = made["webhookSecret"]
    assert await tried(nobody, made, first) == 202
    turned = await admin.post(f"/connectors/{made['id']}/webhook-secret/rotate", json={"graceSeconds": 60})
    second = turned.json()["webhookSecret"]
    assert turned.json()["webhookUrl"] == made["webhookUrl"]
    assert {await until(nobody, made, second, 202), await tried(nobody, made, first)} == {202}
    turned = await admin.post(f"/connectors/{made['id']}/webhook-secret/rotate", json={"graceSeconds": 0})
    third = turned.json()["webhookSecret"]
    assert await until(nobody, made, third, 202) == 202
    assert {await tried(nobody, made, first), await tried(nobody, made, second)} == {401}


async def test_two_rotations_at_once_each_give_a_secret_that_holds(
    admin: httpx2.AsyncClient, nobody: httpx2.AsyncClient
) -> None:
    made = await connector(admin)
    place = f"/connectors/{made['id']}/webhook-secret/rotate"
    turned = await asyncio.gather(*(admin.post(place, json={"graceSeconds": 60}) for _ in range(2)))
    given = {answer.json()["webhookSecret"] for answer in turned}
    assert len(given) == 2
    assert {await until(nobody, made, secret, 202) for secret in given} == {202}
    assert await until(nobody, made, made["webhookSecret"], 401) == 401


async def test_secret_and_address_are_told_once_and_the_secret_never_again(
    admin: httpx2.AsyncClient, editor: httpx2.AsyncClient, viewer: httpx2.AsyncClient
) -> None:
    key = {"Idempotency-Key": "one"}
    body = {"name": "events", "apiType": "webhook"}
    made = (await editor.post("/connectors", json=body, headers=key)).json()
    assert (await editor.post("/connectors", json=body, headers=key)).json() == made
    assert made["webhookConfig"]["style"] == "standard"
    secret = made["webhookSecret"]
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    shown = (await viewer.get(f"/connectors/{made['id']}")).json()
    assert (shown["webhookUrl"], shown["webhookSecret"]) == (made["webhookUrl"], None)
    for place in ("/connectors", "/audit", f"/connectors/{made['id']}/health"):
        assert secret not in (await admin.get(place)).text


async def test_a_senders_own_secret_is_taken_and_not_repeated(
    editor: httpx2.AsyncClient, nobody: httpx2.AsyncClient
) -> None:
    own = "whsec_of-the-senders-own-choice"
    body = {"name": "pay", "apiType": "webhook", "webhookConfig": {"style": "stripe"}, "webhookSecret": own}
    made = (await editor.post("/connectors", json=body)).json()
    assert made["webhookSecret"] is None
    told = signed("stripe", own, BODY, event_id="")
    assert (await nobody.post(path(made), content=BODY, headers=told)).status_code == 202
