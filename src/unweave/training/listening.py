"""What the detector hears in every clip, once, and kept: a small collection is drawn from many times over."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from unweave.atomic import complete_file
from unweave.data.store import Store
from unweave.errors import UnweaveError
from unweave.taggers import Tagger

SURE = 0.5  # probability from which a clip holds a class that it is not tagged with


@torch.no_grad()
def listen(
    tagger: Tagger, store: Store, cache: Path, progress: Callable[[int, int], None] | None = None
) -> tuple[dict[int, NDArray[np.float32]], NDArray[np.bool_]]:
    """The detector's curve of each training clip's own class, and what each clip holds, its tags included.

    Args:
        tagger: a detector, in evaluation mode.
        store: the clips.
        cache: file that keeps what was heard.
        progress: told of clips done and clips in all.

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
    holds, curves = store.targets(), {}
    for done, row in enumerate(rows.tolist()):
        wave = store.read(row, 0, max(store.sample_rate, int(store.lengths[row])))
        tags = tagger(torch.from_numpy(wave)[None])
        assert tags.frames is not None
        own = list(store.classes(row)) or [int(tags.clip[0].argmax())]
        curves[row] = tags.frames[0][:, own].amax(1).numpy()
        holds[row] |= tags.clip[0].numpy() > SURE
        if progress:
            progress(done + 1, len(rows))
    ends = np.cumsum([len(curve) for curve in curves.values()])
    with complete_file(cache) as part:
        np.savez(part, mark=mark, rows=list(curves), ends=ends, curves=np.concatenate([*curves.values()]), holds=holds)
    return curves, holds


def _mark(tagger: Tagger, store: Store) -> str:
    """Tells one tagger and one set of clips from others."""
    digest = hashlib.sha256(np.ascontiguousarray(store.lengths).tobytes())
    digest.update(np.packbits(store.targets()).tobytes())
    for value in tagger.state_dict().values():
        digest.update(value.detach().cpu().numpy().tobytes())
    return digest.hexdigest()
