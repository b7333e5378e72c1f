"""Child requests: one for each record of a parent list, or of a dataset that was synced before."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from varlor.contracts.model import Model, Name
from varlor.contracts.pagination import AnyPagination, JsonPath

ParentPath = Annotated[
    str, StringConstraints(min_length=1, max_length=2048, pattern=r"^[^\x00-\x20\x7f\\]+$")
]
ParentValue = int | str


class ForEach(Model):
    """Repeats the request for each parent's `field`, which takes the place of `{as}` in path, params or body.

    Parents are the records at `path` (read with its own `pagination` and `recordPath`), or the rows of
    `dataset` (its id or name). Each child record carries the parent's value as the field `as`.
    """

    path: ParentPath | None = None
    dataset: Name | None = None
    record_path: JsonPath | None = None
    pagination: AnyPagination = "auto"
    field: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    as_: Annotated[str, Field(alias="as"), StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]

    @property
    def slot(self) -> str:
        return f"{{{self.as_}}}"

    @model_validator(mode="after")
    def _one_source(self) -> "ForEach":
        if (self.path is None) == (self.dataset is None):
            raise ValueError("give either path or dataset, whose records are the parents")
        return self
