"""Measuring: metrics, and the sets that they are measured on (Section 4 of the paper)."""
