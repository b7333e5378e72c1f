"""Two looks at everything that falls due, each started by a Temporal Schedule of the installation."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError

with workflow.unsafe.imports_passed_through():
    from activities.sweeps import SweepActivities
    from varlor import names
    from varlor.contracts.care import DatasetRef, Sweep, SweepOutcome
    from workflows import options
    from workflows.maintain import MaintainDataset


@workflow.defn(name="sweep-freshness")
class SweepFreshness:
    """Every minute: which datasets have become older than they promise, and which are fresh again."""

    @workflow.run
    async def run(self, order: Sweep) -> SweepOutcome:
        found, more = 0, True
        while more:
            step = await workflow.execute_activity_method(
                SweepActivities.judge_freshness, order, summary="judge promises", **options.SWEEP
            )
            found, more = found + step.found, step.more
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(order)
        workflow.set_current_details(f"**{found:,} promises** were broken, or are kept again")
        return SweepOutcome(found=found)


@workflow.defn(name="sweep-maintenance")
class SweepMaintenance:
    """Every ten minutes: which tables need care. A few at a time, so that syncs keep the machine."""

    @workflow.run
    async def run(self, order: Sweep) -> SweepOutcome:
        found, more = 0, True
        while more:
            due = await workflow.execute_activity_method(
                SweepActivities.due_datasets, order, summary="what is due", **options.SWEEP
            )
            found, more = found + len(due.datasets), due.more
            workflow.set_current_details(f"**{found:,} tables** to look after")
            await self._look_after(list(due.datasets))
            if more and workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(order)
        return SweepOutcome(found=found)

    async def _look_after(self, due: list[DatasetRef]) -> None:
        async def hand() -> None:
            while due:
                await self._maintain(due.pop(0))

        await asyncio.gather(*(hand() for _ in range(options.CARE_AT_ONCE)))

    async def _maintain(self, ref: DatasetRef) -> None:
        try:
            await workflow.execute_child_workflow(
                MaintainDataset.run,
                ref,
                id=names.maintain_id(ref.tenant_id, ref.dataset_id),
                static_summary=f"care for {ref.dataset_id}",
            )
        except ChildWorkflowError:
            workflow.logger.info("one table could not be looked after; it is due again in an hour")
