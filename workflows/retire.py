"""A connector's end: its syncs stop, its tokens are revoked, its secrets go, its datasets stay."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.retire import RetireActivities
    from activities.scheduled import ScheduledActivities
    from varlor import names
    from varlor.contracts.messages import RetireInput, RetireOutcome
    from varlor.contracts.token_acts import RevokeInput
    from workflows import options
    from workflows.keep_fresh import KeepTokenFresh
    from workflows.revoking import revoke_and_erase


@workflow.defn(name="retire-connector")
class RetireConnector:
    """Ends even if the provider is down for good, and says so."""

    @workflow.run
    async def run(self, order: RetireInput) -> RetireOutcome:
        workflow.set_current_details("**Stopping** the connector's syncs")
        running = await workflow.execute_activity_method(
            RetireActivities.open_runs, order, summary="syncs to stop", **options.BOOKKEEPING
        )
        await workflow.execute_activity_method(
            ScheduledActivities.remove_schedules, order, summary="remove schedules", **options.BOOKKEEPING
        )
        await self._stop_keeper(order)
        for workflow_id in running.workflow_ids:
            await self._cancel(workflow_id)
        workflow.set_current_details("**Revoking** its tokens at the provider, 10 min at most")
        revocation, _ = await revoke_and_erase(
            RevokeInput(tenant_id=order.tenant_id, connector_id=order.connector_id, actor=order.actor)
        )
        workflow.set_current_details("**Erasing** the connector's secrets")
        await workflow.execute_activity_method(
            RetireActivities.erase_connector, order, summary="erase secrets", **options.BOOKKEEPING
        )
        stopped = len(running.workflow_ids)
        workflow.set_current_details(f"**Deleted** · {stopped} syncs stopped · revocation: {revocation}")
        return RetireOutcome(stopped_runs=stopped, revocation=revocation)

    async def _stop_keeper(self, order: RetireInput) -> None:
        keeper = workflow.get_external_workflow_handle_for(
            KeepTokenFresh.run, names.keep_fresh_id(order.tenant_id, order.connector_id)
        )
        try:
            await keeper.signal(KeepTokenFresh.connector_retired)
        except Exception:  # noqa: BLE001 - most connectors have none
            workflow.logger.info("no token was being kept fresh")

    async def _cancel(self, workflow_id: str) -> None:
        try:
            await workflow.get_external_workflow_handle(workflow_id).cancel()
        except Exception:  # noqa: BLE001 - a sync that has just ended needs no cancel
            workflow.logger.info("sync had ended already")
