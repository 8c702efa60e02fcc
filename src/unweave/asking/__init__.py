"""Asking: every way in which people say which sound they mean, one file each."""

from unweave.asking.base import Look, Way, ways
from unweave.asking.together import all_ways, asked

__all__ = ["Look", "Way", "all_ways", "asked", "ways"]
