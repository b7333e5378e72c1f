"""The cursor: everything another process needs to go on at the next page, as plain JSON without secrets."""

from dataclasses import dataclass, field
from typing import Any, Self, cast

from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.build import dump, load
from varlor.connectors.pagination.memory import Visited
from varlor.connectors.pagination.seen import Seen
from varlor.connectors.pagination.step import NOTHING, Progress, Promise
from varlor.connectors.pagination.trial import Trial
from varlor.connectors.shapes import Place, Shape
from varlor.contracts.pagination import Pagination
from varlor.ports import Cursor

_VERSION = 1


@dataclass(frozen=True, slots=True)
class State:
    """`base` is the run's plain request; positions are set on it. `config` None: `auto` has not decided yet.

    `bare`: nothing but positions is sent (`auto`). `presumed`: `config` is unproved, from a document.
    `seen` is of the pages before, in styles where an API may go round without a word.
    """

    base: Asked
    asked: Asked
    config: Pagination | None = None
    bare: bool = False
    presumed: bool = False
    place: Place | None = None
    progress: Progress = field(default_factory=Progress)
    visited: Visited = field(default_factory=Visited)
    seen: Seen = field(default_factory=Seen)
    trial: Trial | None = None
    promise: Promise = NOTHING

    def dump(self) -> Cursor:
        progress = self.progress
        return {
            "v": _VERSION,
            "base": self.base.dump(),
            "next": self.asked.dump(),
            "style": dump(self.config) if self.config else None,
            "bare": self.bare,
            "presumed": self.presumed,
            "records": [self.place.path, self.place.shape] if self.place else None,
            "progress": [progress.pages, progress.rows, progress.largest, progress.last, progress.empty],
            "visited": self.visited.dump(),
            "seen": self.seen.dump(),
            "trial": self.trial.dump() if self.trial else None,
            "promise": [self.promise.total, self.promise.last, self.promise.excused],
        }

    @classmethod
    def load(cls, cursor: Cursor) -> Self:
        records = cast("list[str] | None", cursor["records"])
        style = cast("dict[str, Any] | None", cursor["style"])
        trial = cast("dict[str, Any] | None", cursor["trial"])
        return cls(
            base=Asked.load(cursor["base"]),
            asked=Asked.load(cursor["next"]),
            config=load(style) if style else None,
            bare=cursor["bare"],
            presumed=cursor["presumed"],
            place=Place(records[0], cast("Shape", records[1])) if records else None,
            progress=Progress(*cursor["progress"]),
            visited=Visited.load(cursor["visited"]),
            seen=Seen.load(cursor.get("seen")),
            trial=Trial.load(trial) if trial else None,
            promise=Promise(*cursor.get("promise", ())),
        )
