"""Weak labels: clips that are only tagged, and how anchors and mixtures are made of them (Sections III-A to III-C)."""
