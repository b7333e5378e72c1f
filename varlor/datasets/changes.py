"""What happened to a dataset's columns while one run landed, each thing told once."""

from collections.abc import Sequence

from varlor.contracts.run import SchemaChange


class Changes:
    """Collects what is new since the last `take`."""

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()
        self._fresh: list[SchemaChange] = []

    def add(self, change: SchemaChange) -> None:
        key = (change.kind, change.column)
        if key not in self._told or change.kind == "column_widened":
            self._told.add(key)
            self._fresh.append(change)

    def take(self) -> list[SchemaChange]:
        """Those since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def restore(self, taken: Sequence[SchemaChange]) -> None:
        """Those taken for a commit that failed: the next one tells them."""
        self._fresh[:0] = taken
