"""Domain errors become Temporal failures here and nowhere else: typed, retryable or not."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from temporalio.exceptions import ApplicationError

from varlor.contracts.run import RunError
from varlor.errors import SourceError, VarlorError

S = TypeVar("S")
P = ParamSpec("P")
R = TypeVar("R")


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
