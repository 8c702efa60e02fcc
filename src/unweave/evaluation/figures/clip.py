"""A clip as mining hears it: the curve of a class, the anchor, and the anchor's tags. Figs. 2 and 4 are drawn of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.errors import UnweaveError
from unweave.model import Model

LONGEST = 60.0  # s; a clip is heard at once, as in training


@dataclass(frozen=True)
class HeardClip:
    """What was heard.

    Attributes:
        name: of the file.
        label: the class that was mined for.
        wave: mono at the model's rate, (T,).
        sample_rate: in Hz.
        curve: probability of the class over time, (F,).
        frame_rate: frames per second of it.
        start, end: of the anchor, in s.
        tags: probabilities of the classes in the anchor, (K,).
        labels: names of the K classes.
    """

    name: str
    label: str
    wave: NDArray[np.float32]
    sample_rate: int
    curve: NDArray[np.float32]
    frame_rate: float
    start: float
    end: float
    tags: NDArray[np.float32]
    labels: list[str]

    @property
    def seconds(self) -> float:
        """Length of the clip."""
        return len(self.wave) / self.sample_rate

    def log_mel(self) -> NDArray[np.float32]:
        """The log-mel spectrogram in dB, (64, frames), 100 frames a second; up to 14 kHz or half the rate."""
        import torch

        from unweave.audio.mel import LogMel

        rate = self.sample_rate
        mel = LogMel(rate, window_size=round(rate * 0.032), hop=round(rate * 0.01), highest=min(14000.0, rate / 2))
        picture: NDArray[np.float32] = mel(torch.from_numpy(self.wave)[None])[0].numpy().T
        return picture


def hear_clip(model: Model, path: Path, name: str | int, seconds: float = 2.0) -> HeardClip:
    """Find the anchor of a class in a clip, as training does (Section 3.3, equations 3 and 4).

    Args:
        model: with a tagger that also says when.
        path: a sound file of at most a minute.
        name: of the class, its mid or its index.
        seconds: length of the anchor.

    Raises:
        UnweaveError: the model is no detector or does not know the class, or the file cannot be used.
    """
    import torch

    from unweave.audio.io import read_audio
    from unweave.audio.resampling import resample
    from unweave.data.anchors import anchor_samples, detector_anchors
    from unweave.inference.hierarchy import known_mask, node_mask
    from unweave.inference.tagging import downmix

    tagger: Any = model.tagger
    if tagger is None or tagger.frame_rate is None:
        raise UnweaveError(f"The model {model.name} does not hear when something sounds; give one with a detector.")
    node = model.ontology.find(name)
    mask = node_mask(model, node, alone=node.index is not None and bool(known_mask(model)[node.index]))
    if not mask.any():
        raise UnweaveError(f"The model {model.name} has not learnt {node.name!r}; give another class.")
    audio, rate = read_audio(path)
    if audio.shape[1] > LONGEST * rate or not audio.shape[1]:
        raise UnweaveError(f"{path} has {audio.shape[1] / rate:.1f} s; the figure is of a clip of at most {LONGEST:g}.")
    wave = resample(downmix(audio)[None], rate, model.sample_rate)[0]
    with torch.inference_mode():
        heard = tagger(torch.from_numpy(wave)[None].to(model.device)).frames[0]
        curve = torch.nan_to_num(heard[:, np.flatnonzero(mask)].amax(1).float()).cpu()
        start = float(detector_anchors(curve[None], seconds, tagger.frame_rate)[0])
        first = round(start * model.sample_rate)
        anchor = wave[first : first + anchor_samples(seconds, model.sample_rate)]
        tags = torch.nan_to_num(tagger(torch.from_numpy(anchor)[None].to(model.device)).clip[0].float()).cpu().numpy()
    end = start + len(anchor) / model.sample_rate
    return HeardClip(
        path.name, node.name, wave, model.sample_rate, curve.numpy(), tagger.frame_rate, start, end, tags, model.labels
    )
