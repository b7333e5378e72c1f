"""A connector's end: its syncs stop, its secrets go, its datasets stay."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.retire import RetireActivities
    from varlor.contracts.messages import RetireInput, RetireOutcome
    from workflows import options


@workflow.defn(name="retire-connector")
class RetireConnector:
    @workflow.run
    async def run(self, order: RetireInput) -> RetireOutcome:
        workflow.set_current_details("**Stopping** the connector's syncs")
        running = await workflow.execute_activity_method(
            RetireActivities.open_runs, order, summary="syncs to stop", **options.BOOKKEEPING
        )
        for workflow_id in running.workflow_ids:
            await self._cancel(workflow_id)
        workflow.set_current_details("**Erasing** the connector's secrets")
        await workflow.execute_activity_method(
            RetireActivities.erase_connector, order, summary="erase secrets", **options.BOOKKEEPING
        )
        workflow.set_current_details(f"**Deleted**; {len(running.workflow_ids)} syncs stopped")
        return RetireOutcome(stopped_runs=len(running.workflow_ids))

    async def _cancel(self, workflow_id: str) -> None:
        try:
            await workflow.get_external_workflow_handle(workflow_id).cancel()
        except Exception:  # noqa: BLE001 - a sync that has just ended needs no cancel
            workflow.logger.info("sync had ended already")
