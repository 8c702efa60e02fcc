"""Conditions: tags or classes in, the vector that steers the separator out (the second half of the query net)."""

from unweave.conditions.base import Condition, conditions

__all__ = ["Condition", "conditions"]
