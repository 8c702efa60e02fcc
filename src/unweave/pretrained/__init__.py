"""Weights: what is published and embedded, how it is fetched, and how foreign files are read."""
