"""Where a page's position goes: a variable of the query, or an argument that is written into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from graphql.language import (
    ArgumentNode,
    FieldNode,
    FloatValueNode,
    IntValueNode,
    NameNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    Visitor,
    print_ast,
    visit,
)

from varlor.connectors.graphql.document import Query, Selected

Value = str | int | float | None
_PAGE_INFO: Final = ("hasNextPage", "endCursor")


@dataclass(frozen=True, slots=True)
class Slot:
    """`variable` if the argument takes one, else the argument itself is set, whatever its type is called."""

    node: FieldNode
    argument: str
    variable: str | None = None

    @classmethod
    def of(cls, field: Selected, argument: str) -> "Slot":
        given = argument_of(field, argument)
        name = given.name.value if isinstance(given, VariableNode) else None
        return cls(field.node, argument, name)


def argument_of(field: Selected, name: str) -> ValueNode | None:
    return next((a.value for a in field.node.arguments or () if a.name.value == name), None)


def given(query: Query, slot: Slot, variables: Mapping[str, Any]) -> Value:
    """What the caller put there: the variable's value or default, or what is written in the query."""
    if slot.variable is not None:
        if slot.variable in variables:
            value = variables[slot.variable]
            return value if isinstance(value, str | int | float) and not isinstance(value, bool) else None
        definitions = query.operation.variable_definitions or ()
        default = next((d.default_value for d in definitions if d.variable.name.value == slot.variable), None)
        return _literal(default)
    arguments = slot.node.arguments or ()
    return _literal(next((a.value for a in arguments if a.name.value == slot.argument), None))


def _literal(node: ValueNode | None) -> Value:
    if isinstance(node, IntValueNode):
        return int(node.value[:18])
    return node.value if isinstance(node, StringValueNode) else None


def filled(
    query: Query,
    variables: Mapping[str, Any],
    values: Sequence[tuple[Slot, Value]],
    watched: Sequence[FieldNode],
) -> tuple[str, dict[str, Any]]:
    """Text and variables to send; `watched` connections also say whether they have more.

    None leaves the server its default: neither variable nor argument is sent.
    """
    sent = dict(variables)
    written: dict[int, dict[str, Value]] = {}
    for slot, value in values:
        if slot.variable is None:
            written.setdefault(id(slot.node), {})[slot.argument] = value
        elif value is None:
            sent.pop(slot.variable, None)
        else:
            sent[slot.variable] = value
    unsaid = {id(node) for node in watched if not _tells(node)}
    if not written and not unsaid:
        return query.text, sent
    return print_ast(visit(query.document, _Rewriting(written, unsaid))), sent


def _tells(node: FieldNode) -> bool:
    """Whether its own selection (not a fragment's) asks for the whole of what paging needs."""
    for inner in node.selection_set.selections if node.selection_set else ():
        if isinstance(inner, FieldNode) and inner.name.value == "pageInfo" and inner.alias is None:
            asked = inner.selection_set.selections if inner.selection_set else ()
            plain = {f.name.value for f in asked if isinstance(f, FieldNode) and f.alias is None}
            return plain.issuperset(_PAGE_INFO)
    return False


class _Rewriting(Visitor):
    def __init__(self, written: Mapping[int, Mapping[str, Value]], unsaid: set[int]) -> None:
        super().__init__()
        self._written = written
        self._unsaid = unsaid

    def enter_field(self, node: FieldNode, *_: object) -> FieldNode | None:
        changed = node
        if values := self._written.get(id(node)):
            kept = [a for a in node.arguments or () if a.name.value not in values]
            added = [
                ArgumentNode(name=NameNode(value=name), value=_node(value))
                for name, value in values.items()
                if value is not None
            ]
            changed = replace(changed, arguments=(*kept, *added))
        if id(node) in self._unsaid and node.selection_set is not None:
            selections = (*node.selection_set.selections, _page_info())
            changed = replace(changed, selection_set=SelectionSetNode(selections=selections))
        return changed if changed is not node else None


def _page_info() -> FieldNode:
    asked = tuple(FieldNode(name=NameNode(value=name)) for name in _PAGE_INFO)
    return FieldNode(name=NameNode(value="pageInfo"), selection_set=SelectionSetNode(selections=asked))


def _node(value: str | float) -> ValueNode:
    if isinstance(value, int):
        return IntValueNode(value=str(value))
    return FloatValueNode(value=str(value)) if isinstance(value, float) else StringValueNode(value=value)
