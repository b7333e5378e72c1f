"""Tells the run that waits for a dataset that it is free."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from varlor import names


async def tell_next(tenant_id: str, run_id: str) -> None:
    """It looks by itself each minute; the signal only spares it the wait."""
    waiting = workflow.get_external_workflow_handle(names.sync_id(tenant_id, run_id))
    try:
        await waiting.signal("dataset_released")
    except Exception:  # noqa: BLE001 - see above
        workflow.logger.info("the waiting run has ended already")
