"""Nodes by name, and the sentences of names that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from unweave_light import LightError, load
from unweave_light.plan import unique


def test_a_node_is_found_by_name_mid_and_index(exported: Path) -> None:
    nodes = load(exported).nodes
    assert nodes.find("dog") is nodes.find("/m/0bt9lr") is nodes.find("74")
    assert nodes.mask(nodes.find("Dog")).nonzero()[0].tolist() == [74]
    animal = nodes.find("Animal")
    assert nodes.mask(animal).nonzero()[0].tolist() == [72, 74] and animal in nodes.above(nodes.find("Dog"))
    assert nodes.mask(animal, alone=True).nonzero()[0].tolist() == [72]
    with pytest.raises(LightError, match="Did you mean"):
        nodes.find("Barck")


def test_names_of_files_differ() -> None:
    assert unique(["a", "A", "b", "a"]) == ["a", "A 2", "b", "a 3"]
