"""A picture of a recording and its tracks as log-mel spectrograms, what they are beside what they should be."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from known_scene import Samples, Scene, truth
from numpy.typing import NDArray

from unweave.audio.mel import LogMel
from unweave.inference.overview import GREY, INK
from unweave.inference.track import Track
from unweave.ontology import Ontology

HIGHEST = 14000.0  # Hz
WINDOW, HOP = 0.064, 0.02  # s
RANGE = 60.0  # dB below the loudest of the recording
WIDE, TALL, GAP, LEFT, HEAD = 4.6, 0.5, 0.07, 1.75, 0.32  # of a panel and around it, in
COLOURS = 64  # enough for it, and a third of the bytes
LETTERS = 22  # of a name


def log_mel(wave: Samples, rate: int) -> NDArray[np.float32]:
    """(C, T) -> (64, columns) in dB, of the mean of the channels."""
    mel = LogMel(rate, round(rate * WINDOW), round(rate * HOP), highest=min(HIGHEST, rate / 2))
    picture: NDArray[np.float32] = mel(torch.from_numpy(np.ascontiguousarray(wave.mean(0)))[None])[0].numpy().T
    return picture


def draw(path: Path, scene: Scene, ontology: Ontology, levels: dict[int, list[Track]]) -> None:
    """Write the picture: the recording, then the tracks of each level; at the right the truth, where it is known."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    columns = ("what was found", "what it should be") if scene.stems else ("what was found",)
    tall = 0.85 + (1 + sum(map(len, levels.values()))) * (TALL + GAP) + len(levels) * HEAD
    wide = LEFT + len(columns) * (WIDE + 0.1) + 0.05
    figure = Figure(figsize=(wide, tall), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    loudest = float(log_mel(scene.mixture, scene.rate).max())

    def write(x: float, y: float, words: str, **how: Any) -> None:
        figure.text(x / wide, y / tall, words, fontsize=9, va="center", **{"color": INK, **how})

    def row(y: float, name: str, waves: Sequence[Samples | None]) -> None:
        write(LEFT - 0.1, y + TALL / 2, name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…", ha="right")
        for column, wave in zip(range(len(columns)), waves, strict=False):
            x = LEFT + column * (WIDE + 0.1)
            if wave is None:
                write(x + 0.1, y + TALL / 2, "nothing", color=GREY)
                continue
            axis = figure.add_axes((x / wide, y / tall, WIDE / wide, TALL / tall))
            axis.set_axis_off()
            picture = log_mel(wave, scene.rate) - loudest
            axis.imshow(picture, origin="lower", aspect="auto", cmap="magma", vmin=-RANGE, vmax=0)

    for column, words in enumerate(columns):
        write(LEFT + column * (WIDE + 0.1), tall - 0.2, words, fontweight="bold")
    edge = tall - 0.38 - TALL - GAP
    row(edge, "the recording", [scene.mixture, scene.mixture])
    for level, tracks in levels.items():
        edge -= HEAD
        write(0.1, edge + HEAD / 2 - 0.07, f"Level {level}", fontweight="bold")
        for track in tracks:
            edge -= TALL + GAP
            should = truth(scene, ontology, track, tracks) if scene.stems else None
            row(edge, track.name, [track.audio, should])
    top = min(HIGHEST, scene.rate / 2) / 1000
    foot = f"{scene.seconds:g} s from left to right, up to {top:g} kHz from bottom to top; one scale of {RANGE:g} dB"
    write(LEFT, 0.18, foot, color=GREY)
    made = io.BytesIO()
    figure.savefig(made, format="png")
    Image.open(made).convert("RGB").quantize(COLOURS).save(path, format="png", optimize=True)
