"""The condition of an example sound: the average over its segments and files (equation 9 of the paper)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from unweave.audio.energy import trim_silence
from unweave.audio.io import open_audio
from unweave.errors import UnweaveError
from unweave.inference.batches import Batches
from unweave.inference.recording import Samples
from unweave.inference.report import printable
from unweave.inference.segmenting import Grid, Segmenter
from unweave.inference.tagging import downmix
from unweave.networks import Networks

SHORTEST_SECONDS = 0.1
NAMED = 3  # files that are named of those left out
LONGEST_SECONDS = 600.0  # of one file; more of the same sound says nothing new


def query_condition(model: Networks, path: Path, batch: int | None = None, left_out: list[str] | None = None) -> Tensor:
    """What the separator is told to return sounds like those of a file, or of all files under a folder.

    Silence is cut away at both ends, what is shorter than a segment is repeated, segments are averaged, then files.
    What cannot be used in a folder (packs of sounds come with a readme) is left out.

    Args:
        model: with a tagger and a condition.
        path: a recording of any format, or a folder of them, searched to the bottom.
        batch: segments that the tagger hears at once; None: see `Batches`.
        left_out: is given a sentence if something in the folder was left out.

    Shape:
        -> (D,)

    Raises:
        UnweaveError: nothing there, or nothing that is readable, audible and long enough.
    """
    with Batches(model, batch) as batches, torch.inference_mode():
        vectors: list[Tensor] = []
        useless: list[tuple[Path, UnweaveError]] = []
        for file in example_files(path):
            try:
                segments = _example_segments(model, file)
            except UnweaveError as error:
                if not path.is_dir():
                    raise
                useless.append((file, error))
            else:
                vectors.append(segments_condition(model, batches, segments))
        if not vectors:
            first = str(useless[0][1])
            raise UnweaveError(f"The folder {path} holds no example sound that can be used. The first file: {first}")
        if useless and left_out is not None:
            left_out.append(_told(path, [file for file, _ in useless], len(vectors)))
        return torch.stack(vectors).mean(dim=0)


def segments_condition(model: Networks, batches: Batches, segments: Samples) -> Tensor:
    """What the separator is told to return sounds like those of some segments.

    Args:
        model: with a tagger and a condition.
        batches: how the tagger hears them.
        segments: at least one, at the model's rate; `sound_segments` makes them of a sound.

    Shape:
        (n, segment) -> (D,)

    Raises:
        UnweaveError: the model cannot listen.
    """
    return heard_segments(model, batches, segments)[0].mean(dim=0)


def heard_segments(model: Networks, batches: Batches, segments: Samples) -> tuple[Tensor, Tensor]:
    """The condition of each of some segments, and what the tagger heard in it.

    Args are those of `segments_condition`.

    Shape:
        (n, segment) -> (n, D), (n, K)

    Raises:
        UnweaveError: the model cannot listen.
    """
    if model.tagger is None or model.condition is None:
        raise UnweaveError(f"The model {model.name} is steered by words and cannot listen to an example.")
    tagger, condition = model.tagger, model.condition
    rows = torch.zeros(len(segments), condition.dim, dtype=torch.float32, device=model.device)
    clip = torch.zeros(len(segments), tagger.classes, dtype=torch.float32, device=model.device)

    def hear(start: int, end: int) -> None:
        group = torch.from_numpy(segments[start:end]).to(model.device)
        tags = tagger(group)
        rows[start:end] = condition(tags, group).float()
        clip[start:end] = torch.nan_to_num(tags.clip).float()

    batches.run(hear, len(segments), tagger.rows_per_core)
    return rows, clip


def example_files(path: Path) -> list[Path]:
    """The file itself, or every file under the folder in order; hidden ones do not count.

    Raises:
        UnweaveError: nothing there.
    """
    if not path.is_dir():
        if not path.exists():
            raise UnweaveError(f"The example {path} does not exist.")
        return [path]
    files = sorted(
        file
        for file in path.rglob("*")
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )
    if not files:
        raise UnweaveError(f"The folder {path} holds no example sound.")
    return files


def _told(folder: Path, files: list[Path], used: int) -> str:
    names = ", ".join(printable(file.relative_to(folder)) for file in files[:NAMED])
    more = f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
    return f"{printable(folder)}: {used} example sounds were used; without a sound and left out: {names}{more}."


def _example_segments(model: Networks, path: Path) -> Samples:
    """The trimmed example at the model's rate in segments (n, T)."""
    try:
        with open_audio(path) as recording:
            rate = recording.sample_rate
            blocks, samples = [], 0
            for block in recording.blocks(rate):
                blocks.append(downmix(block))
                samples += block.shape[1]
                if samples >= LONGEST_SECONDS * rate:
                    break
    except UnweaveError as error:
        raise UnweaveError(f"The example cannot be used: {error}") from error
    sound = np.concatenate(blocks)
    if not np.any(sound):
        raise UnweaveError(f"The example {path} is silent; give a recording in which the sound can be heard.")
    segments = sound_segments(model, sound, rate)
    if not len(segments):
        raise UnweaveError(
            f"The example {path} holds too little sound once silence is cut away; at least {SHORTEST_SECONDS} s are "
            "needed."
        )
    return segments


def sound_segments(model: Networks, sound: Samples, sample_rate: int) -> Samples:
    """A sound (T,) without its silence, in segments at the model's rate.

    What is shorter than a segment is repeated; segments in which nothing is heard are left out.

    Args:
        model: whose segments.
        sound: mono.
        sample_rate: of the sound, in Hz.

    Shape:
        -> (n, segment), n is 0 if less than 0.1 s of sound is left
    """
    grid = Grid.of(model, overlap=False)
    sound = trim_silence(sound[None], sample_rate)[0]
    if len(sound) < SHORTEST_SECONDS * sample_rate or not np.any(sound):
        return np.zeros((0, grid.segment), np.float32)
    segmenter = Segmenter(sample_rate, 1, grid)
    wanted = int(np.ceil(grid.segment * sample_rate / grid.rate))
    if len(sound) < wanted:  # a short sound fills its segment; trailing silence would dilute it
        sound = np.tile(sound, -(-wanted // len(sound)))[:wanted]
    whole = np.stack([piece[0] for piece in [*segmenter.push(sound[None]), *segmenter.finish()]])
    audible: Samples = whole[np.abs(whole).max(axis=1) > 0]
    return audible
