"""Connecting: a user is sent to the provider, comes back within ten minutes or not, and a token is stored."""

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError, is_cancelled_exception
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.oauth import OAuthActivities
    from varlor import names
    from varlor.contracts.messages import (
        AuthorizationReceived,
        CheckInput,
        OnboardInput,
        OnboardOutcome,
    )
    from varlor.contracts.oauth import TokenState
    from varlor.contracts.token_acts import (
        ExchangeOutcome,
        OnboardEnd,
        PreparedAuthorization,
        StoredToken,
    )
    from workflows import options
    from workflows.check import CheckConnection
    from workflows.restored import tell_waiting_runs


@workflow.defn(name="onboard-connector")
class OnboardConnector:
    """One attempt. A second start terminates the first, whose state is then worth nothing."""

    @workflow.init
    def __init__(self, order: OnboardInput) -> None:
        self._order = order
        self._prepared: PreparedAuthorization | None = None
        self._received: AuthorizationReceived | None = None

    @workflow.run
    async def run(self, order: OnboardInput) -> OnboardOutcome:  # noqa: ARG002 - taken by __init__
        reason = await self._prepare() or await self._return() or await self._exchange()
        if reason is not None:
            await workflow.execute_activity_method(
                OAuthActivities.end_onboarding,
                OnboardEnd(**self._order.model_dump(by_alias=False), reason=reason),
                summary=reason,
                **options.BOOKKEEPING,
            )
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.set_current_details(f"**{reason or 'connected'}**")
        return OnboardOutcome(connected=reason is None, reason=reason)

    @workflow.update
    async def prepare(self) -> PreparedAuthorization:
        """Wait for the authorization URL, which then is in Redis."""
        await workflow.wait_condition(lambda: self._prepared is not None)
        return self._prepared or PreparedAuthorization(reason="internal")

    @workflow.signal
    def authorization_received(self, received: AuthorizationReceived) -> None:
        """The user is back, and the callback was checked. The first one counts."""
        if received.nonce == self._order.nonce and self._received is None:
            self._received = received

    # --- the way through; each step answers why it ends here, or None to go on ---------------

    async def _prepare(self) -> str | None:
        workflow.set_current_details("**Preparing** the authorization")
        try:
            self._prepared = await workflow.execute_activity_method(
                OAuthActivities.prepare_authorization,
                self._order,
                summary="verifier, state and address",
                **options.PREPARE,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self._prepared = PreparedAuthorization(reason="unavailable")
        return self._prepared.reason

    async def _return(self) -> str | None:
        workflow.set_current_details("**Waiting** for the user to come back, 10 min at most")
        try:
            await workflow.wait_condition(
                lambda: self._received is not None,
                timeout=options.ONBOARD_PATIENCE,
                timeout_summary="until the user is back",
            )
        except TimeoutError:
            return "expired"
        return self._received.error if self._received is not None else "internal"

    async def _exchange(self) -> str | None:
        workflow.set_current_details("**Exchanging** the code")
        try:
            outcome = await workflow.execute_activity_method(
                OAuthActivities.exchange_code, self._order, summary="one token request", **options.EXCHANGE
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            outcome = ExchangeOutcome(reason="unavailable")
        if outcome.token is not None:
            await self._stored(outcome.token)
        return outcome.reason

    async def _stored(self, token: TokenState) -> None:
        order = self._order
        await workflow.execute_activity_method(
            OAuthActivities.announce_token,
            StoredToken(
                tenant_id=order.tenant_id, connector_id=order.connector_id, nonce=order.nonce, token=token
            ),
            summary="hand over to keep-token-fresh",
            **options.BOOKKEEPING,
        )
        await tell_waiting_runs(order.tenant_id, order.connector_id)
        await workflow.start_child_workflow(
            CheckConnection.run,
            CheckInput(tenant_id=order.tenant_id, nonce=order.nonce, connector_id=order.connector_id),
            id=names.check_id(order.tenant_id, order.nonce),
            parent_close_policy=ParentClosePolicy.ABANDON,
            execution_timeout=options.CHECK_LIFE,
            priority=Priority(fairness_key=order.tenant_id),
            search_attributes=workflow.info().typed_search_attributes,
            static_summary="connection test",
        )
