"""Presets: YAML files beside this one, read into the catalog; discovery answers with their endpoints."""

from varlor.presets.catalog import PresetCatalog, read_preset, write_preset
from varlor.presets.discovery import PresetDiscoverer

__all__ = ["PresetCatalog", "PresetDiscoverer", "read_preset", "write_preset"]
