"""`overview.png`: the mixture and its tracks over time with their events (Fig. 6 of the paper, for any recording)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unweave.inference.envelope import Envelope, Spectrum
from unweave.inference.events import Event
from unweave.inference.recording import Samples

MOST_ROWS = 16
TALLEST, SHORTEST, TOGETHER = 1.2, 0.62, 9.0  # heights of a row and of all rows if they are few, in
CLOCK_SECONDS = 180.0  # from which time is told in minutes
RANGE_DB = 60.0  # below the loudest of the recording, at which a row is flat
INK, GREY, FAINT = "#1f2933", "#7b8794", "#e4e7eb"
COLOURS = ("#2563a8", "#c2571a", "#3f7d3a", "#8a4b9c", "#a3333d", "#0f766e")


@dataclass
class Row:
    """One track in the picture.

    Attributes:
        name: at its left.
        group: heading above the first row of each.
        envelope: of its samples.
        events: drawn as bars below it.
    """

    name: str
    group: str
    envelope: Envelope
    events: Sequence[Event]


def draw_overview(
    path: Path, title: str, seconds: float, mixture: Envelope, spectrum: Spectrum, sample_rate: int, rows: Sequence[Row]
) -> None:
    """Write the picture.

    Args:
        path: of the png.
        title: name of the recording.
        seconds: length of the recording.
        mixture: its envelope.
        spectrum: its spectrogram.
        sample_rate: in Hz, for the scale of the spectrogram.
        rows: the tracks; of many, the first ones of each group. All have the scale of the mixture, in dB, so that
            quiet ones are seen and loud ones are seen to be louder.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    chosen = _choose(rows)
    each = min(TALLEST, max(SHORTEST, TOGETHER / max(1, len(chosen))))
    heights = [1.1, 1.5, *([each] * len(chosen))]
    loudest = max(float(np.abs(mixture.low).max()), float(mixture.high.max()), 1e-9)
    figure = Figure(figsize=(10, 0.9 + 0.98 * sum(heights)), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    top = 1 - 0.42 / figure.get_figheight()
    axes = figure.subplots(
        len(heights),
        1,
        squeeze=False,
        gridspec_kw={
            "height_ratios": heights,
            "hspace": 0.22,
            "left": 0.2,
            "right": 0.985,
            "top": top,
            "bottom": 0.5 / figure.get_figheight(),
        },
    )[:, 0]
    for axis in axes:
        # The same time for all, told once: axes that share it, or look for it themselves, tell each other at each step.
        axis.set_xlim(0, max(seconds, 1e-6))
        axis.set_autoscale_on(False)
    # A dollar sign in a file's name would start a formula.
    figure.text(0.012, 1 - 0.27 / figure.get_figheight(), _plain(title), fontsize=12, fontweight="bold", color=INK)
    _wave(axes[0], mixture, seconds, INK, "mixture", (), loudest)
    _spectrogram(axes[1], spectrum, seconds, sample_rate)
    groups = list(dict.fromkeys(row.group for row in chosen))
    before = ""
    for axis, row in zip(axes[2:], chosen, strict=True):
        colour = GREY if row.name == "residual" else COLOURS[groups.index(row.group) % len(COLOURS)]
        _wave(axis, row.envelope, seconds, colour, row.name, row.events, loudest)
        if row.group != before:
            axis.text(-0.235, 1.0, row.group, transform=axis.transAxes, fontsize=8, fontweight="bold", color=colour)
            before = row.group
    axes[-1].tick_params(axis="x", length=3, labelbottom=True, colors=GREY, labelsize=8)
    axes[-1].set_xlabel("seconds" if seconds < CLOCK_SECONDS else "time", fontsize=8, color=GREY)
    if seconds >= CLOCK_SECONDS:
        axes[-1].xaxis.set_major_formatter(lambda value, _: _clock(value))
    if sentence := left_out(rows, chosen):
        figure.text(0.985, 0.12 / figure.get_figheight(), _plain(sentence), fontsize=8, color=GREY, ha="right")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that the font lacks are drawn as boxes
        figure.savefig(path, format="png", metadata={"Software": "Unweave"})


def _choose(rows: Sequence[Row]) -> list[Row]:
    """At most `MOST_ROWS`: each group gets an even share, its first tracks and its residual."""
    if len(rows) <= MOST_ROWS:
        return list(rows)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    chosen: list[Row] = []
    for left, group in zip(range(len(groups), 0, -1), sorted(groups.values(), key=len), strict=True):
        share = max(1, (MOST_ROWS - len(chosen)) // left)
        chosen += group if len(group) <= share else [*group[: share - 1], group[-1]]
    kept = {id(row) for row in chosen}
    return [row for row in rows if id(row) in kept]


def left_out(rows: Sequence[Row], chosen: Sequence[Row]) -> str:
    """A sentence for the tracks that are not drawn, empty if all are."""
    kept = {id(row) for row in chosen}
    names = [row.name for row in rows if id(row) not in kept]
    if not names:
        return ""
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f"{len(names)} more {'track is' if len(names) == 1 else 'tracks are'} not drawn: {shown}"


def scaled(samples: Samples, loudest: float) -> Samples:
    """Samples by their level in dB: 0 where they are 60 dB below the loudest of the recording, 1 at the loudest."""
    level = 1 + 20 * np.log10(np.maximum(np.abs(samples), 1e-12) / loudest) / RANGE_DB
    result: Samples = (np.sign(samples) * np.clip(level, 0, 1)).astype(np.float32)
    return result


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _wave(
    axis: Any, envelope: Envelope, seconds: float, colour: str, name: str, events: Sequence[Event], loudest: float
) -> None:
    times = (np.arange(envelope.columns) + 0.5) * seconds / envelope.columns
    low, high = scaled(envelope.low, loudest), scaled(envelope.high, loudest)
    axis.axhline(0, color=FAINT, linewidth=0.6, zorder=0)
    axis.fill_between(times, low, high, color=colour, linewidth=0.3, step="mid")
    axis.set_ylim(-1.25, 1.1)
    if events:
        starts, ends = [event.start for event in events], [event.end for event in events]
        spans = [(start, end - start) for start, end in zip(starts, ends, strict=True)]
        axis.broken_barh(spans, (-1.25, 2.35), color=colour, alpha=0.10, linewidth=0)
        axis.hlines([-1.12] * len(events), starts, ends, color=colour, linewidth=2.2)
    _bare(axis, name)


def _spectrogram(axis: Any, spectrum: Spectrum, seconds: float, sample_rate: int) -> None:
    picture = spectrum.picture()
    extent = (0.0, max(seconds, 1e-6), 0.0, 1.0)
    axis.imshow(picture, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=-75, vmax=0)
    top = np.log10(1 + sample_rate / 2 / 700)
    for hertz in (300, 1000, 3000, 10000):
        if hertz < sample_rate / 2:
            height = np.log10(1 + hertz / 700) / top
            label = f"{hertz / 1000:g}k" if hertz >= 1000 else str(hertz)
            axis.annotate(label, (0.004, height), xycoords="axes fraction", color="white", fontsize=6, va="center")
    _bare(axis, "spectrogram, Hz")


def _bare(axis: Any, name: str) -> None:
    shown = name if len(name) <= 26 else name[:25] + "…"
    axis.set_ylabel(_plain(shown), rotation=0, ha="right", va="center", fontsize=8.5, color=INK, labelpad=8)
    axis.tick_params(left=False, bottom=False, labelleft=False, labelbottom=False)
    for side in axis.spines.values():
        side.set_visible(False)


def _plain(text: str) -> str:
    """Text that matplotlib draws as it is, without formulas."""
    return text.replace("$", r"\$")
