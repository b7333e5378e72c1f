"""The end of a token at its provider: told, retried for ten minutes, and erased whatever it says."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.revocation import RevocationActivities
    from varlor.contracts.oauth import TokenState
    from varlor.contracts.token_acts import EraseInput, RevocationResult, RevokeInput
    from workflows import options


async def revoke_and_erase(order: RevokeInput) -> tuple[RevocationResult, TokenState]:
    """What the provider said, and the state afterwards. A newer token than the order's stays."""
    result = await _revoke(order)
    state = await workflow.execute_activity_method(
        RevocationActivities.erase_token,
        EraseInput(**order.model_dump(by_alias=False), result=result),
        summary=f"erase the token ({result})",
        **options.BOOKKEEPING,
    )
    return result, state


async def _revoke(order: RevokeInput) -> RevocationResult:
    try:
        outcome = await workflow.execute_activity_method(
            RevocationActivities.revoke_token, order, summary="tell the provider", **options.REVOKE
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return "not_confirmed"
    return outcome.result
