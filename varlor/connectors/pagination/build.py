"""A style's machine from its configuration."""

from typing import Any

from pydantic import TypeAdapter

from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.counted import KeysetStyle, OffsetStyle, PageNumberStyle
from varlor.connectors.pagination.links import CursorStyle, LinkHeaderStyle, NextUrlStyle
from varlor.connectors.pagination.step import End, Scene, Style
from varlor.contracts.pagination import (
    CursorToken,
    Keyset,
    LinkHeader,
    NextUrl,
    NoPagination,
    Offset,
    PageNumber,
    Pagination,
)
from varlor.errors import UnsupportedError

_ADAPTER: TypeAdapter[Pagination] = TypeAdapter(Pagination)


class OnePageStyle:
    def first(self, base: Asked) -> Asked:
        return base

    def after(self, scene: Scene) -> Asked | End:  # noqa: ARG002 - the protocol's signature
        return End()


def build(config: Pagination, *, bare: bool = False) -> Style:  # noqa: PLR0911 - one return a style
    """`bare` sends nothing but the position. Raises UnsupportedError, InvalidInputError (a bad JSONPath)."""
    match config:
        case NoPagination():
            return OnePageStyle()
        case LinkHeader():
            return LinkHeaderStyle()
        case NextUrl():
            return NextUrlStyle(config)
        case CursorToken():
            return CursorStyle(config)
        case Offset():
            return OffsetStyle(config, bare=bare)
        case PageNumber():
            return PageNumberStyle(config, bare=bare)
        case Keyset():
            return KeysetStyle(config)
        case _:
            raise UnsupportedError("The pagination relay belongs to GraphQL connectors.")


def load(raw: dict[str, Any]) -> Pagination:
    return _ADAPTER.validate_python(raw)


def dump(config: Pagination) -> dict[str, Any]:
    return config.model_dump(mode="json", by_alias=True, exclude_none=True)
