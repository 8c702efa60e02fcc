"""Separation of a file into a folder, block by block: what `Model.separate_file` and the command line do."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from unweave.atomic import check_target, complete_folder
from unweave.audio.io import AudioReader, AudioWriter, check_format, open_audio
from unweave.audio.labels import event_markers
from unweave.audio.stretch import Stretch
from unweave.audio.tags import Tags
from unweave.drawing import drawn
from unweave.inference.cores import Cores
from unweave.inference.envelope import COLUMNS, Envelope, Spectrum
from unweave.inference.events import Event
from unweave.inference.folding import fold
from unweave.inference.hear import check, hear, prepare
from unweave.inference.heard import class_events
from unweave.inference.keeping import kept
from unweave.inference.one_file import NAME, OneFile, Slot
from unweave.inference.options import Options, Output
from unweave.inference.overview import Row, draw_overview
from unweave.inference.places import place_name
from unweave.inference.recording import WHOLE, Samples, part_of
from unweave.inference.report import MARK, Report, TrackInfo, printable, written
from unweave.inference.request import Group
from unweave.inference.separate import Piece, separate_blocks
from unweave.inference.tagging import SegmentTags
from unweave.inference.telling import ClassesTelling
from unweave.inference.track import RESIDUAL
from unweave.networks import Networks, Progress
from unweave.ontology import Ontology


def separate_file(
    model: Networks,
    path: Path,
    out_dir: Path,
    options: Options,
    output: Output,
    progress: Progress | None,
    stream: int | None = None,
) -> Report:
    """See `Model.separate_file`."""
    said = check(model, options)
    with open_audio(path, stream) as whole:
        whole.remember()  # for the second pass
        target = out_dir / (output.name or place_name(whole.path))
        recording = part_of(whole, options.part)
        check_target(
            target, MARK, output.overwrite, [path, *(file for wish in options.asked.wishes for file in wish.files)]
        )
        _check_output(recording.path, recording, output)
        prepared = prepare(model, recording, options)
        with complete_folder(target, output.overwrite, MARK, written) as folder:
            tags, groups = hear(model, recording, options, prepared, progress)
            files = _write_tracks(model, recording, groups, tags, options, output, folder, progress)
            report = Report(
                folder=target,
                input={
                    "path": printable(recording.path),
                    "sample_rate": recording.sample_rate,
                    "channels": recording.channels,
                    "seconds": tags.seconds,
                    **_part(recording, tags),
                },
                model=model.name,
                settings=_settings(model, options, output),
                tracks=[file.info() for file in files.tracks],
                events=class_events(model, tags, options.threshold),
                warnings=[*said, *(line for one in prepared for line in one.sentences), *files.warnings(recording)],
                held=_held(files.tracks, model.ontology),
            )
            report.write(folder)
            if not output.overview:
                return report
            rows = [Row(file.name, file.group, file.envelope, file.events) for file in files.tracks]
            report.warnings += drawn(
                draw_overview,
                folder / "overview.png",
                printable(recording.path.name),
                tags.seconds,
                files.mixture,
                files.spectrum,
                recording.sample_rate,
                rows,
            )
    return report


class _TrackFile:
    """One track on its way to disk, with what the report says of it."""

    def __init__(
        self, writer: AudioWriter | Slot, file: str, envelope: Envelope, group: Group, number: int | None
    ) -> None:
        request = None if number is None else group.requests[number]
        self.writer, self.file, self.group, self.request = writer, file, group.name, request
        self.name = RESIDUAL if request is None else request.name
        self.mid = None if request is None else request.mid
        self.level = group.level
        self.query = None if request is None else request.query
        self.probability = None if request is None else request.probability
        self.events: list[Event] = [] if request is None else request.events
        self.heard = [] if request is None else request.heard
        self.envelope = envelope
        self.channels: list[int] | None = None

    def write(self, samples: Samples) -> None:
        self.writer.write(samples)
        self.envelope.add(samples)

    def mids(self, ontology: Ontology) -> list[str]:
        """The classes that it was asked to hold."""
        telling = None if self.request is None else self.request.telling
        if not isinstance(telling, ClassesTelling):
            return []
        return [ontology.labels[index].mid for index in np.flatnonzero(telling.mask)]

    def info(self) -> TrackInfo:
        energy = self.envelope.energy_db
        return TrackInfo(
            self.file,
            self.name,
            self.mid,
            self.level,
            self.query,
            self.probability,
            energy,
            self.events,
            self.heard,
            self.channels,
        )


class _Files:
    """All tracks of a recording on their way to disk."""

    def __init__(self, tracks: list[_TrackFile], mixture: Envelope, spectrum: Spectrum) -> None:
        self.tracks, self.mixture, self.spectrum = tracks, mixture, spectrum

    def warnings(self, recording: AudioReader | Stretch) -> list[str]:
        """What the user should know of this recording and its files."""
        sentences = []
        clipped = [track for track in self.tracks if track.writer.clipped]
        if clipped:
            samples = sum(track.writer.clipped for track in clipped)
            sentences.append(
                f"{samples} samples of {len(clipped)} tracks ({clipped[0].file}, ...) passed full scale and were "
                "clipped; write wav with --subtype FLOAT to keep them."
            )
        return sentences + recording.remarks()


def _write_tracks(
    model: Networks,
    recording: AudioReader | Stretch,
    groups: list[Group],
    tags: SegmentTags,
    options: Options,
    output: Output,
    folder: Path,
    progress: Progress | None,
) -> _Files:
    """The second pass, into files."""
    whole = OneFile(folder, recording, output) if output.one_file else None

    def open_writer(path: Path, title: str = RESIDUAL, events: Sequence[Event] = ()) -> AudioWriter:
        return AudioWriter(
            path,
            recording.sample_rate,
            recording.channels,
            output.format,
            output.subtype_for(recording.info.floating),
            layout=recording.layout,
            tags=Tags.of(title, recording.path, *((None, None) if options.part == WHOLE else options.part)),
            markers=event_markers(events, recording.sample_rate),
        )

    def envelope() -> Envelope:
        return Envelope(tags.samples, COLUMNS if output.overview else 0)

    with contextlib.ExitStack() as stack:

        def open_track(group: Group, number: int | None) -> _TrackFile:
            request = None if number is None else group.requests[number]
            title, events = (RESIDUAL, []) if request is None else (request.name, request.events)
            if whole is not None:
                slot, channels = whole.add(title if len(groups) == 1 else f"{group.name}/{title}", events)
                track = _TrackFile(slot, NAME, envelope(), group, number)
                track.channels = channels
                return track
            stem = RESIDUAL if request is None else request.file
            name = f"{group.name}/{stem}.{output.format}"
            (folder / group.name).mkdir(exist_ok=True)
            writer = stack.enter_context(open_writer(folder / name, title, events))
            return _TrackFile(writer, name, envelope(), group, number)

        by_group = [[open_track(group, number) for number in range(len(group.requests))] for group in groups]
        rests = [open_track(group, None) if options.residual else None for group in groups]
        if whole is not None:
            whole.open(stack)
        mixture, spectrum = envelope(), Spectrum(tags.samples, recording.sample_rate)
        cores = stack.enter_context(Cores())
        flat = [track for tracks in by_group for track in tracks]
        ends = list(accumulate(map(len, by_group)))
        blocks = separate_blocks(
            model, recording, tags, groups, options.batch, progress, options.strength, options.quality
        )
        for piece in blocks:
            mixture.add(piece.mixture)
            if output.overview:
                spectrum.add(piece.mixture)

            def write(start: int, end: int, piece: Piece = piece) -> None:
                for track, samples in zip(flat[start:end], piece.tracks[start:end], strict=True):
                    track.write(samples)

            def write_rest(start: int, end: int, piece: Piece = piece) -> None:
                for g in range(start, end):
                    left = piece.mixture.copy()
                    for samples in piece.tracks[ends[g] - len(by_group[g]) : ends[g]]:
                        np.subtract(left, samples, out=left)
                    if (rest := rests[g]) is not None:
                        rest.write(left)

            cores.run(write, len(flat))
            if options.residual:
                cores.run(write_rest, len(groups))
            if whole is not None:
                whole.flush()
    ordered: list[_TrackFile] = []
    for group, own, rest in zip(groups, by_group, rests, strict=True):
        energies = [track.envelope.energy_db for track in own]
        numbers = kept(group, energies, mixture.energy_db, model.settings.faintest_db)
        if whole is not None:  # its channels are there already
            numbers = list(range(len(own)))
        left = [folder / own[number].file for number in range(len(own)) if number not in numbers]
        if rest is not None and left and output.exact:  # what a lossy format leaves out is louder than these
            rest.envelope = envelope()
            fold(folder / rest.file, left, open_writer, rest.envelope.add)
        for path in left:
            path.unlink()
        ordered += [*(own[number] for number in numbers), *([] if rest is None else [rest])]
    return _Files(ordered, mixture, spectrum)


def _held(tracks: Sequence[_TrackFile], ontology: Ontology) -> dict[str, str]:
    """The file that holds a class, by its mid: of the first group that was asked for."""
    first = [track for track in tracks if track.group == tracks[0].group] if tracks else []
    held: dict[str, str] = {}
    for track in first:
        mids = [label.mid for label in ontology.labels] if track.request is None else track.mids(ontology)
        for mid in mids:
            held.setdefault(mid, track.file)
    return held


def _settings(model: Networks, options: Options, output: Output) -> dict[str, Any]:
    """What was in force, in plain data."""
    own = model.settings.to_plain()
    asked = {
        **options.asked.settings,
        "threshold": model.settings.threshold if options.threshold is None else options.threshold,
        "strength": options.strength,
        "quality": options.quality,
        "residual": options.residual,
        "max_tracks": options.max_tracks,
        "format": output.format,
        "subtype": output.subtype,
        "one_file": output.one_file,
    }
    kept = (
        "segment_seconds",
        "overlap_seconds",
        "class_gate",
        "class_share",
        "prominence",
        "exclusive",
        "full_band",
        "tree",
        "by_name",
    )
    return {**asked, **{key: own[key] for key in kept}}


def _check_output(path: Path, recording: AudioReader | Stretch, output: Output) -> None:
    """Refuse before any work what the format of the tracks cannot hold."""
    subtype = output.subtype_for(recording.info.floating)
    check_format(path, recording.sample_rate, recording.channels, output.format, subtype, recording.layout)


def _part(recording: AudioReader | Stretch, tags: SegmentTags) -> dict[str, float]:
    """When a part begins and ends in the whole recording, in s; nothing for the whole."""
    if not isinstance(recording, Stretch):
        return {}
    return {"from": recording.start, "to": recording.start + tags.seconds}
