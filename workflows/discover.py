"""Discovery: what an API says about itself, found once and cached for an hour."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.discover import DiscoverActivities
    from varlor.contracts.messages import DiscoverInput, DiscoverOutcome
    from workflows import options


@workflow.defn(name="discover-endpoints")
class DiscoverEndpoints:
    @workflow.run
    async def run(self, order: DiscoverInput) -> DiscoverOutcome:
        outcome = await workflow.execute_activity_method(
            DiscoverActivities.discover_endpoints, order, summary="look for a document", **options.DISCOVER
        )
        workflow.set_current_details(f"**{outcome.endpoints} endpoints** from {outcome.source}")
        return outcome
