"""Ready-made connectors."""

from collections.abc import Sequence
from typing import Protocol

from varlor.contracts.preset import Preset


class Presets(Protocol):
    """The product's presets, and those that this installation has added."""

    def all(self) -> Sequence[Preset]:
        """By name."""
        ...

    def get(self, preset: str) -> Preset:
        """Raises NotFoundError."""
        ...
