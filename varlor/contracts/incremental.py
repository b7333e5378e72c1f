"""The incremental sync: only records that are new or changed, by a field of theirs that grows."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from varlor.contracts.model import NUMBER, Id, Model

SLOT: Final = "{value}"
CursorText = Annotated[str, StringConstraints(min_length=1, max_length=256)]
CursorValue = Annotated[int | float | CursorText, NUMBER]
"""A value of the field that grows, as the API writes it: ISO 8601 time, number, or text that sorts."""


def _param(value: str) -> str:
    name, separator, template = value.partition("=")
    if not name.strip() or (separator and SLOT not in template):
        raise ValueError(f"give a parameter's name, or name=template with {SLOT}: filter=updated>{SLOT}")
    return value


ParamTemplate = Annotated[
    str,
    StringConstraints(min_length=1, max_length=512, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(_param),
]


class Incremental(Model):
    """What a sync asks for beyond the first: records whose `cursorField` is at or after the highest seen.

    `cursorField`: a field of the records; a dot leads into an object (`fields.updated`). `param`: the
    parameter that takes the value, or `name=template` with `{value}` in it. `initialValue`: sent by the
    first sync; without it the first sync reads everything. `lookback`: how far before the highest value
    to ask again for late records, in seconds for times, else in the number's own unit. Not given, it is
    one step of the value's precision, so that records of an equal time are not missed whether the API
    counts the bound in or not.
    """

    cursor_field: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    param: ParamTemplate
    initial_value: CursorValue | None = None
    lookback: Annotated[float, Field(ge=0, le=10**12), NUMBER] | None = None

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.param.partition("=")[0]

    def filled(self, value: CursorValue) -> CursorValue:
        """What the parameter takes for `value`."""
        template = self.param.partition("=")[2]
        return template.replace(SLOT, str(value)) if template else value


class IncrementalState(Model):
    """How far one request's incremental sync has come; `stream` tells requests of one dataset apart.

    `source`: what is read. `value`: the highest value of `cursorField` that a successful run has seen.
    """

    stream: str
    source: str
    cursor_field: str
    value: CursorValue
    run_id: Id
