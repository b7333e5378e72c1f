"""Care for one dataset's table: its small files are joined, old versions and orphans are deleted."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.care import CareActivities
    from varlor.contracts.care import DatasetRef, MaintainOutcome
    from workflows import options


@workflow.defn(name="maintain-dataset")
class MaintainDataset:
    """Killed anywhere, it begins again; a sync goes first, and the next sweep comes back."""

    @workflow.run
    async def run(self, ref: DatasetRef) -> MaintainOutcome:
        compacted, more, busy = 0, True, False
        while more:
            workflow.set_current_details(f"**joining small files** · {compacted:,} so far")
            step = await workflow.execute_activity_method(
                CareActivities.compact_dataset, ref, summary="join small files", **options.CARE
            )
            compacted, more, busy = compacted + step.files, step.more, step.busy
        workflow.set_current_details("**deleting** what nobody needs any more")
        cleaned = await workflow.execute_activity_method(
            CareActivities.clean_dataset, ref, summary="delete the unneeded", **options.CARE
        )
        told = " · a sync had it, another time then" if busy else ""
        workflow.set_current_details(
            f"**done** · {compacted:,} files joined · {cleaned.deleted:,} deleted{told}"
        )
        return MaintainOutcome(compacted=compacted, deleted=cleaned.deleted, busy=busy)
