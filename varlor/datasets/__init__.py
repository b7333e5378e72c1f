"""Datasets as Delta tables: records to Arrow, schema policy, fenced commits, preview and export."""

from varlor.datasets.tables import DeltaDatasets

__all__ = ["DeltaDatasets"]
