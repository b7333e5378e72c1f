"""How an API hands out its records page by page: one small model per style."""

from typing import Annotated, Any, Final, Literal

from pydantic import (
    Field,
    StringConstraints,
    TypeAdapter,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from varlor.contracts.model import NUMBER, Model

JsonPath = Annotated[str, StringConstraints(min_length=1, max_length=512)]
ParamName = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
PageSize = Annotated[int, Field(ge=1, le=100_000), NUMBER]


class NoPagination(Model):
    type: Literal["none"] = "none"


class LinkHeader(Model):
    """RFC 8288: the answer's `Link` header names the next page with rel="next"."""

    type: Literal["link_header"] = "link_header"


class NextUrl(Model):
    """The body holds the next page's address, absolute or relative."""

    type: Literal["next_url"] = "next_url"
    next_path: JsonPath


class CursorToken(Model):
    """A token in body or header, sent back as a parameter, a header or a body field."""

    type: Literal["cursor"] = "cursor"
    cursor_path: JsonPath | None = None
    cursor_header: ParamName | None = None
    cursor_param: ParamName
    in_: Annotated[Literal["query", "header", "body"], Field(alias="in")] = "query"

    @model_validator(mode="after")
    def _one_source(self) -> "CursorToken":
        if (self.cursor_path is None) == (self.cursor_header is None):
            raise ValueError("give either cursorPath or cursorHeader")
        return self


class Offset(Model):
    """The next page starts where this one ended; ends by total, or at a short or empty page."""

    type: Literal["offset"] = "offset"
    offset_param: ParamName = "offset"
    limit_param: ParamName = "limit"
    limit: PageSize = 100
    start: Annotated[int, Field(ge=0), NUMBER] = 0
    total_path: JsonPath | None = None


class PageNumber(Model):
    """Pages are counted; ends by total, or at an empty page."""

    type: Literal["page_number"] = "page_number"
    page_param: ParamName = "page"
    start: Annotated[int, Field(ge=0), NUMBER] = 1
    size_param: ParamName | None = None
    size: PageSize | None = None
    total_pages_path: JsonPath | None = None
    total_path: JsonPath | None = None


class Keyset(Model):
    """The last record's field is sent as a parameter."""

    type: Literal["keyset"] = "keyset"
    field: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    param: ParamName


class Relay(Model):
    """GraphQL cursor connections: `pageInfo` with `hasNextPage` and `endCursor`."""

    type: Literal["relay"] = "relay"
    connection_path: JsonPath | None = None
    first: PageSize = 100


Pagination = Annotated[
    NoPagination | LinkHeader | NextUrl | CursorToken | Offset | PageNumber | Keyset | Relay,
    Field(discriminator="type"),
]

_STYLE: Final = TypeAdapter[Any](Pagination)


def _meant(value: Any, judge: ValidatorFunctionWrapHandler) -> Any:
    """Judged as what it is meant to be, so that an error does not speak of the other."""
    if isinstance(value, dict):
        return _STYLE.validate_python(value)
    if value == "auto" or isinstance(value, Model):
        return judge(value)
    raise PydanticCustomError(
        "pagination",
        "Give auto, or an object whose type is none, link_header, next_url, cursor, offset, page_number, "
        "keyset or relay",
    )


AnyPagination = Annotated[Literal["auto"] | Pagination, WrapValidator(_meant)]
