"""The sets that separation is measured on (Section 4.4 of the paper), one module each."""

from unweave.evaluation.benchmarks.base import Benchmark, benchmarks

__all__ = ["Benchmark", "benchmarks"]
