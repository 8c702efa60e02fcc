"""Engines: other ways of running the networks of a model, faster and with the same results."""

from unweave.engines.attach import attach, pick
from unweave.engines.base import Engine, engines
from unweave.engines.trunk import Trunk

__all__ = ["Engine", "Trunk", "attach", "engines", "pick"]
