"""A tenant's outgoing webhook: the outbox is emptied in order, and a receiver that is down is waited for."""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.deliver import DeliveryActivities
    from varlor.contracts.care import DeliveryOutcome, TenantRef
    from workflows import options


@workflow.defn(name="deliver-notifications")
class DeliverNotifications:
    """One per tenant, while there is something to send. The messages themselves never come near."""

    @workflow.init
    def __init__(self, order: TenantRef) -> None:
        self._order = order
        self._recorded = False
        self._changed = False
        self._sent = 0

    @workflow.run
    async def run(self, order: TenantRef) -> int:
        while True:
            self._recorded = self._changed = False
            outcome = await workflow.execute_activity_method(
                DeliveryActivities.deliver_notifications, order, summary="send", **options.DELIVER
            )
            self._sent += outcome.sent
            self._show(outcome)
            if outcome.empty and not (self._recorded or self._changed):
                return self._sent
            if outcome.wait_seconds:
                await self._wait(timedelta(seconds=outcome.wait_seconds))
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(order)

    @workflow.signal
    def notification_recorded(self) -> None:
        """There is something more to send; a receiver that is down is not asked sooner for that."""
        self._recorded = True

    @workflow.signal
    def target_changed(self) -> None:
        """Somebody wants to see it work, or has named another place: try at once."""
        self._changed = True

    async def _wait(self, length: timedelta) -> None:
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._changed, timeout=length)

    def _show(self, outcome: DeliveryOutcome) -> None:
        told = f" · {outcome.error}" if outcome.error else ""
        again = f"\n\nagain in {outcome.wait_seconds:,.0f} s" if outcome.wait_seconds else ""
        workflow.set_current_details(f"**{self._sent:,} sent**{told}{again}")
