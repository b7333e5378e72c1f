"""Tells the syncs that wait for a connector's user that they can go on."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.tokens import TokenActivities
    from varlor.contracts.messages import RefreshInput
    from workflows import options
    from workflows.sync import SyncDataset


async def tell_waiting_runs(tenant_id: str, connector_id: str) -> None:
    """Signal each of them; they poll too, so one that is missed goes on within five minutes."""
    waiting = await workflow.execute_activity_method(
        TokenActivities.waiting_runs,
        RefreshInput(tenant_id=tenant_id, connector_id=connector_id, seen_version=0),
        summary="syncs that wait for this",
        **options.BOOKKEEPING,
    )
    for workflow_id in waiting.workflow_ids:
        run = workflow.get_external_workflow_handle_for(SyncDataset.run, workflow_id)
        try:
            await run.signal(SyncDataset.authorization_restored)
        except Exception:  # noqa: BLE001 - a sync that has just ended needs no signal
            workflow.logger.info("sync had ended already")
