"""Weak labels: clips that are only tagged, and how anchors and mixtures are made of them (Sections 3.1 to 3.3)."""
