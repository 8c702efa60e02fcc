"""Where in whole clips the classes sound that they are tagged with: the detector's anchors (equations 3 and 4)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.kept import Kept

if TYPE_CHECKING:
    from torch import Tensor

    from unweave.taggers import Tagger

CLIP_SECONDS = 10.0  # what detectors of AudioSet hear at once; shorter clips are padded with silence
DIGITS = 5  # of a score; places that differ by less would be chosen otherwise by another machine

Progress = Callable[[int, int], None]


def load_detector(detector: str | Path | Tagger, classes: int = 527) -> Tagger:
    """A detector of `classes` classes.

    Args:
        detector: itself, or a name or a path that `unweave.pretrained` has weights for.
        classes: K.

    Raises:
        UnweaveError: no such weights, no framewise output, or other classes.
    """
    from unweave.pretrained.parts import load_part
    from unweave.taggers import Tagger

    made = detector if isinstance(detector, Tagger) else load_part("detector", detector)[0]
    assert isinstance(made, Tagger)
    if made.frame_rate is None or made.classes != classes:
        raise UnweaveError(
            f"Anchors need a detector that says when each of the {classes} classes sounds; "
            f"{detector if isinstance(detector, str | Path) else type(made).__name__} does not."
        )
    return made.eval()


class AnchorFinder:
    """Finds the anchors of clips, each once.

    Args:
        detector: gives framewise probabilities.
        seconds: length of an anchor.
        batch: clips that it hears at once.
        device: that it runs on.
        kept: where anchors that were found are kept.
    """

    def __init__(
        self, detector: Tagger, seconds: float = 2.0, batch: int = 8, device: str = "auto", kept: Kept | None = None
    ) -> None:
        from unweave.pretrained.device import pick_device

        if batch < 1:
            raise UnweaveError(f"The detector hears at least one clip at once; got batch={batch}.")
        self.kept = kept or Kept()
        self.mark = fingerprint(detector) if self.kept.path else ""
        self.device = pick_device(device)
        self.detector = detector.to(self.device)
        self.seconds, self.batch = seconds, batch

    def find(
        self, root: Path, wanted: Mapping[str, set[int]], progress: Progress | None = None
    ) -> tuple[dict[tuple[str, int], float], dict[str, str]]:
        """The anchor of each clip for each of some classes, the first of those with the largest area.

        Args:
            root: that paths of clips start from.
            wanted: classes of each clip.
            progress: told of clips done and clips in all.

        Returns:
            The start in s of each (clip, class), and a sentence for each clip that cannot be heard.
        """
        starts: dict[tuple[str, int], float] = {}
        faults: dict[str, str] = {}
        todo = []
        for path, classes in sorted(wanted.items()):
            known = {(path, place): self.kept.get(self.mark, path, place) for place in sorted(classes)}
            starts |= {key: start for key, start in known.items() if start is not None}
            if None in known.values():
                todo.append(path)
        for first in range(0, len(todo), self.batch):
            names, waves = [], []
            for path in todo[first : first + self.batch]:
                wave, fault = self._hear(root / path)
                if fault:
                    faults[path] = fault
                else:
                    names.append(path)
                    waves.append(wave)
            if names:
                found = self._anchors(names, waves, wanted)
                self.kept.put({(self.mark, *key): start for key, start in found.items()})
                starts |= found
            if progress:
                progress(min(first + self.batch, len(todo)), len(todo))
        return starts, faults

    def _hear(self, path: Path) -> tuple[Tensor, str]:
        """The first 10 s of a clip, (T,), and what is wrong with it."""
        import torch

        from unweave.data.decode import decode
        from unweave.data.shards import as_float

        decoded = decode(path, self.detector.sample_rate)
        wave = torch.from_numpy(as_float(decoded.samples[: round(CLIP_SECONDS * self.detector.sample_rate)]))
        fault = decoded.fault
        if not fault and not wave.any():
            fault = f"{path} is silent in its first {CLIP_SECONDS:g} s."
        return wave, fault

    def _anchors(
        self, names: list[str], waves: list[Tensor], wanted: Mapping[str, set[int]]
    ) -> dict[tuple[str, int], float]:
        """Anchors in waves (T,) of one batch."""
        import torch

        from unweave.data.anchors import anchor_scores

        rate, frame_rate = self.detector.sample_rate, self.detector.frame_rate
        assert frame_rate is not None
        clips = torch.zeros(len(waves), round(CLIP_SECONDS * rate))
        for row, wave in enumerate(waves):
            clips[row, : len(wave)] = wave
        with torch.inference_mode():
            frames = self.detector(clips.to(self.device)).frames
        assert frames is not None
        found = {}
        for row, path in enumerate(names):
            latest = max(0.0, len(waves[row]) / rate - self.seconds)  # behind it there is only padding
            for place in sorted(wanted[path]):
                scores = anchor_scores(frames[row : row + 1, :, place].float().cpu(), self.seconds, frame_rate)[0]
                inside = scores[: int(latest * frame_rate + 1e-6) + 1]
                best = int((inside * 10**DIGITS).round().argmax())
                found[path, place] = round(min(best / frame_rate, latest), 3)
        return found


def fingerprint(detector: Tagger) -> str:
    """The same for detectors that give the same anchors: of its kind and its weights."""
    digest = hashlib.blake2b(type(detector).__name__.encode(), digest_size=8)
    for name, tensor in sorted(detector.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().double().numpy().tobytes())
    return digest.hexdigest()
