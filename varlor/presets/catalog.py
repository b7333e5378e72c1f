"""The catalog of presets: the product's own, and those in the installation's folder, which win by id."""

import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from varlor.contracts.preset import Preset
from varlor.errors import FieldProblem, InvalidInputError, NotFoundError

_MOST_BYTES: Final = 2 * 1024 * 1024
_MOST_ALIASES: Final = 5_000


class PresetCatalog:
    """`ports.Presets`. The folder is looked at again at each call, so a new file needs no restart.

    A file of the folder that cannot be read does not take the others away; `broken` says why.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._own = {each.id: each for each in map(_shipped, _shipped_names())}
        self._read: dict[Path, tuple[int, Preset | str]] = {}

    def all(self) -> Sequence[Preset]:
        added = {each.id: each for each in self._added().values() if isinstance(each, Preset)}
        return sorted((self._own | added).values(), key=lambda each: each.name.casefold())

    def get(self, preset: str) -> Preset:
        found = next((each for each in self.all() if each.id == preset), None)
        if found is None:
            raise NotFoundError("There is no such preset; GET /presets lists them.")
        return found

    def broken(self) -> dict[Path, str]:
        """Files of the folder that are no presets, and what is wrong with each."""
        return {path: each for path, each in self._added().items() if isinstance(each, str)}

    def _added(self) -> dict[Path, Preset | str]:
        paths = sorted(self._folder.glob("*.yaml")) if self._folder and self._folder.is_dir() else []
        return {path: self._cached(path) for path in paths}

    def _cached(self, path: Path) -> Preset | str:
        changed = path.stat().st_mtime_ns
        known = self._read.get(path)
        if known is None or known[0] != changed:
            known = self._read[path] = changed, _tried(path)
        return known[1]


def read_preset(text: str) -> Preset:
    """A preset from its YAML; InvalidInputError names every wrong field by its pointer."""
    if len(text) > _MOST_BYTES or len(re.findall(r"(?:^|[\s:\[{,-])\*[\w-]", text)) > _MOST_ALIASES:
        raise InvalidInputError("A preset is YAML of at most 2 MiB with at most 5,000 aliases.")
    try:
        raw: Any = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidInputError(
            f"This is not YAML that can be read: {' '.join(str(error).split())[:300]}"
        ) from None
    if not isinstance(raw, dict):
        raise InvalidInputError("A preset is a mapping that begins with id, name, summary, docs, baseUrl.")
    try:
        return Preset.model_validate(raw)
    except ValidationError as error:
        problems = [FieldProblem("/" + "/".join(map(str, e["loc"])), e["msg"]) for e in error.errors()]
        raise InvalidInputError("The preset is not valid.", *problems) from None


def write_preset(preset: Preset) -> str:
    """The YAML of a preset, in the order of its fields, without what is empty or the usual."""
    document = _lean(preset.model_dump(mode="json"))
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _lean(value: Any) -> Any:
    if isinstance(value, list):
        return [_lean(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _lean(each) for key, each in value.items() if each not in (None, [], {})}
    return {key: each for key, each in kept.items() if (key, each) != ("method", "GET")}


def _shipped_names() -> list[str]:
    return sorted(each.name for each in files("varlor.presets").iterdir() if each.name.endswith(".yaml"))


def _shipped(name: str) -> Preset:
    return read_preset(files("varlor.presets").joinpath(name).read_text())


def _tried(path: Path) -> Preset | str:
    try:
        return read_preset(path.read_text())
    except InvalidInputError as error:
        return " ".join([error.detail, *(f"{each.pointer}: {each.detail}." for each in error.problems[:10])])
    except (OSError, UnicodeDecodeError) as error:
        return f"It cannot be read: {error.__class__.__name__}."
