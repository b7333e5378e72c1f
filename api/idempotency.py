"""Idempotency-Key: the same key and body answer the same; a failure gives the key back."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, TypeVar

from fastapi import Header, Request

from api.deps import Caller
from varlor.contracts.model import Model
from varlor.errors import FieldProblem, InvalidInputError
from varlor.ports import RememberedAnswer

M = TypeVar("M", bound=Model)
_POINTER: Final = "/header/Idempotency-Key"

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="the same key and body within 24 h answer the same, once done",
    ),
]


async def once(
    caller: Caller,
    request: Request,
    key: str | None,
    body: Model | None,
    act: Callable[[], Awaitable[M]],
    *,
    status: int,
) -> M | dict[str, Any]:
    """Do `act` once for this key; ConflictError while the first is under way, 422 for another body.

    The fingerprint holds the body's secrets masked: it is stored, and secrets are not.
    """
    if key is None:
        return await act()
    repository = caller.store.idempotency
    fingerprint = _fingerprint(request, body)
    remembered = await repository.begin(key, fingerprint)
    if remembered is not None:
        if remembered.fingerprint != fingerprint:
            raise used_otherwise()
        return remembered.body
    try:
        answer = await act()
    except BaseException:
        await repository.abandon(key)
        raise
    await repository.finish(key, RememberedAnswer(fingerprint, status, answer.model_dump(mode="json")))
    return answer


def used_otherwise() -> InvalidInputError:
    problem = FieldProblem(_POINTER, "This key was used with another request; use a new one.")
    return InvalidInputError("The Idempotency-Key belongs to another request.", problem)


def _fingerprint(request: Request, body: Model | None) -> str:
    plain = body.model_dump_json(exclude_unset=True) if body is not None else ""
    return hashlib.sha256(f"{request.method} {request.url.path}\n{plain}".encode()).hexdigest()
