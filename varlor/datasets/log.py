"""Reads a table's log for what each commit says of itself, newest first.

deltalake's own `history` holds Python's lock while it talks to the store, which would stop every other
task of the process; these reads do not.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, Final

import orjson

from varlor.datasets.place import Place

_AT_ONCE: Final = 10  # commits read side by side


def commits(place: Place, newest: int, most: int) -> Iterator[dict[str, Any]]:
    """The `commitInfo` of at most `most` commits, with their `version`; cleaned up ones are left out.

    The first is read alone: it is all that a writer needs.
    """
    last = max(-1, newest - most)
    first = _commit(place, newest)
    if first is not None:
        yield first
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for start in range(newest - 1, last, -_AT_ONCE):
            versions = range(start, max(last, start - _AT_ONCE), -1)
            yield from filter(None, pool.map(lambda version: _commit(place, version), versions))


def _commit(place: Place, version: int) -> dict[str, Any] | None:
    try:
        with place.open(f"_delta_log/{version:020d}.json") as source:
            lines = source.read().splitlines()
    except FileNotFoundError:
        return None
    told = (line for line in chain(lines[:1], lines[:0:-1]) if b'"commitInfo"' in line[:32])
    for line in told:
        return {**orjson.loads(line)["commitInfo"], "version": version}
    return None
