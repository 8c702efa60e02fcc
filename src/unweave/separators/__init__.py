"""Separators: mixture and condition in, one source out."""

from unweave.separators.base import Encoding, Separator, separators

__all__ = ["Encoding", "Separator", "separators"]
