"""Times and stretches as people write them, and what is none."""

from __future__ import annotations

import pytest

from unweave.audio.times import format_time, parse_end, parse_span, parse_stretch, parse_time
from unweave.errors import UnweaveError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("62.5", 62.5),
        ("1:02.5", 62.5),
        ("01:02,5", 62.5),
        ("1:00:03", 3603),
        ("100:00:00", 360000),
        ("90:00", 5400),
        ("0", 0),
        ("5s", 5),
        (" 7 ", 7),
        (".5", 0.5),
        ("3.", 3),
        (62.5, 62.5),
        (0, 0),
    ],
)
def test_a_time(text: str | float, seconds: float) -> None:
    assert parse_time(text) == pytest.approx(seconds, abs=1e-12)


@pytest.mark.parametrize(
    "text",
    ["", "-", "abc", "1:2:3:4", "-5", "1:-2", "1:60", "1:75:00", "1.5:00", "1e3", "nan", "inf", "1:", ":30", "１２",
     "5ss", "1:02s", "9" * 40, "9" * 11, float("nan"), float("inf"), -1.0, True],
)  # fmt: skip
def test_what_is_no_time_is_said_in_a_sentence(text: str | float) -> None:
    with pytest.raises(UnweaveError, match="time"):
        parse_time(text)


@pytest.mark.parametrize("text", [None, "", " ", "-"])
def test_an_open_end(text: str | None) -> None:
    assert parse_end(text) is None
    assert parse_stretch(text, text) == (0.0, None)


@pytest.mark.parametrize(
    ("text", "stretch"),
    [
        ("1.5-2.5", (1.5, 2.5)),
        ("1:02.5-1:04", (62.5, 64)),
        ("1:02.5 - 1:04", (62.5, 64)),
        ("1:02.5–1:04", (62.5, 64)),
        ("1..2", (1, 2)),
        ("90-", (90, None)),
        ("-4", (0, 4)),
        ("-", (0, None)),
    ],
)
def test_a_stretch_in_one_word(text: str, stretch: tuple[float, float | None]) -> None:
    assert parse_span(text) == stretch


@pytest.mark.parametrize("text", ["", "5", "1-2-3", "a-b", "2-1", "1-1", "0-0", "-0", "1:00-59"])
def test_what_is_no_stretch_is_said_in_a_sentence(text: str) -> None:
    with pytest.raises(UnweaveError, match="time|stretch"):
        parse_span(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (2.5, "0:02.5"), (62.5, "1:02.5"), (3603, "1:00:03"), (59.9999, "1:00"), (3599.9996, "1:00:00")],
)
def test_a_time_is_written_as_it_is_read(seconds: float, text: str) -> None:
    assert format_time(seconds) == text
    assert parse_time(text) == pytest.approx(seconds, abs=1e-3)
