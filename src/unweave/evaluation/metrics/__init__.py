"""Metrics of separation, one module each; the reference comes first, always (Section 4.5 of the paper)."""

from unweave.evaluation.metrics.base import Metric, is_silent, metrics

__all__ = ["Metric", "is_silent", "metrics"]
