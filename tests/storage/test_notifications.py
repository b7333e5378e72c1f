"""The outbox: in order, once for each thing that happened, and bounded in time."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import SecretStr

from varlor.contracts.notification import NotificationTarget
from varlor.crypto import new_master_key
from varlor.errors import InvalidInputError, SealError
from varlor.storage import SqlStore
from varlor.storage.store import SqlTenantStore

TARGET = NotificationTarget(url="https://hooks.example.com/x", events=["run.failed", "dataset.stale"])
SECRET = SecretStr("whsec_c2VjcmV0LW9mLXR3ZW50eS1mb3VyLWJ5dGVz")


async def test_messages_leave_in_order_and_each_thing_is_noted_once(tenant: SqlTenantStore) -> None:
    outbox = tenant.notifications
    assert (await outbox.settings()).status == "off"
    assert await outbox.record("msg_0", "run.failed", {}) == (True, "unsent")
    await outbox.configure(TARGET, SECRET)
    assert await outbox.record("msg_0", "run.failed", {}) == (False, "unsent")
    assert await outbox.record("msg_1", "run.failed", {"runId": "r"}) == (True, "pending")
    assert await outbox.record("msg_2", "dataset.updated", {}) == (True, "unsent")
    assert await outbox.record("msg_3", "notification.test", {}) == (True, "pending")
    assert await outbox.record("msg_1", "run.failed", {"runId": "r"}) == (False, "pending")
    first = await outbox.next()
    assert first is not None
    assert (first.message.id, first.message.data, first.url) == ("msg_1", {"runId": "r"}, TARGET.url)
    assert first.secret.get_secret_value() == SECRET.get_secret_value()
    await outbox.delivered("msg_1")
    second = await outbox.next()
    assert second is not None
    assert second.message.id == "msg_3"
    await outbox.delivered("msg_3")
    assert await outbox.next() is None
    listed = await outbox.list(limit=10, cursor=None)
    assert [each.id for each in listed.items] == ["msg_3", "msg_2", "msg_1", "msg_0"]
    assert [each.id for each in (await outbox.list(limit=9, cursor=None, status="unsent")).items] == [
        "msg_2",
        "msg_0",
    ]


async def test_failures_are_counted_shown_and_given_up_after_a_day(
    tenant: SqlTenantStore, later: Callable[[timedelta], None]
) -> None:
    outbox = tenant.notifications
    await outbox.configure(TARGET, SECRET)
    await outbox.record("msg_1", "run.failed", {})
    first = await outbox.next()
    assert first is not None
    await outbox.missed("msg_1", "The receiver answered 500.", next_attempt_at=first.message.created_at)
    shown = await outbox.settings()
    assert (shown.status, shown.pending, shown.last_error) == ("failing", 1, "The receiver answered 500.")
    again = await outbox.next()
    assert again is not None
    assert (again.failures, again.message.attempts) == (1, 1)
    later(timedelta(days=1))
    await outbox.record("msg_2", "run.failed", {})
    await outbox.missed("msg_1", "The receiver answered 500.", next_attempt_at=first.message.created_at)
    left = await outbox.next()
    assert left is not None
    assert left.message.id == "msg_2", "what is a day old is given up, what is new is not"
    await outbox.delivered("msg_2")
    assert (await outbox.settings()).status == "active"


async def test_a_receiver_that_is_gone_gets_nothing_until_the_target_is_saved_again(
    tenant: SqlTenantStore,
) -> None:
    outbox = tenant.notifications
    await outbox.configure(TARGET, SECRET)
    await outbox.record("msg_1", "run.failed", {})
    await outbox.disable("msg_1", TARGET.url or "", "The receiver answered 410.")
    assert (await outbox.settings()).status == "disabled"
    failed = (await outbox.list(limit=1, cursor=None)).items[0]
    assert (failed.status, failed.attempts) == ("failed", 1), "it was asked once"
    assert await outbox.record("msg_2", "run.failed", {}) == (True, "unsent")
    assert await outbox.next() is None
    await outbox.configure(TARGET, None)
    assert (await outbox.settings()).status == "active"
    assert await outbox.record("msg_3", "run.failed", {}) == (True, "pending")


async def test_a_receiver_that_says_it_is_gone_too_late_does_not_stop_its_successor(
    tenant: SqlTenantStore,
) -> None:
    outbox = tenant.notifications
    await outbox.configure(TARGET, SECRET)
    await outbox.record("msg_1", "run.failed", {})
    asked = await outbox.next()
    assert asked is not None
    await outbox.configure(TARGET.model_copy(update={"url": "https://successor.example/"}), None)
    await outbox.disable("msg_1", asked.url, "The receiver answered 410.")
    settings = await outbox.settings()
    assert (settings.status, settings.pending, settings.last_error) == ("active", 1, None)


async def test_turning_it_off_forgets_the_secret(tenant: SqlTenantStore) -> None:
    outbox = tenant.notifications
    with pytest.raises(InvalidInputError) as raised:
        await outbox.configure(TARGET, None)
    assert raised.value.problems[0].pointer == "/secret"
    await outbox.configure(TARGET, SECRET)
    await outbox.record("msg_1", "run.failed", {})
    await outbox.configure(NotificationTarget(), None)
    assert await outbox.next() is None
    assert (await outbox.settings()).pending == 0
    with pytest.raises(InvalidInputError):
        await outbox.configure(TARGET, None)


async def test_the_secret_opens_for_its_tenant_and_key_alone(
    make_store: Callable[[str], SqlStore], tenant_id: str, tenant: SqlTenantStore
) -> None:
    await tenant.notifications.configure(TARGET, SECRET)
    await tenant.notifications.record("msg_1", "run.failed", {})
    with pytest.raises(SealError):
        await make_store(new_master_key("other")).tenant(tenant_id).notifications.next()
