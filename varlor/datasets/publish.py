"""Makes what a run landed beside a table the table's content, in one commit; or drops it."""

from typing import Final

from varlor.datasets.evolve import evolve
from varlor.datasets.files import Heartbeat, live_files
from varlor.datasets.landing import key_columns
from varlor.datasets.merge import Merge
from varlor.datasets.place import Place, storage
from varlor.datasets.table import Mark, Table
from varlor.errors import FencedError, PartUnavailableError
from varlor.ports import LandingTarget

_ATTEMPTS: Final = 3


def staging_folder(run_id: str) -> str:
    """Beside the table's own files and not hidden, so that a vacuum clears what nobody needs."""
    return f"staging/{run_id}/"


def publish(place: Place, target: LandingTarget, heartbeat: Heartbeat) -> None:
    """Idempotent. FencedError when the dataset is another run's by now, or the landing is gone."""
    main = Table.find(place)
    if main is None or main.mark.run_id != target.run_id or (main.mark.ended and not main.mark.published):
        raise FencedError("The dataset is no longer this run's to publish.")
    folder = staging_folder(target.run_id)
    if not main.mark.published:
        try:
            _put(main, place.child(folder), folder, target, heartbeat)
        except (FencedError, PartUnavailableError):
            if not _is_published(place, target.run_id):  # by an older attempt, in the same moment
                raise
    with storage():
        place.remove(f"{folder}_delta_log")


def _is_published(place: Place, run_id: str) -> bool:
    main = Table.find(place)
    return main is not None and main.mark.run_id == run_id and main.mark.published


def _put(main: Table, beside: Place, folder: str, target: LandingTarget, heartbeat: Heartbeat) -> None:
    staged = Table.find(beside)
    if staged is None:
        raise FencedError("This run's landing is gone.")
    if target.write_mode == "replace":
        _replace(main, staged, folder)
    else:
        _merge(main, staged, folder, target, heartbeat)


def _replace(main: Table, staged: Table, folder: str) -> None:
    actions = [file.addition(folder) for file in live_files(staged)]
    main.commit(_published(main, staged, "replace"), actions, overwrite=staged.schema)


def _merge(main: Table, staged: Table, folder: str, target: LandingTarget, heartbeat: Heartbeat) -> None:
    evolve(main, staged.shape, staged.schema, heartbeat)
    keys = key_columns(staged.shape, target.primary_key)
    held = all(main.schema.get_field_index(key) >= 0 for key in keys)
    actions = Merge(main, staged, folder, keys, heartbeat).actions() if held else []
    main.commit(_published(main, staged, "merge"), actions)


def _published(main: Table, staged: Table, operation: str) -> Mark:
    return main.mark.model_copy(
        update={
            "operation": operation,
            "published": True,
            "state": staged.mark.state,
            "columns": staged.mark.columns,
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
