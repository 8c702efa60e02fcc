"""The reader of index.csv under its short name."""

from unweave.data.datasets.index import read_index

__all__ = ["read_index"]
