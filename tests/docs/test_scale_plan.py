"""The plan for a million clips is what its script makes of the figures that it names."""

from __future__ import annotations

import importlib.util
import re
import sys
from types import ModuleType

import pytest
from snippets import ROOT


@pytest.fixture(scope="module")
def plan() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scale_plan", ROOT / "benchmarks" / "scale_plan.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["scale_plan"] = module  # where dataclasses look
    spec.loader.exec_module(module)
    return module


def test_the_page_says_what_the_script_prints(plan: ModuleType) -> None:
    page = (ROOT / "docs" / "scale.md").read_text("utf-8")
    figures = re.search(r"for a clip \(([\d.]+)\) and how much of it the networks\s+take \(([\d.]+)\)", page)
    assert figures is not None
    assert plan.table(plan.Rates(float(figures[1]), float(figures[2]), "")) in page, "print it anew"


def test_twice_the_work_is_twice_the_hours(plan: ModuleType) -> None:
    one, two = (plan.plan(plan.Rates(whole, 1.0, "")) for whole in (3.6, 7.2))
    assert one[0]["hours of a core"] == "1000" and two[0]["hours of a core"] == "2000"
    assert one[0]["on 8 GPUs and 32 cores, at least"] == "23", "2.6 s a clip stay with 32 cores"
