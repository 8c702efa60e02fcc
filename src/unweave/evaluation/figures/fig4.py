"""Fig. 4: log-mel spectrogram of a clip, the detector's curve of a class with the anchor, and the anchor's tags."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unweave.evaluation.figures.canvas import COLOURS, FAINT, GREY, INK, RED, canvas, plain, quiet_axis, save, short
from unweave.evaluation.figures.clip import HeardClip
from unweave.evaluation.figures.fig2 import draw_log_mel, mark_anchor

SHOWN = 10  # tags


def draw_figure4(clip: HeardClip, path: Path) -> Path:
    """Draw it; the file ends with png, pdf or svg."""
    figure = canvas(8, 7.2)
    figure.text(
        0.09, 0.97, plain(f"{clip.label} in {clip.name}"), fontsize=11, fontweight="bold", color=INK, va="center"
    )
    top = figure.add_axes((0.09, 0.68, 0.89, 0.255))
    draw_log_mel(top, clip)
    mark_anchor(top, clip, fill=False)
    top.tick_params(labelbottom=False)
    top.set_xlim(0, clip.seconds)
    middle = figure.add_axes((0.09, 0.46, 0.89, 0.19))
    times = np.arange(len(clip.curve) + 1) / clip.frame_rate
    middle.fill_between(
        times, np.append(clip.curve, clip.curve[-1:]), color=COLOURS[0], alpha=0.85, linewidth=0, step="post"
    )
    mark_anchor(middle, clip)
    middle.set_xlim(0, clip.seconds)
    middle.set_ylim(0, 1)
    middle.set_ylabel("probability", fontsize=8, color=GREY)
    middle.set_xlabel("seconds", fontsize=8, color=GREY)
    quiet_axis(middle)
    best = np.argsort(-clip.tags, kind="stable")[:SHOWN]
    lowest = figure.add_axes((0.3, 0.06, 0.62, 0.29))
    mine = [COLOURS[0] if clip.labels[k] == clip.label else GREY for k in best]
    lowest.barh(range(len(best)), clip.tags[best], 0.72, color=mine)
    for place, k in enumerate(best):
        lowest.text(float(clip.tags[k]) + 0.01, place, f"{clip.tags[k]:.2f}", fontsize=7.5, color=INK, va="center")
    lowest.set_yticks(range(len(best)), [short(clip.labels[k], 34) for k in best])
    lowest.invert_yaxis()
    lowest.set_xlim(0, 1)
    lowest.grid(axis="x", color=FAINT, linewidth=0.6)
    lowest.set_axisbelow(True)
    quiet_axis(lowest)
    lowest.tick_params(axis="y", labelsize=8, labelcolor=INK, length=0)
    said = f"tags of the anchor, {clip.start:.2f} to {clip.end:.2f} s"
    figure.text(0.3, 0.375, said, fontsize=8.5, color=RED, va="center")
    return save(figure, path)
