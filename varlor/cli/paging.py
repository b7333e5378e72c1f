"""Reads `--paginate`: `auto`, a type of the contract, or a type with its fields."""

import json
from typing import Any, Final

import typer
from pydantic import TypeAdapter, ValidationError

from varlor.contracts.pagination import Pagination

PAGINATE_HELP: Final = (
    "auto, none, link_header, or a type with its fields: "
    "offset:offsetParam=skip,limit=100, cursor:cursorPath=$.next,cursorParam=cursor."
)
_ADAPTER: Final[TypeAdapter[Pagination]] = TypeAdapter(Pagination)


def parse_pagination(text: str) -> Any:
    """What the fetch request's `pagination` takes; raises BadParameter naming the field."""
    if text == "auto":
        return text
    kind, _, rest = text.partition(":")
    fields: dict[str, str] = {"type": kind}
    for part in filter(None, rest.split(",")):
        name, separator, value = part.partition("=")
        if not separator:
            raise typer.BadParameter(f"--paginate: {part!r} is not field=value")
        fields[name.strip()] = value
    try:
        return json.loads(_ADAPTER.dump_json(_ADAPTER.validate_python(fields), exclude_none=True))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"])
        raise typer.BadParameter(f"--paginate {text}: {place} {first['msg']}") from None
