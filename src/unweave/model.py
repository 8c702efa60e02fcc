"""A model: networks with their settings, and the verbs that people use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from unweave.asking import asked
from unweave.asking.changing import Gains, amending, change
from unweave.asking.example import Examples
from unweave.asking.span import Spans
from unweave.asking.streaming import streamed
from unweave.asking.what import What
from unweave.audio.times import parse_stretch
from unweave.errors import UnweaveError
from unweave.inference import collect, files, remix
from unweave.inference.change import Change
from unweave.inference.events import Event
from unweave.inference.live import Live, live_blocks
from unweave.inference.live_timing import DEFAULT as LATENCY
from unweave.inference.options import Options, Output
from unweave.inference.remix import RemixReport
from unweave.inference.report import Report
from unweave.inference.samples import Samples
from unweave.inference.track import Track
from unweave.inference.views import Quality
from unweave.networks import Networks, Progress
from unweave.surroundings import undisturbed


class Model(Networks):
    """Networks that people talk to. What it is made of, see `unweave.networks.Networks`."""

    def save(self, folder: str | Path, dtype: torch.dtype = torch.float32, eight_bits: Collection[str] = ()) -> Path:
        """Write the model as a folder that `load_model` reads; see `unweave.pretrained.saving.save`."""
        from unweave.pretrained.saving import save

        return save(self, folder, dtype, eight_bits)

    @undisturbed
    def separate(
        self,
        audio: str | Path | ArrayLike | Tensor,
        sample_rate: int | None = None,
        *,
        level: int | str | Sequence[int | str] | None = None,
        classes: str | int | Sequence[str | int] | None = None,
        query: Examples | None = None,
        span: Spans | None = None,
        text: str | Sequence[str] | None = None,
        not_: What | Sequence[What] | None = None,
        start: float | str | None = None,
        end: float | str | None = None,
        threshold: float | None = None,
        residual: bool = True,
        max_tracks: int | None = None,
        batch: int | None = None,
        strength: float = 1.0,
        quality: Quality = "fast",
        progress: Progress | None = None,
        **more: Any,
    ) -> list[Track]:
        """Take a recording apart, in memory.

        Args:
            audio: a file, or samples (C, T) or (T,): floating point with full scale 1.0, or int16, int32, int8, uint8.
            sample_rate: of the samples, in Hz; not for a file.
            level: one or several levels of the ontology, 1 (coarse) to 6 (fine); "auto": every sound once, under a
                name as fine as the model is sure; "classes": every class by itself. With nothing asked: "auto".
            classes: names, mids or indexes of classes or other nodes; one track each, in this order.
            query: an example sound, or several: each a file or a folder of files, one track each.
            span: a stretch of the recording itself, or several, one track each: what sounds there, in the whole
                recording. A start and an end in s, (1.5, 2.5), None for an open end, or text, "1:02-1:04.5".
            text: sounds in words, such as "a dog barking", "dogs and birds" or "everything but the speech"; one track
                each (`unweave.words`).
            not_: what is not wanted: all that is asked for is separated less what sounds like that. A class, the path
                of an example, or a stretch, (1.5, 2.5) or "1.5-2.5"; one or a list of them.
            start: only from this time on, in s or as "1:02.5"; what lies before is not there for anything that follows.
            end: only up to this time. Events begin at 0 with the tracks; a span means the time of the whole recording.
            threshold: probability from which something counts as sounding, [0, 1]; None: the model's own.
            residual: whether what is left of each group of tracks is returned too, as "residual".
            max_tracks: at most so many tracks for each group; the rest stays in the residual.
            batch: rows that are held for the networks at once; None: 8 on a CPU, on a GPU what its memory takes.
            strength: 1 for all of the separation, less for a blend with the recording, down to 0.
            quality: "fast", or "high" for several answers joined to one, which take 3.3 times the work.
            progress: called with (done, total, what) in s of audio.
            more: further ways of asking (`unweave.asking`), by the names of their arguments.

        Returns:
            Tracks in the order asked, each group followed by its residual; the tracks of a group plus its residual
            add up to the input.

        Raises:
            UnweaveError: what was asked for or given cannot be used.
        """
        given = {"level": level, "classes": classes, "query": query, "span": span, "text": text, "not_": not_, **more}
        part = parse_stretch(start, end)
        options = Options(asked(given), threshold, residual, max_tracks, batch, part, strength, quality)
        return collect.separate(self, audio, sample_rate, options, progress)

    @undisturbed
    def separate_file(
        self,
        path: str | Path,
        out_dir: str | Path,
        *,
        level: int | str | Sequence[int | str] | None = None,
        classes: str | int | Sequence[str | int] | None = None,
        query: Examples | None = None,
        span: Spans | None = None,
        text: str | Sequence[str] | None = None,
        not_: What | Sequence[What] | None = None,
        start: float | str | None = None,
        end: float | str | None = None,
        threshold: float | None = None,
        residual: bool = True,
        max_tracks: int | None = None,
        batch: int | None = None,
        strength: float = 1.0,
        quality: Quality = "fast",
        format: str | None = None,
        subtype: str | None = None,
        overwrite: bool = False,
        one_file: bool = False,
        stream: int | None = None,
        name: str | None = None,
        overview: bool = True,
        progress: Progress | None = None,
        **more: Any,
    ) -> Report:
        """Take a recording apart block by block, into `out_dir/<stem of path>/`.

        Args are those of `separate`, and:
            format: "wav" (None), "flac", "ogg", "mp3", "m4a" or "opus".
            subtype: "PCM_16", "PCM_24" or "FLOAT"; None: FLOAT for a wav of a recording in floating point, else
                PCM_24; the lossy formats have none.
            overwrite: put the new folder in place of one that is there, once it is complete.
            one_file: write one wav of many channels, tracks.wav, in place of a file for each track.
            stream: number of the audio stream, from 0, of a file that holds several; None for its default.
            name: of the new folder; None: the stem of the path.
            overview: draw `overview.png`, too.

        Returns:
            What was found and written.

        Raises:
            UnweaveError: what was asked for or given cannot be used, or nothing can be written there.
        """
        given = {"level": level, "classes": classes, "query": query, "span": span, "text": text, "not_": not_, **more}
        part = parse_stretch(start, end)
        options = Options(asked(given), threshold, residual, max_tracks, batch, part, strength, quality)
        output = Output.of(format, subtype, overwrite, one_file, name, overview)
        return files.separate_file(self, Path(path), Path(out_dir), options, output, progress, stream)

    @undisturbed
    def remix(
        self,
        audio: str | Path | ArrayLike | Tensor,
        sample_rate: int | None = None,
        *,
        remove: What | Sequence[What] | None = None,
        keep: What | Sequence[What] | None = None,
        gain: Gains | None = None,
        start: float | str | None = None,
        end: float | str | None = None,
        threshold: float | None = None,
        strength: float = 1.0,
        quality: Quality = "fast",
        batch: int | None = None,
        progress: Progress | None = None,
        **more: Any,
    ) -> Track:
        """The recording itself with some of its sounds gone, alone, louder or softer, in memory.

        A WHAT is a class or node ("Dog"), a stretch ("1:02-1:04.5", (62, 64.5)) or the path of an example; what is
        taken out is what `separate` would give as its track. Just one of the three is given.

        Args:
            audio: a file, or samples (C, T) or (T,), full scale 1.0.
            sample_rate: of the samples, in Hz; not for a file.
            remove: what is taken out, one WHAT or several.
            keep: what stays, and nothing else.
            gain: dB by WHAT, {"Dog": -12}, or texts, "Dog=-12".
            start: only from this time on, in s or as "1:02.5"; what lies before stays as it is.
            end: only up to this time; what lies after stays as it is.
            threshold: probability from which something counts as sounding, [0, 1]; None: the model's own.
            strength: 1 for all of the change, less for a blend with the recording, down to 0.
            quality: as for `separate`.
            batch: rows that are held for the networks at once; None: as for `separate`.
            progress: called with (done, total, what) in s of audio.
            more: ways of asking that say what is not meant (`unweave.asking`), by the names of their arguments.

        Returns:
            A track of the recording's rate, channels and length.

        Raises:
            UnweaveError: what was asked for or given cannot be used.
        """
        wanted, options = _change(remove, keep, gain), _amending(more, threshold, strength, quality, batch, start, end)
        return remix.remix(self, audio, sample_rate, wanted, options, progress)

    @undisturbed
    def remix_file(
        self,
        path: str | Path,
        out_dir: str | Path,
        *,
        remove: What | Sequence[What] | None = None,
        keep: What | Sequence[What] | None = None,
        gain: Gains | None = None,
        start: float | str | None = None,
        end: float | str | None = None,
        threshold: float | None = None,
        strength: float = 1.0,
        quality: Quality = "fast",
        batch: int | None = None,
        format: str | None = None,
        subtype: str | None = None,
        overwrite: bool = False,
        stream: int | None = None,
        progress: Progress | None = None,
        **more: Any,
    ) -> RemixReport:
        """The same block by block, into `out_dir/<stem of path>.<removed|kept|remixed>.<ending>`.

        Args are those of `remix`, and:
            format: of the file; None: a video for a video, everything but its sound copied, else wav.
            subtype: as for `separate_file`.
            overwrite: replace a file that is there, once the new one is complete.
            stream: number of the audio stream, from 0, of a file that holds several; None for its default.

        Returns:
            What was written, and what was heard of each sound.

        Raises:
            UnweaveError: what was asked for or given cannot be used, or nothing can be written there.
        """
        wanted, options = _change(remove, keep, gain), _amending(more, threshold, strength, quality, batch, start, end)
        output = Output.of(format, subtype, overwrite)
        return remix.remix_file(self, Path(path), Path(out_dir), wanted, options, output, progress, stream)

    @undisturbed
    def live(
        self,
        sample_rate: int,
        channels: int = 1,
        *,
        classes: What | Sequence[What] | None = None,
        remove: What | Sequence[What] | None = None,
        keep: What | Sequence[What] | None = None,
        gain: Gains | None = None,
        latency: float = LATENCY,
        threshold: float | None = None,
    ) -> Live:
        """A stream that is separated while it sounds: `push(block)` gives as many samples, `flush()` the last ones.

        Args:
            sample_rate: of the stream, in Hz.
            channels: C.
            classes: what is given out, together: classes or nodes by name, mid or index, or examples; "all" is all.
            remove: what is taken out instead.
            keep: another word for `classes`.
            gain: what becomes louder or softer instead, in dB, as for `remix`.
            latency: s from a sample's coming in to its going out, exact to the sample, 0.1 to 1.5.
            threshold: probability from which something counts as sounding, [0, 1]; None: the model's own.

        Raises:
            UnweaveError: what was asked for or given cannot be used.
        """
        return Live(self, sample_rate, channels, streamed(classes, remove, keep, gain), latency, threshold)

    def stream(self, blocks: Iterable[ArrayLike | Tensor], sample_rate: int, **asked: Any) -> Iterator[Samples]:
        """The same for blocks that come from somewhere: each of them, separated and delayed, then the last samples.

        Args:
            blocks: (C, n) or (n,) each, of any size; the first one says how many channels there are.
            sample_rate: in Hz.
            asked: as for `live`.

        Raises:
            UnweaveError: what was asked for or given cannot be used.
        """
        return live_blocks(lambda channels: self.live(sample_rate, channels, **asked), blocks)

    @undisturbed
    def tag(
        self,
        audio: str | Path | ArrayLike | Tensor,
        sample_rate: int | None = None,
        *,
        start: float | str | None = None,
        end: float | str | None = None,
        threshold: float | None = None,
        batch: int | None = None,
        stream: int | None = None,
        progress: Progress | None = None,
        say: Callable[[str], None] | None = None,
    ) -> list[Event]:
        """What sounds when: the events of all classes, by start.

        Args:
            audio: a file, or samples (C, T) or (T,): floating point with full scale 1.0, or int16, int32, int8, uint8.
            sample_rate: of the samples, in Hz; not for a file.
            start: only from this time on, in s or as "1:02.5".
            end: only up to this time. Events have the times of the whole recording all the same.
            threshold: probability from which a class counts as sounding, [0, 1]; None: the model's own.
            batch: segments that the tagger hears at once; None: as for `separate`.
            stream: number of the audio stream, from 0, of a file that holds several; None for its default.
            progress: called with (done, total, what) in s of audio.
            say: called with sentences on what is wrong with a file, such as that it breaks off.
        """
        part = parse_stretch(start, end)
        return collect.tag(self, audio, sample_rate, threshold, batch, progress, part, stream, say)


def _change(remove: Any, keep: Any, gain: Any) -> Change:
    wanted = change(remove, keep, gain)
    if wanted is None:
        raise UnweaveError("Say what is to be changed: remove, keep or gain.")
    return wanted


def _amending(
    more: Mapping[str, Any],
    threshold: float | None,
    strength: float,
    quality: Quality,
    batch: int | None,
    start: float | str | None,
    end: float | str | None,
) -> Options:
    """Options of a change: of what is asked, that which wants nothing of its own but says what is not meant."""
    part = parse_stretch(start, end)
    return Options(amending(more), threshold, batch=batch, part=part, strength=strength, quality=quality)
