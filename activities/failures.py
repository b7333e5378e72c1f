"""Domain errors become Temporal failures here and nowhere else: typed, retryable or not."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError

from varlor.contracts.run import RunError
from varlor.errors import SourceError, VarlorError

S = TypeVar("S")
P = ParamSpec("P")
R = TypeVar("R")

MOST_UNFORESEEN: Final = 5  # attempts; a passing cause has passed by then, a fault of ours has not


def translated(
    method: Callable[Concatenate[S, P], Awaitable[R]],
) -> Callable[Concatenate[S, P], Awaitable[R]]:
    """Wrap an activity method: a VarlorError leaves as an ApplicationError of its slug.

    The failure's only detail is the outside API's HTTP status, or None.
    """

    @wraps(method)
    async def wrapper(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await method(self, *args, **kwargs)
        except VarlorError as error:
            raise failure(error) from error

    return wrapper


def ending(
    method: Callable[Concatenate[S, P], Awaitable[R]],
) -> Callable[Concatenate[S, P], Awaitable[R]]:
    """Wrap what a person waits for: a failure nobody foresaw ends it, instead of repeating for ever.

    Leaves as a final ApplicationError `internal`, from the fifth attempt on.
    """

    @wraps(method)
    async def wrapper(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await method(self, *args, **kwargs)
        except (ApplicationError, TimeoutError):
            raise
        except Exception as error:
            if activity.info().attempt < MOST_UNFORESEEN:
                raise
            detail = f"A fault of ours ({type(error).__name__}) ended the run. Its rows so far are kept."
            raise ApplicationError(detail, type="internal", non_retryable=True) from error

    return wrapper


def failure(error: VarlorError) -> ApplicationError:
    kind = error.kind if isinstance(error, SourceError) else error.slug
    status = error.status if isinstance(error, SourceError) else None
    # What an API did is judged in retry.py before it gets here: then it is final.
    final = isinstance(error, SourceError) or not error.retryable
    return ApplicationError(error.detail, status, type=kind, non_retryable=final)


def run_error(error: VarlorError) -> RunError:
    """The run's reason: an outside API's in the contract's words, else our own."""
    if isinstance(error, SourceError):
        kind, status = error.kind, error.status
    else:
        kind, status = error.slug, None
    words = kind.replace("_", " ").replace("-", " ")
    return RunError(type=kind, title=words, detail=error.detail, status=status)
