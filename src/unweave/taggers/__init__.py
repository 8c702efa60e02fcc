"""Taggers: waveform in, tags out (the first half of the paper's query net)."""

from unweave.taggers.base import Tagger, Tags, taggers

__all__ = ["Tagger", "Tags", "taggers"]
