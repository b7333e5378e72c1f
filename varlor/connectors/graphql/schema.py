"""A server's schema as its introspection tells it (specification, section 4); nothing in it is trusted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from varlor.connectors.discovery.foreign import mapping, sequence, text
from varlor.connectors.graphql.document import is_name

INTROSPECTION: Final = """
query Introspection {
  __schema {
    queryType { name }
    types {
      kind
      name
      fields {
        name
        description
        args { name description defaultValue type { ...T } }
        type { ...T }
      }
      possibleTypes { name }
    }
  }
}
fragment T on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name } }
  } } }
}
"""
_MOST_MEMBERS: Final = 2_000  # fields of a type, arguments of a field
_MOST_WRAPPINGS: Final = 6
_LEAVES: Final = frozenset({"SCALAR", "ENUM"})
_COMPOSITE: Final = frozenset({"OBJECT", "INTERFACE"})


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A type as it is written (`[User!]!`), and the named one inside of its wrappings."""

    text: str
    name: str
    kind: str
    is_list: bool

    @property
    def required(self) -> bool:
        return self.text.endswith("!")

    @property
    def nullable(self) -> str:
        return self.text.removesuffix("!")

    @property
    def is_leaf(self) -> bool:
        return self.kind in _LEAVES

    @property
    def is_composite(self) -> bool:
        return self.kind in _COMPOSITE


@dataclass(frozen=True, slots=True)
class Argument:
    name: str
    type: TypeRef
    default: str | None
    description: str | None

    @property
    def required(self) -> bool:
        return self.type.required and self.default is None


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: TypeRef
    arguments: tuple[Argument, ...]
    description: str | None

    @property
    def free(self) -> bool:
        """Whether it can be asked for without saying anything."""
        return not any(argument.required for argument in self.arguments)


class Schema:
    """Types by name; fields are read when they are asked for, and once."""

    def __init__(self, raw: Any) -> None:
        named = ((mapping(each).get("name"), mapping(each)) for each in sequence(mapping(raw).get("types")))
        self._types: dict[str, Mapping[str, Any]] = {str(name): kind for name, kind in named if is_name(name)}
        self._fields: dict[str, dict[str, Field]] = {}
        root = mapping(mapping(raw).get("queryType")).get("name")
        self.root = root if is_name(root) and root in self._types else None

    def kind(self, name: str) -> str:
        return str(self._types.get(name, {}).get("kind"))

    def fields(self, name: str) -> dict[str, Field]:
        if name not in self._fields:
            raw = sequence(self._types.get(name, {}).get("fields"))[:_MOST_MEMBERS]
            read = (_field(mapping(each)) for each in raw)
            self._fields[name] = {each.name: each for each in read if each is not None}
        return self._fields[name]

    def members(self, name: str) -> list[str]:
        """The types that a union or an interface may turn out to be."""
        raw = sequence(self._types.get(name, {}).get("possibleTypes"))[:_MOST_MEMBERS]
        return [str(name) for name in (mapping(each).get("name") for each in raw) if is_name(name)]


def _field(raw: Mapping[str, Any]) -> Field | None:
    """None for one that cannot be asked for: no name, no type, or an argument of no known type."""
    name, kind = raw.get("name"), type_ref(raw.get("type"))
    raw_arguments = sequence(raw.get("args"))[:_MOST_MEMBERS]
    arguments = list(_arguments(raw_arguments))
    if not is_name(name) or kind is None or len(arguments) != len(raw_arguments):
        return None
    return Field(str(name), kind, tuple(arguments), text(raw.get("description")))


def _arguments(raw: list[Any]) -> Iterator[Argument]:
    for each in map(mapping, raw):
        name, kind = each.get("name"), type_ref(each.get("type"))
        if is_name(name) and kind is not None:
            yield Argument(str(name), kind, text(each.get("defaultValue")), text(each.get("description")))


def type_ref(raw: Any) -> TypeRef | None:
    """None for what is no type, or is wrapped deeper than anyone needs."""
    wrappings: list[str] = []
    node = mapping(raw)
    while node.get("kind") in {"NON_NULL", "LIST"}:
        wrappings.append(str(node["kind"]))
        if len(wrappings) > _MOST_WRAPPINGS:
            return None
        node = mapping(node.get("ofType"))
    name, kind = node.get("name"), node.get("kind")
    if not is_name(name) or not isinstance(kind, str):
        return None
    written = str(name)
    for wrapping in reversed(wrappings):
        written = f"[{written}]" if wrapping == "LIST" else f"{written}!"
    return TypeRef(written, str(name), kind, "LIST" in wrappings)
