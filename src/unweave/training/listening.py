"""What the detector hears in every clip, once, and kept: a small collection is drawn from many times over."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.atomic import complete_file
from unweave.data.store import Store
from unweave.errors import UnweaveError
from unweave.taggers import Tagger

SURE = 0.5  # probability from which a clip holds a class that it is not tagged with

Curves = dict[int, NDArray[np.float32]]
Progress = Callable[[int, int], None]
Listener = Callable[[Tagger, Store, Path, "Progress | None"], tuple[Curves, NDArray[np.bool_]]]
Hear = Callable[[NDArray[np.int64]], tuple[Tensor, Tensor]]
"""Rows of clips (B,) -> probabilities of their frames (B, F, K), F that of the longest, and of the clips (B, K)."""


@torch.no_grad()
def listen(
    tagger: Tagger, store: Store, cache: Path, progress: Progress | None = None, hear: Hear | None = None, most: int = 1
) -> tuple[Curves, NDArray[np.bool_]]:
    """The detector's curve of each training clip's own class, and what each clip holds, its tags included.

    Args:
        tagger: a detector, in evaluation mode.
        store: the clips.
        cache: file that keeps what was heard.
        progress: told of clips done and clips in all.
        hear: has several clips of about one length heard at once; None for one at a time on the tagger's device.
        most: clips that are heard at once.

    Shape:
        -> {row: (F,)}, (clips, K)

    Raises:
        UnweaveError: the tagger is no detector, or there is no training clip.
    """
    mark = _mark(tagger, store)
    if cache.is_file():
        with np.load(cache) as file:
            if str(file["mark"]) == mark:
                curves = dict(zip(file["rows"].tolist(), np.split(file["curves"], file["ends"][:-1]), strict=True))
                return curves, file["holds"]
    rows = store.rows("train")
    if tagger.frame_rate is None or not len(rows):
        raise UnweaveError("Anchors need a tagger that also says when (a detector), and clips to train on.")

    def alone(rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        wave = store.read(int(rows[0]), 0, max(store.sample_rate, int(store.lengths[rows[0]])))
        tags = tagger(torch.from_numpy(wave)[None])
        assert tags.frames is not None
        return tags.frames, tags.clip

    holds, curves = store.targets(), dict[int, NDArray[np.float32]]()
    order = rows[np.argsort(store.lengths[rows], kind="stable")] if hear else rows
    for first in range(0, len(order), most):
        part = order[first : first + most]
        frames, clips = (hear or alone)(part)
        likeliest = clips.argmax(1).tolist()
        for i, row in enumerate(part.tolist()):
            own = list(store.classes(row)) or [likeliest[i]]
            seconds = max(1.0, float(store.lengths[row]) / store.sample_rate)
            length = frames.shape[1] if hear is None else max(1, round(seconds * tagger.frame_rate))
            curves[row] = frames[i, :length, own].amax(1).cpu().numpy()
        holds[part] |= clips.cpu().numpy() > SURE
        if progress:
            progress(first + len(part), len(rows))
    curves = {row: curves[row] for row in rows.tolist()}
    ends = np.cumsum([len(curve) for curve in curves.values()])
    with complete_file(cache) as part_file:
        np.savez(
            part_file, mark=mark, rows=list(curves), ends=ends, curves=np.concatenate([*curves.values()]), holds=holds
        )
    return curves, holds


def _mark(tagger: Tagger, store: Store) -> str:
    """Tells one tagger and one set of clips from others."""
    digest = hashlib.sha256(np.ascontiguousarray(store.lengths).tobytes())
    digest.update(np.packbits(store.targets()).tobytes())
    for value in tagger.state_dict().values():
        digest.update(value.detach().cpu().numpy().tobytes())
    return digest.hexdigest()
