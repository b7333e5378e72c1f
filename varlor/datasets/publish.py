"""Makes what a run landed beside a table the table's content, in one commit; or drops it."""

from collections.abc import Sequence
from typing import Final

from deltalake.transaction import AddAction, RemoveAction

from varlor.contracts.fetch import WriteMode
from varlor.datasets.evolve import evolve
from varlor.datasets.files import Heartbeat, live_files
from varlor.datasets.landing import key_columns
from varlor.datasets.merge import Merge
from varlor.datasets.place import Place, storage
from varlor.datasets.progress import streams_after
from varlor.datasets.table import Mark, Table
from varlor.errors import FencedError, PartUnavailableError
from varlor.ports import LandingTarget

STAGING: Final = "staging"
_ATTEMPTS: Final = 3


def write_mode(main: Table, target: LandingTarget) -> WriteMode:
    """How the run writes: a dataset that starts over from nothing is replaced, whatever was asked."""
    over = main.mark.reset
    if target.inbox:  # events are sent once: nothing would come to take the rows' place
        return target.write_mode
    return "replace" if over is not None and over.from_ is None else target.write_mode


def staging_folder(run_id: str) -> str:
    """Beside the table's own files and not hidden, so that a vacuum clears what nobody needs."""
    return f"{STAGING}/{run_id}/"


def publish(place: Place, target: LandingTarget, heartbeat: Heartbeat) -> None:
    """Idempotent. FencedError when the dataset is another run's by now, or the landing is gone."""
    main = _mine(place, target.run_id)
    if write_mode(main, target) == "append" and not main.mark.published:
        return
    folder = staging_folder(target.run_id)
    if not main.mark.published:
        try:
            _put(main, place.child(folder), folder, target, heartbeat)
        except (FencedError, PartUnavailableError, FileNotFoundError):
            # It may be given up meanwhile, with what it landed; or published, by an older attempt.
            if not _mine(place, target.run_id).mark.published:
                raise
    with storage():
        place.remove(f"{folder}_delta_log")


def _mine(place: Place, run_id: str) -> Table:
    """The table, as long as it is this run's; raises FencedError."""
    main = Table.find(place)
    if main is None or main.mark.run_id != run_id or (main.mark.ended and not main.mark.published):
        raise FencedError("The dataset is no longer this run's to publish.")
    return main


def _put(main: Table, beside: Place, folder: str, target: LandingTarget, heartbeat: Heartbeat) -> None:
    staged = Table.find(beside)
    if staged is None:
        raise FencedError("This run's landing is gone.")
    if write_mode(main, target) == "replace":
        _replace(main, staged, folder, target, heartbeat)
    else:
        _merge(main, staged, folder, target, heartbeat)


def _replace(main: Table, staged: Table, folder: str, target: LandingTarget, heartbeat: Heartbeat) -> None:
    actions: Sequence[AddAction | RemoveAction] = [file.addition(folder) for file in live_files(staged)]
    if target.write_mode == "merge":
        keys = key_columns(staged.shape, target.primary_key)
        actions = Merge(main, staged, folder, keys, heartbeat, anew=True).actions()
    main.commit(_published(main, staged, target, "replace"), actions, overwrite=staged.schema)


def _merge(main: Table, staged: Table, folder: str, target: LandingTarget, heartbeat: Heartbeat) -> None:
    evolve(main, staged.shape, staged.schema, heartbeat)
    keys = key_columns(staged.shape, target.primary_key)
    held = all(main.schema.get_field_index(key) >= 0 for key in keys)
    actions = Merge(main, staged, folder, keys, heartbeat).actions() if held else []
    main.commit(_published(main, staged, target, "merge"), actions)


def _published(main: Table, staged: Table, target: LandingTarget, operation: str) -> Mark:
    over = main.mark.reset
    known = () if operation == "replace" else main.mark.streams  # the rows they stand for are gone
    return main.mark.model_copy(
        update={
            "operation": operation,
            "published": True,
            "state": staged.mark.state,
            "columns": staged.mark.columns,
            "streams": streams_after(known, staged.mark, target),
            "reset": None if over is None or over.from_ is None else over,
        }
    )


def discard(place: Place, target: LandingTarget) -> None:
    """Close the table to this run, then delete what it landed beside it. Published rows stay."""
    folder = staging_folder(target.run_id)
    for attempt in range(_ATTEMPTS):
        main = Table.find(place)
        if main is None:
            break
        mine = main.mark.run_id == target.run_id
        if any(path.startswith(folder) for path in _paths(main)):
            return
        try:
            if mine and not main.mark.ended:
                main.commit(main.mark.model_copy(update={"operation": "end", "ended": True}))
            break
        except FencedError:
            if attempt == _ATTEMPTS - 1:
                raise
    with storage():
        place.remove(folder)


def _paths(main: Table) -> list[str]:
    return [file.path for file in live_files(main)]
