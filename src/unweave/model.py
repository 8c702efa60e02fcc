"""A model: networks with their settings, and the verbs that people use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from unweave.asking import asked
from unweave.asking.example import Examples
from unweave.inference import collect, files
from unweave.inference.events import Event
from unweave.inference.options import Options, Output
from unweave.inference.report import Report
from unweave.inference.track import Track
from unweave.networks import Networks, Progress
from unweave.surroundings import undisturbed


class Model(Networks):
    """Networks that people talk to. What it is made of, see `unweave.networks.Networks`."""

    def save(self, folder: str | Path, dtype: torch.dtype = torch.float32) -> Path:
        """Write the model as a folder that `load_model` reads; see `unweave.pretrained.saving.save`."""
        from unweave.pretrained.saving import save

        return save(self, folder, dtype)

    @undisturbed
    def separate(
        self,
        audio: str | Path | ArrayLike | Tensor,
        sample_rate: int | None = None,
        *,
        level: int | Sequence[int] | None = None,
        classes: str | int | Sequence[str | int] | None = None,
        query: Examples | None = None,
        span: tuple[float, float] | Sequence[tuple[float, float]] | None = None,
        text: str | Sequence[str] | None = None,
        threshold: float | None = None,
        residual: bool = True,
        max_tracks: int | None = None,
        batch: int | None = None,
        progress: Progress | None = None,
        **more: Any,
    ) -> list[Track]:
        """Take a recording apart, in memory.

        Args:
            audio: a file, or samples (C, T) or (T,): floating point with full scale 1.0, or int16, int32, int8, uint8.
            sample_rate: of the samples, in Hz; not for a file.
            level: one or several levels of the ontology, 1 (coarse) to 6 (fine). With nothing asked: 1, 2 and 3.
            classes: names, mids or indexes of classes or other nodes; one track each, in this order.
            query: an example sound, or several: each a file or a folder of files, one track each.
            span: stretches of the recording itself; not there yet.
            text: sounds in words, such as "a dog barking", "dogs and birds" or "everything but the speech"; one track
                each (`unweave.words`).
            threshold: probability from which something counts as sounding, [0, 1]; None: the model's own.
            residual: whether what is left of each group of tracks is returned too, as "residual".
            max_tracks: at most so many tracks for each group; the rest stays in the residual.
            batch: rows that are held for the networks at once; None: 8 on a CPU, on a GPU what its memory takes.
            progress: called with (done, total, what) in s of audio.
            more: further ways of asking (`unweave.asking`), by the names of their arguments.

        Returns:
            Tracks in the order asked, each group followed by its residual; the tracks of a group plus its residual
            add up to the input.

        Raises:
            UnweaveError: what was asked for or given cannot be used.
        """
        given = {"level": level, "classes": classes, "query": query, "span": span, "text": text, **more}
        options = Options(asked(given), threshold, residual, max_tracks, batch)
        return collect.separate(self, audio, sample_rate, options, progress)

    @undisturbed
    def separate_file(
        self,
        path: str | Path,
        out_dir: str | Path,
        *,
        level: int | Sequence[int] | None = None,
        classes: str | int | Sequence[str | int] | None = None,
        query: Examples | None = None,
        span: tuple[float, float] | Sequence[tuple[float, float]] | None = None,
        text: str | Sequence[str] | None = None,
        threshold: float | None = None,
        residual: bool = True,
        max_tracks: int | None = None,
        batch: int | None = None,
        format: str = "wav",
        subtype: str | None = None,
        overwrite: bool = False,
        name: str | None = None,
        progress: Progress | None = None,
        **more: Any,
    ) -> Report:
        """Take a recording apart block by block, into `out_dir/<stem of path>/`.

        Args are those of `separate`, and:
            format: "wav", "flac" or "ogg".
            subtype: "PCM_16", "PCM_24" or "FLOAT"; None: FLOAT for a wav of a recording in floating point, else
                PCM_24; ogg has its own.
            overwrite: put the new folder in place of one that is there, once it is complete.
            name: of the new folder; None: the stem of the path.

        Returns:
            What was found and written.

        Raises:
            UnweaveError: what was asked for or given cannot be used, or nothing can be written there.
        """
        given = {"level": level, "classes": classes, "query": query, "span": span, "text": text, **more}
        options = Options(asked(given), threshold, residual, max_tracks, batch)
        output = Output.of(format, subtype, overwrite, name)
        return files.separate_file(self, Path(path), Path(out_dir), options, output, progress)

    @undisturbed
    def tag(
        self,
        audio: str | Path | ArrayLike | Tensor,
        sample_rate: int | None = None,
        *,
        threshold: float | None = None,
        batch: int | None = None,
        progress: Progress | None = None,
    ) -> list[Event]:
        """What sounds when: the events of all classes, by start.

        Args:
            audio: a file, or samples (C, T) or (T,): floating point with full scale 1.0, or int16, int32, int8, uint8.
            sample_rate: of the samples, in Hz; not for a file.
            threshold: probability from which a class counts as sounding, [0, 1]; None: the model's own.
            batch: segments that the tagger hears at once; None: as for `separate`.
            progress: called with (done, total, what) in s of audio.
        """
        return collect.tag(self, audio, sample_rate, threshold, batch, progress)
