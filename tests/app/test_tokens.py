"""The page and the one that runs in the browser alone are one family: the same colours, and all of them readable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "src/unweave/app/static/css/tokens.css").read_text(encoding="utf-8")
TRY = (ROOT / "docs/try/try.css").read_text(encoding="utf-8")
OTHER_NAMES = {"card": "surface", "soft": "muted", "fault": "trouble"}


def colours(text: str) -> dict[str, str]:
    return {name: value.lower() for name, value in re.findall(r"--([\w-]+): (#[0-9a-fA-F]{6});", text)}


LIGHT, DARK = (colours(part) for part in PAGE.split(':root[data-theme="dark"]'))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_pages_have_the_same_colours(theme: str) -> None:
    light, _, dark = TRY.partition("prefers-color-scheme: dark")
    ours, theirs = (LIGHT, colours(light)) if theme == "light" else (DARK, colours(dark))
    assert len(theirs) >= 9
    assert theirs == {name: ours[OTHER_NAMES.get(name, name)] for name in theirs}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_what_is_written_can_be_read(theme: dict[str, str]) -> None:
    """AA of WCAG 2.2: 4.5 for text, 3 for what is drawn."""
    for ground in ("paper", "surface", "raised"):
        for ink in ("ink", "muted", "accent", "trouble"):
            assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)
        assert contrast(theme["edge"], theme[ground]) >= 3, ground
    assert contrast(theme["on-accent"], theme["accent"]) >= 4.5
