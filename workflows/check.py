"""The connection test: one bounded request, judged; its sample never enters the history."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.check import CheckActivities
    from varlor.contracts.messages import CheckInput, CheckOutcome
    from workflows import options


@workflow.defn(name="check-connection")
class CheckConnection:
    """Ends within 28 s, whatever the other side does."""

    @workflow.run
    async def run(self, order: CheckInput) -> CheckOutcome:
        outcome = await workflow.execute_activity_method(
            CheckActivities.check_connection, order, summary="one request, judged", **options.CHECK
        )
        words = "connected" if outcome.ok else f"failed: {outcome.error_type}"
        workflow.set_current_details(f"**Connection test** {words}")
        return outcome
