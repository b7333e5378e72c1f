"""A caller's GraphQL document before it leaves: parsed, held to bounds, one operation, and it only reads."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphql import GraphQLError, build_schema, parse, validate
from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)
from graphql.validation import (
    ExecutableDefinitionsRule,
    KnownFragmentNamesRule,
    LoneAnonymousOperationRule,
    NoFragmentCyclesRule,
    NoUndefinedVariablesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    UniqueArgumentNamesRule,
    UniqueFragmentNamesRule,
    UniqueVariableNamesRule,
)

from varlor.errors import FieldProblem, InvalidInputError

_MOST_TOKENS: Final = 5_000
_MOST_FIELDS: Final = 2_000  # with every fragment spread out
_MOST_ALIASES: Final = 200
_MOST_DEPTH: Final = 25
_RULES: Final = (  # those of the specification, section 5, that need no schema
    ExecutableDefinitionsRule,
    LoneAnonymousOperationRule,
    UniqueFragmentNamesRule,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoUnusedFragmentsRule,
    UniqueVariableNamesRule,
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    UniqueArgumentNamesRule,
)
_NO_SCHEMA: Final = build_schema("type Query { _: Boolean }")
_TOO_DEEP: Final = "The query nests too deeply; flatten it."
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,127}")

Fragments = Mapping[str, FragmentDefinitionNode]


def is_name(text: object) -> bool:
    """Whether it is a GraphQL name (specification, section 2.1.9), of a size that anyone needs."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Selected:
    """One field of the query, under the `key` that its answer has; fragments are spread out."""

    key: str
    node: FieldNode
    children: tuple["Selected", ...]

    @property
    def name(self) -> str:
        return self.node.name.value

    def child(self, *keys: str) -> "Selected | None":
        found: Selected | None = self
        for key in keys:
            found = next((c for c in found.children if c.key == key), None) if found else None
        return found


@dataclass(frozen=True, slots=True)
class Query:
    """A judged query; `fields` are those at its root."""

    text: str
    document: DocumentNode
    operation: OperationDefinitionNode
    fields: tuple[Selected, ...]

    @property
    def variables(self) -> frozenset[str]:
        return frozenset(d.variable.name.value for d in self.operation.variable_definitions or ())


def refused(pointer: str, detail: str) -> InvalidInputError:
    return InvalidInputError(detail, FieldProblem(pointer, detail))


def read_query(text: str) -> Query:
    """Raises InvalidInputError, pointing at `/query`: not GraphQL, not one query, or beyond the bounds."""
    try:
        return _judged(text, parse(text, max_tokens=_MOST_TOKENS))
    except GraphQLError as error:
        raise refused("/query", f"This is no GraphQL: {_told(error)}") from None
    except RecursionError:  # a long chain of fragments
        raise refused("/query", _TOO_DEEP) from None


def _judged(text: str, document: DocumentNode) -> Query:
    operation = _operation(document)
    problems = validate(_NO_SCHEMA, document, _RULES, max_errors=1)
    if problems:
        somewhere = problems[0].nodes is not None  # else the rules themselves gave up
        raise refused("/query", _told(problems[0]) if somewhere else _TOO_DEEP)
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    _Bounds(fragments).check(operation.selection_set)
    return Query(text, document, operation, _spread(operation.selection_set, fragments))


def _told(error: GraphQLError) -> str:
    where = error.locations[0] if error.locations else None
    place = f" (line {where.line}, column {where.column})" if where else ""
    return f"{error.message[:300].removeprefix('Syntax Error: ')}{place}"


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    for each in operations:
        if each.operation is not OperationType.QUERY:
            raise refused("/query", f"A {each.operation.value} is not sent: only queries are read.")
    if len(operations) != 1:
        raise refused("/query", f"Give one query; this document holds {len(operations)} operations.")
    return operations[0]


class _Bounds:
    """Counts what a document comes to once its fragments are spread out, each fragment looked at once."""

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._known: dict[str, tuple[int, int, int]] = {}

    def check(self, selections: SelectionSetNode) -> None:
        fields, aliases, depth = self._measure(selections)
        for what, count, most in (
            ("fields", fields, _MOST_FIELDS),
            ("aliases", aliases, _MOST_ALIASES),
            ("levels", depth, _MOST_DEPTH),
        ):
            if count > most:
                raise refused("/query", f"The query comes to {count} {what}; at most {most} are sent.")

    def _measure(self, selections: SelectionSetNode | None) -> tuple[int, int, int]:
        fields = aliases = depth = 0
        for node in selections.selections if selections else ():
            if isinstance(node, FragmentSpreadNode):
                inner = self._fragment(node.name.value)
            else:
                inner = self._measure(getattr(node, "selection_set", None))
            own = isinstance(node, FieldNode)
            fields += inner[0] + own
            aliases += inner[1] + (isinstance(node, FieldNode) and node.alias is not None)
            depth = max(depth, inner[2] + 1)
        return fields, aliases, depth

    def _fragment(self, name: str) -> tuple[int, int, int]:
        if name not in self._known:
            self._known[name] = self._measure(self._fragments[name].selection_set)
        return self._known[name]


def _spread(selections: SelectionSetNode | None, fragments: Fragments) -> tuple[Selected, ...]:
    """Fields that answer under the same key are one, as a server merges them (specification, 6.3.2)."""
    merged: dict[str, Selected] = {}
    for node in _fields(selections, fragments):
        key = node.alias.value if node.alias else node.name.value
        children = _spread(node.selection_set, fragments)
        seen = merged.get(key)
        merged[key] = Selected(key, node, children) if seen is None else _joined(seen, children)
    return tuple(merged.values())


def _fields(selections: SelectionSetNode | None, fragments: Fragments) -> Iterator[FieldNode]:
    for node in selections.selections if selections else ():
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(fragments[node.name.value].selection_set, fragments)


def _joined(seen: Selected, children: Sequence[Selected]) -> Selected:
    known = {child.key: child for child in seen.children}
    for child in children:
        known[child.key] = child if child.key not in known else _joined(known[child.key], child.children)
    return Selected(seen.key, seen.node, tuple(known.values()))
