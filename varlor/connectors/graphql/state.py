"""The cursor of a GraphQL reading: positions and counts as plain JSON; the query stays in the request."""

from dataclasses import dataclass, field
from typing import Any, Self

from varlor.connectors.graphql.slots import Value
from varlor.connectors.graphql.spots import Spot
from varlor.connectors.pagination.memory import Visited
from varlor.connectors.pagination.step import Progress
from varlor.ports import Cursor

_VERSION = 1


@dataclass(frozen=True, slots=True)
class State:
    """`at` holds one position a level, the outermost connection's first.

    `faults` counts errors that came with data, `lost` records that came as null, `cut` records whose
    inner connections had more than came with them. `digest` is of the last page, in styles that count.
    """

    at: tuple[Value, ...]
    spot: Spot | None = None
    progress: Progress = field(default_factory=Progress)
    visited: Visited = field(default_factory=Visited)
    digest: str = ""
    faults: int = 0
    lost: int = 0
    cut: int = 0

    def dump(self) -> Cursor:
        spot, progress = self.spot, self.progress
        return {
            "v": _VERSION,
            "at": list(self.at),
            "spot": [list(spot.keys), spot.inner, spot.one] if spot else None,
            "progress": [progress.pages, progress.rows, progress.largest, progress.last, progress.empty],
            "visited": self.visited.dump(),
            "digest": self.digest,
            "counts": [self.faults, self.lost, self.cut],
        }

    @classmethod
    def load(cls, cursor: Cursor) -> Self:
        spot: list[Any] | None = cursor["spot"]
        return cls(
            tuple(cursor["at"]),
            Spot(tuple(spot[0]), spot[1], one=spot[2]) if spot else None,
            Progress(*cursor["progress"]),
            Visited.load(cursor["visited"]),
            cursor["digest"],
            *cursor["counts"],
        )
