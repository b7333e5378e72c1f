"""A new master key: every stored secret is sealed again under it, batch by batch, while all else runs."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.rotate import RotateActivities
    from varlor.contracts.messages import ResealProgress, RotateKeysInput
    from workflows import options


@workflow.defn(name="rotate-keys")
class RotateKeys:
    """Killed anywhere, it goes on at the batch it was at: what is resealed already is passed over."""

    @workflow.init
    def __init__(self, order: RotateKeysInput) -> None:
        self._order = order
        self._progress = order.progress
        self._again = False

    @workflow.run
    async def run(self, order: RotateKeysInput) -> ResealProgress:  # noqa: ARG002 - taken by __init__
        while True:
            batch = await workflow.execute_activity_method(
                RotateActivities.reseal_batch,
                self._order.model_copy(update={"progress": self._progress}),
                summary=f"after {self._progress.looked_at:,} rows",
                **options.RESEAL,
            )
            self._progress = self._progress.model_copy(
                update={
                    "after": batch.after,
                    "looked_at": self._progress.looked_at + batch.looked_at,
                    "resealed": self._progress.resealed + batch.resealed,
                    "skipped": self._progress.skipped + batch.skipped,
                    "unopened": self._progress.unopened + batch.unopened,
                }
            )
            self._again = self._again or batch.skipped > 0
            self._show()
            if batch.after is None and not self._again:
                break
            if batch.after is None:
                self._again = False  # another pass, for what changed meanwhile
                await workflow.sleep(options.RESEAL_PAUSE)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._order.model_copy(update={"progress": self._progress}))
        await workflow.execute_activity_method(
            RotateActivities.record_rotation,
            self._order.model_copy(update={"progress": self._progress}),
            summary="say so in the audit",
            **options.BOOKKEEPING,
        )
        return self._progress

    @workflow.query
    def progress(self) -> ResealProgress:
        return self._progress

    def _show(self) -> None:
        done = self._progress
        workflow.set_current_details(
            f"**Sealing under {self._order.key_version}** · {done.resealed:,} of {done.looked_at:,} rows"
            f"\n\n{done.skipped:,} changed meanwhile · {done.unopened:,} do not open"
        )
