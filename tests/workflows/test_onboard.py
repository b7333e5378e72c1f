"""What an onboarding decides: who is waited for and how long, what counts, and how a connector ends."""

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from tests.workflows.token_world import World, onboarding, serving
from varlor import names
from varlor.contracts.messages import AuthorizationReceived, OnboardOutcome, RetireInput
from varlor.contracts.token_acts import ExchangeOutcome, PreparedAuthorization, RevokeOutcome
from workflows.onboard import OnboardConnector
from workflows.retire import RetireConnector


def reasons(world: World) -> list[str]:
    return [end.reason for end in world.ended]


async def test_a_user_who_comes_back_is_connected_tested_and_kept_fresh(
    skipping: WorkflowEnvironment,
) -> None:
    world = World()
    async with serving(skipping.client, world):
        handle = await onboarding(skipping.client, "con_1", "n1")
        assert (await handle.execute_update(OnboardConnector.prepare)).reason is None
        await handle.signal(OnboardConnector.authorization_received, AuthorizationReceived(nonce="n1"))
        outcome = await handle.result()
        await skipping.client.get_workflow_handle(names.check_id("acme", "n1")).result()
    assert outcome == OnboardOutcome(connected=True)
    assert world.seen == ["exchange", "announce", "waiting runs", "check"]
    assert reasons(world) == []


async def test_nobody_comes_back_within_ten_minutes(skipping: WorkflowEnvironment) -> None:
    world = World()
    async with serving(skipping.client, world):
        handle = await onboarding(skipping.client, "con_1", "n1")
        outcome = await handle.result()
        life = await handle.describe()
    assert life.close_time is not None
    assert outcome == OnboardOutcome(connected=False, reason="expired")
    assert timedelta(minutes=10) <= life.close_time - life.start_time < timedelta(minutes=11)
    assert reasons(world) == ["expired"]
    assert world.seen == []


async def test_the_first_answer_counts_and_only_under_its_own_nonce(skipping: WorkflowEnvironment) -> None:
    world = World()
    async with serving(skipping.client, world):
        handle = await onboarding(skipping.client, "con_1", "n1")
        for nonce, error in (("other", "access_denied"), ("n1", None), ("n1", "access_denied")):
            answer = AuthorizationReceived(nonce=nonce, error=error)
            await handle.signal(OnboardConnector.authorization_received, answer)
        assert (await handle.result()).connected
    assert world.seen.count("exchange") == 1


@pytest.mark.parametrize(
    ("world", "error", "reason"),
    [
        (World(), "access_denied", "access_denied"),
        (World(prepared=PreparedAuthorization(reason="provider_metadata")), None, "provider_metadata"),
        (World(exchanged=ExchangeOutcome(reason="invalid_grant")), None, "invalid_grant"),
        (World(exchanged=ApplicationError("x", type="token", non_retryable=True)), None, "unavailable"),
    ],
    ids=["denied", "unprepared", "refused", "unreachable"],
)
async def test_what_brings_no_token_says_why(
    skipping: WorkflowEnvironment, world: World, error: str | None, reason: str
) -> None:
    async with serving(skipping.client, world):
        handle = await onboarding(skipping.client, "con_1", "n1")
        answer = AuthorizationReceived(nonce="n1", error=error)
        await handle.signal(OnboardConnector.authorization_received, answer)
        assert await handle.result() == OnboardOutcome(connected=False, reason=reason)
    assert reasons(world) == [reason]
    assert "announce" not in world.seen


@pytest.mark.parametrize(
    ("revoked", "said"),
    [
        (RevokeOutcome(result="confirmed"), "confirmed"),
        (RevokeOutcome(result="unsupported"), "unsupported"),
        (ApplicationError("no", type="token", non_retryable=True), "not_confirmed"),
    ],
    ids=["confirmed", "unsupported", "down"],
)
async def test_a_deletion_revokes_first_and_ends_whatever_the_provider_says(
    skipping: WorkflowEnvironment, revoked: RevokeOutcome | Exception, said: str
) -> None:
    world = World(revoked=revoked)
    async with serving(skipping.client, world):
        outcome = await skipping.client.execute_workflow(
            RetireConnector.run,
            RetireInput(tenant_id="acme", connector_id="con_1", actor="ann"),
            id=names.retire_id("acme", "con_1"),
            task_queue=names.CONTROL_QUEUE,
        )
    assert outcome.revocation == said
    assert world.seen == ["remove schedules", "revoke", "erase connector"]
    assert [order.result for order in world.erased] == [said]
