"""Judges what is to be stored or asked by what reading it would need: `ports.ReadingJudge`."""

from collections.abc import Iterator
from typing import Any, Final

from pydantic.alias_generators import to_camel

from varlor.connectors.graphql import GraphQLJudge
from varlor.connectors.jsonpaths import path
from varlor.connectors.plan import address
from varlor.contracts.connector import ApiType, ConnectorSettings
from varlor.contracts.error_rules import ErrorRule
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.model import Model
from varlor.contracts.pagination import Relay
from varlor.errors import FieldProblem, InvalidInputError

_NO_PATH: Final = (
    "Give a JSONPath (RFC 9535), such as $.data.items, with at most one `..` and three of `*:?`."
)
_NO_RELAY: Final = "The pagination relay belongs to GraphQL connectors."


class RequestJudge(GraphQLJudge):
    """Nothing is asked of the API."""

    def check_paths(self, said: FetchRequest | ConnectorSettings, api_type: ApiType) -> None:
        problems = list(_problems(said, api_type))
        if problems:
            raise InvalidInputError("The input is not valid.", *problems)

    def check_place(self, settings: ConnectorSettings, place: str) -> None:
        address(settings, place)


def _problems(said: Model, api_type: ApiType, place: str = "") -> Iterator[FieldProblem]:
    """What holds a JSONPath is named `…_path`, or is the `path` of an error rule."""
    for name, value in said:
        is_path = name.endswith("_path") or (name == "path" and isinstance(said, ErrorRule))
        for pointer, each in _members(f"{place}/{to_camel(name)}", value):
            if api_type == "rest" and isinstance(each, Relay):
                yield FieldProblem(pointer, _NO_RELAY)
            elif isinstance(each, Model):
                yield from _problems(each, api_type, pointer)
            elif is_path and isinstance(each, str) and not _is_path(each):
                yield FieldProblem(pointer, _NO_PATH)


def _members(pointer: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, list):
        return [(f"{pointer}/{number}", each) for number, each in enumerate(value)]
    return [(pointer, value)]


def _is_path(text: str) -> bool:
    try:
        path(text)
    except InvalidInputError:
        return False
    return True
