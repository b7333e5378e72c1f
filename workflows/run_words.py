"""A run's waits and failures in words, for its row and for operators."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from varlor.contracts.messages import ChunkResult
    from varlor.contracts.run import RunError


def wait_words(result: ChunkResult) -> str:
    if result.wait_reason == "auth":
        return "its user to connect the connector again"
    if result.wait_reason == "export":
        return "the API to make its export"
    seconds = f"{result.wait_seconds:,.0f} s"
    if result.error is not None:
        return f"{seconds}, then again: {result.error.detail}"
    return f"{seconds}, the rate window is used up"


def reason_of(error: BaseException) -> RunError:
    cause = error.__cause__
    if isinstance(cause, ApplicationError) and cause.type:
        status = cause.details[0] if cause.details and isinstance(cause.details[0], int) else None
        return RunError(
            type=cause.type, title=cause.type.replace("_", " "), detail=cause.message, status=status
        )
    return RunError(
        type="internal", title="internal", detail="The run could not go on. See the workflow's history."
    )
