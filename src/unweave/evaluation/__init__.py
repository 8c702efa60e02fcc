"""Measuring: metrics, and the sets that they are measured on (Section IV of the paper)."""
