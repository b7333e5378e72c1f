"""What a generated query asks of a record: its scalars, and one level of the objects it holds."""

from typing import Final

from varlor.connectors.graphql.schema import Field, Schema

_MOST_FIELDS: Final = 150  # of a record, inner ones included
_MOST_INNER: Final = 20  # of one inner object
_MOST_MEMBERS: Final = 10  # types of a union


class Selection:
    """Counts what it writes, so that one record's selection stays bounded in any schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._left = _MOST_FIELDS

    def of(self, name: str) -> str:
        """Never empty, and never more than one level deep, so that no cycle matters."""
        if self._schema.kind(name) == "UNION":
            return self._union(name)
        fields = list(self._schema.fields(name).values())
        parts = self._leaves(fields, _MOST_FIELDS)
        for field in fields:
            if field.free and field.type.is_composite and self._is_part(field):
                inner = self._leaves(list(self._schema.fields(field.type.name).values()), _MOST_INNER)
                parts += [f"{field.name} {{ {' '.join(inner)} }}"] if inner else []
        return " ".join(parts) or "__typename"

    def _leaves(self, fields: list[Field], most: int) -> list[str]:
        names = [field.name for field in fields if field.type.is_leaf and field.free]
        taken = names[: max(0, min(most, self._left))]
        self._left -= len(taken)
        return taken

    def _is_part(self, field: Field) -> bool:
        """A list of things that have no id of their own belongs to the record; pages of others do not."""
        inner = self._schema.fields(field.type.name)
        if "pageInfo" in inner or "edges" in inner:
            return False
        return not field.type.is_list or "id" not in inner

    def _union(self, name: str) -> str:
        """The leaves of each member; of those that share a name, only such as share their type too."""
        written: dict[str, str] = {}
        parts = ["__typename"]
        for member in self._schema.members(name)[:_MOST_MEMBERS]:
            fields = self._schema.fields(member).values()
            alike = [f for f in fields if written.setdefault(f.name, f.type.text) == f.type.text]
            leaves = self._leaves(alike, _MOST_INNER)
            parts += [f"... on {member} {{ {' '.join(leaves)} }}"] if leaves else []
        return " ".join(parts)
