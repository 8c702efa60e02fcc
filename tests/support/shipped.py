"""The registered parts that ship with the package; other tests may have registered fakes of their own."""

from __future__ import annotations

from unweave.registry import Registry


def shipped(registry: Registry) -> list[str]:
    """Names whose builders live in the package."""
    return [name for name in registry.names() if registry.home(name).startswith("unweave.")]
