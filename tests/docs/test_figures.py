"""Figures that pages say in words are those of docs/results.md, which a command writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAIRS, MEDIAN = "two sounds, 2 s, equal energy", "SDRi, median per class"
LOUD, SPEECH, DEMO = "a sound 20 dB over the others", "speech in environmental noise, {} dB", "the demo scene, level 3"
AUTO = "scenes of 30 to 60 s, auto"
CLAIMS = [  # page, its words, then the row of the table: held-out sounds, figure
    ("README.md", "improves their SDR by {:.1f} dB", PAIRS, MEDIAN),
    ("README.md", "that it has not heard, by {:.1f} dB", "published ESC-50 pairs, 5 s", "SDRi, mean"),
    ("docs/limits.md", "come {:.1f} dB apart", PAIRS, MEDIAN),
    ("docs/limits.md", "({:.1f} dB for two of them)", "two instruments, 4 s", MEDIAN),
    ("docs/limits.md", "({:.1f} dB better)", SPEECH.format(0), "SI-SDRi, mean"),
    ("docs/limits.md", "({:.1f} dB at 15 dB)", SPEECH.format(15), "SI-SDRi, mean"),
    (
        "docs/limits.md",
        "by {:.0f} dB (median)",
        "two sounds, a third is asked for",
        "dB below the mixture, median per class",
    ),
    ("docs/limits.md", "right is {:.2f} (precision)", DEMO, "precision"),
    ("docs/limits.md", "there are {:.2f} were found", DEMO, "recall"),
    ("docs/limits.md", "record them {:.2f} get a track", AUTO, "recall"),
    ("docs/limits.md", "of the tracks {:.2f} are right", AUTO, "precision"),
    ("docs/limits.md", "and {:.0f} % of the tracks are worse", LOUD, "tracks that are worse by more than 0.05 dB, %"),
    ("docs/limits.md", "of all is {:.0f} dB worse", LOUD, "SDRi, mean"),
]


def rows() -> dict[tuple[str, str], float]:
    """The first figure of each row, by what it is of."""
    found: dict[tuple[str, str], float] = {}
    for line in (ROOT / "docs/results.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if len(cells) == 5 and (number := re.match(r"-?\d+\.?\d*", cells[3])):
            found.setdefault((cells[0], cells[2]), float(number[0]))
    return found


@pytest.mark.parametrize(("page", "words", "sounds", "figure"), CLAIMS)
def test_a_figure_in_words_is_that_of_the_table(page: str, words: str, sounds: str, figure: str) -> None:
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    assert words.format(abs(rows()[sounds, figure])) in text
