"""Data sets: one module for each layout in which tagged sounds lie on a disk."""

from unweave.data.datasets.base import datasets
from unweave.data.datasets.layout import guess

__all__ = ["datasets", "guess"]
