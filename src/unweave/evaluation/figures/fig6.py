"""Fig. 6: a recording and what sounds in it when, coarse to fine: levels 1, 2 and 3 of the ontology."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.asking.level import level_group
from unweave.evaluation.figures.canvas import COLOURS, FAINT, GREY, INK, bare, canvas, plain, save, short
from unweave.inference.envelope import Envelope
from unweave.inference.heard import Heard
from unweave.inference.hierarchy import node_activity
from unweave.inference.recording import open_recording
from unweave.inference.request import Request
from unweave.inference.tagging import SegmentTags, tag_segments
from unweave.inference.telling import ClassesTelling
from unweave.model import Model
from unweave.networks import Progress

LEVELS = (1, 2, 3)
MOST_NODES = 9  # of a level
HEIGHT = 0.34  # of a node, in
Edges = NDArray[np.float64]


def draw_figure6(model: Model, recording: Path, path: Path, progress: Progress | None = None) -> Path:
    """Hear a recording once and draw it; nothing is separated.

    Args:
        model: with a tagger.
        recording: a sound file of any length.
        path: ends with png, pdf or svg.
        progress: as in `tag_segments`.

    Raises:
        UnweaveError: the file cannot be read, or the model has no tagger.
    """
    with open_recording(recording, None) as opened:
        tags = tag_segments(model, opened, progress=progress)
        envelope = Envelope(tags.samples)
        for block in opened.blocks(opened.sample_rate * 10):
            envelope.add(block)
    heard = Heard(model, tags)
    groups = [level_group(heard, level) for level in LEVELS if level <= model.ontology.depth]
    groups = [group for group in groups if group.requests]
    heights = [1.0, *(0.3 + HEIGHT * min(len(group.requests), MOST_NODES + 1) for group in groups)]
    tall = 0.95 + sum(heights) + 0.14 * len(groups)
    figure = canvas(10, tall)
    figure.text(0.015, 1 - 0.2 / tall, plain(recording.name), fontsize=12, fontweight="bold", color=INK, va="center")
    edge = tall - 0.45
    for place, height in enumerate(heights):
        axis = figure.add_axes((0.2, (edge - height) / tall, 0.785, height / tall))
        edge -= height + 0.14
        if place == 0:
            _wave(axis, envelope, tags.seconds)
        else:
            group = groups[place - 1]
            _level(axis, model, tags, group.requests, f"Level {group.level}", COLOURS[(place - 1) % len(COLOURS)])
        axis.set_xlim(0, max(tags.seconds, 1e-6))
    axis.tick_params(axis="x", bottom=True, length=3, labelbottom=True, colors=GREY, labelsize=8)
    axis.set_xlabel("seconds", fontsize=8, color=GREY)
    if not groups:
        figure.text(0.2, 0.02, "nothing that the model knows", fontsize=8.5, color=GREY)
    return save(figure, path)


def _wave(axis: Any, envelope: Envelope, seconds: float) -> None:
    times = (np.arange(envelope.columns) + 0.5) * seconds / envelope.columns
    axis.fill_between(times, envelope.low, envelope.high, color=INK, linewidth=0.3, step="mid")
    loudest = max(float(np.abs(envelope.low).max()), float(envelope.high.max()), 1e-4)
    axis.set_ylim(-1.05 * loudest, 1.05 * loudest)
    bare(axis)
    axis.set_yticks([0], ["recording"])
    axis.tick_params(axis="y", labelleft=True, labelsize=8.5, labelcolor=INK)


def _level(axis: Any, model: Model, tags: SegmentTags, requests: list[Request], title: str, colour: str) -> None:
    """A row for each node that sounds, the most prominent first: Q of Algorithm 4, as high as it is probable."""
    shown = requests[:MOST_NODES]
    masks = [request.telling.mask for request in shown if isinstance(request.telling, ClassesTelling)]
    activity = node_activity(tags.clip, masks)  # (I, J)
    hop = tags.starts[1] if len(tags.starts) > 1 else tags.seconds
    edges = np.append(np.arange(len(activity)) * hop, tags.seconds)
    edges = np.minimum(edges, tags.seconds)
    more = len(requests) - len(shown)
    names = [short(request.name, 28) for request in shown] + ([f"and {more} more"] if more else [])
    for place, request in enumerate(shown):
        _row(axis, edges, activity[:, place], request.activity, -place, colour)
    axis.set_ylim(-len(names) + 0.95, 1.0 + 0.3 / HEIGHT)
    bare(axis)
    axis.set_yticks([0.4 - place for place in range(len(names))], names)
    axis.tick_params(axis="y", labelleft=True, labelsize=8.5, labelcolor=INK)
    axis.text(0, 1.0 + 0.1 / HEIGHT, title, fontsize=8.5, fontweight="bold", color=colour)


def _row(
    axis: Any, edges: Edges, heights: NDArray[np.float32], active: NDArray[np.bool_], base: int, colour: str
) -> None:
    """One node: grey where it is below its threshold, in colour where it sounds."""
    values = base + 0.85 * np.append(heights, heights[-1:])
    sounding = np.append(active, active[-1:])
    axis.axhline(base, color=FAINT, linewidth=0.6, zorder=0)
    axis.fill_between(edges, base, values, step="post", color=GREY, alpha=0.35, linewidth=0)
    loud = np.where(sounding, values, base)
    axis.fill_between(edges, base, loud, step="post", color=colour, alpha=0.85, linewidth=0)
