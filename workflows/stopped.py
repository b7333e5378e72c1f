"""Whether an activity ended because it was asked to."""

from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, RetryState, is_cancelled_exception

NO_FAILURE: Final = "stopped-is-no-failure"


def stopped(error: BaseException) -> bool:
    """It was canceled; or, once asked to stop, lost its worker or a part of ours: that is not tried again."""
    if is_cancelled_exception(error):
        return True
    refused = isinstance(error, ActivityError) and error.retry_state is RetryState.CANCEL_REQUESTED
    return refused and workflow.patched(NO_FAILURE)
