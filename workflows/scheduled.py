"""What a sync does more, or not, when a schedule started it."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.scheduled import ScheduledActivities
    from varlor.contracts.messages import ScheduleRef, SkipInput, SyncInput
    from workflows import options


async def with_run(order: SyncInput) -> SyncInput | None:
    """The order with its run. A schedule knows none: it is made here; None when there is nothing to do."""
    if order.schedule_id is None or order.run_id:
        return order
    opened = await workflow.execute_activity_method(
        ScheduledActivities.open_scheduled_run,
        ScheduleRef(tenant_id=order.tenant_id, schedule_id=order.schedule_id),
        summary="make the run",
        **options.OPEN_SCHEDULED,
    )
    if opened.run_id is None:
        return None
    return order.model_copy(update={"run_id": opened.run_id, "dataset_id": opened.dataset_id})


async def skip(order: SyncInput, holder_run_id: str | None) -> None:
    """The dataset is taken, and a schedule's next time comes anyway."""
    await workflow.execute_activity_method(
        ScheduledActivities.skip_run,
        SkipInput(tenant_id=order.tenant_id, run_id=order.run_id, holder_run_id=holder_run_id),
        summary="skipped",
        **options.BOOKKEEPING,
    )
