"""Fig. 2: the waveform and the spectrogram of a clip that is only tagged, with the anchor where its class sounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from unweave.evaluation.figures.canvas import FAINT, GREY, INK, RED, canvas, plain, quiet_axis, save
from unweave.evaluation.figures.clip import HeardClip
from unweave.inference.envelope import Envelope


def draw_figure2(clip: HeardClip, path: Path) -> Path:
    """Draw it; the file ends with png, pdf or svg."""
    figure = canvas(8, 4.4)
    top, below = figure.subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": [1, 1.7], "hspace": 0.12, "left": 0.09, "right": 0.98,
                                        "top": 0.84, "bottom": 0.11},
    )  # fmt: skip
    figure.text(
        0.09, 0.95, plain(f"{clip.label} in {clip.name}"), fontsize=11, fontweight="bold", color=INK, va="center"
    )
    said = f"anchor from {clip.start:.2f} to {clip.end:.2f} s"
    figure.text(0.09, 0.89, said, fontsize=8.5, color=RED, va="center")
    envelope = Envelope(len(clip.wave))
    envelope.add(clip.wave[None])
    times = (np.arange(envelope.columns) + 0.5) * clip.seconds / envelope.columns
    top.fill_between(times, envelope.low, envelope.high, color=INK, linewidth=0.3, step="mid")
    loudest = max(float(np.abs(clip.wave).max()), 1e-4)
    top.set_ylim(-1.1 * loudest, 1.1 * loudest)
    top.axhline(0, color=FAINT, linewidth=0.6, zorder=0)
    top.set_ylabel("waveform", fontsize=8, color=GREY)
    quiet_axis(top)
    mark_anchor(top, clip)
    draw_log_mel(below, clip)
    mark_anchor(below, clip, fill=False)
    below.set_xlabel("seconds", fontsize=8, color=GREY)
    below.set_xlim(0, clip.seconds)
    return save(figure, path)


def draw_log_mel(axis: Any, clip: HeardClip) -> None:
    """The log-mel spectrogram of a clip, 80 dB below its maximum."""
    picture = clip.log_mel()
    extent = (0.0, clip.seconds, 0.0, float(len(picture)))
    loudest = float(picture.max())
    axis.imshow(
        picture, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=loudest - 80, vmax=loudest,
        interpolation="nearest",
    )  # fmt: skip
    axis.set_ylabel("mel bands", fontsize=8, color=GREY)
    axis.set_yticks([0, 16, 32, 48, 64])
    quiet_axis(axis)


def mark_anchor(axis: Any, clip: HeardClip, fill: bool = True) -> None:
    """The red block of the paper; over a picture only its outline."""
    if fill:
        axis.axvspan(clip.start, clip.end, color=RED, alpha=0.18, linewidth=0, zorder=0)
    for edge in (clip.start, clip.end):
        axis.axvline(edge, color=RED, linewidth=1.6, clip_on=False)
