"""What to make of an answer that the defaults judge wrongly: by its status, by what it holds, or both."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from varlor.contracts.model import NUMBER, Model
from varlor.contracts.pagination import JsonPath

ErrorAction = Literal["retry", "throttle", "ignore", "fail", "refresh"]


class ErrorRule(Model):
    """An answer of this `status`, in which `path` finds something that is neither null nor false.

    retry: ask again later, as after a 500. throttle: ask again later, and slower, as after a 429. ignore: a
    page without records. fail: end the run. refresh: renew the credential and repeat once, as after a 401.
    """

    status: Annotated[int, Field(ge=200, le=599), NUMBER] | None = None
    path: JsonPath | None = None
    action: ErrorAction

    @model_validator(mode="after")
    def _some_condition(self) -> "ErrorRule":
        if self.status is None and self.path is None:
            raise ValueError("give a status, a path, or both")
        if self.path is None and self.status is not None and self.status < 300:  # noqa: PLR2004 - success
            raise ValueError("a rule for a successful answer needs a path")
        return self


ErrorRules = Annotated[list[ErrorRule], Field(max_length=32)]
