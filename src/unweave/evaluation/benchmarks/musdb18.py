"""MUSDB18 (Section 4.4.4 of the paper): four stems of 50 songs, as wav (MUSDB18-HQ) or in stem files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from unweave.audio.opened import opened
from unweave.audio.source import Source
from unweave.data.datasets.base import NO_FILE
from unweave.data.datasets.files import subfolders
from unweave.data.datasets.report import Report
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.clips import below, place
from unweave.evaluation.benchmarks.pairs import drawn
from unweave.evaluation.items import Item, Piece

STREAMS = {"mixture": 0, "drums": 1, "bass": 2, "other": 3, "vocals": 4}  # of a .stem.mp4
STEMS = ("vocals", "bass", "drums", "other")
CLASSES = {"vocals": "/m/015lz1", "bass": "/m/018vs", "drums": "/m/02hnl"}  # Singing, Bass guitar, Drum kit
ENDING = ".stem.mp4"


class Song(NamedTuple):
    """A song; `pieces` are the mixture and the stems."""

    name: str
    pieces: dict[str, Piece]


@benchmarks.register("musdb18")
def musdb18(root: Path, stereo: bool = False, published: bool = False, average: int | None = None) -> Benchmark:
    """Four stems of each test song out of the sum of all four, mono at 32 kHz, scored by museval; 50 songs.

    Args:
        root: holds `test/<song>/{mixture,vocals,bass,drums,other}.wav` or `test/<song>.stem.mp4`, and `train/` with as
            much for examples.
        stereo: as others report on the set, at 44.1 kHz in two channels; the paper's figures are not of that.
        published: the recorded mixture, as the paper's code has it; its text adds the stems up.
        average: whole stems of training songs that are averaged; None for those of all songs, as in the paper's code.

    Raises:
        UnweaveError: no such folder, or no song in it.
    """
    root, report = place(root), Report()
    songs = _songs(root, "test", report)
    items = []
    for song in songs:
        for stem in STEMS:
            others = tuple(song.pieces[other] for other in STEMS if other != stem)
            items.append(
                Item(
                    id=f"{song.name}/{stem}",
                    label=stem,
                    target=(song.pieces[stem],),
                    others=() if published else others,
                    mixture=song.pieces["mixture"] if published else None,
                    classes=(CLASSES[stem],) if stem in CLASSES else (),
                    snr=None,
                    group=song.name,
                )
            )
    tested = {song.name for song in songs}
    training = [song for song in _songs(root, "train", report) if song.name not in tested]
    return Benchmark(
        name="musdb18",
        root=root,
        items=items,
        metrics=("museval", "sdr"),
        sample_rate=44100 if stereo else 32000,
        mono=not stereo,
        seconds=None,
        examples=_examples(training, average),
        unit="songs",
        expected=50,
        missing=tuple(report.sentences()),
        options={"stereo": stereo, "published": published, "average": "all" if average is None else average},
    )


def _songs(root: Path, part: str, report: Report) -> list[Song]:
    """The songs of a part that are whole, sorted; wav rather than a stem file of the same song."""
    folder = root / part
    if not folder.is_dir():
        return []
    songs = {}
    for path in sorted(folder.glob(f"*{ENDING}")):
        name = path.name.removesuffix(ENDING)
        if _streams(path, report):
            songs[name] = Song(name, {stem: Piece(below(root, path), stream=at) for stem, at in STREAMS.items()})
    for path in subfolders(folder):
        files = {stem: path / f"{stem}.wav" for stem in STREAMS}
        lacking = [below(root, file) for file in files.values() if not file.is_file()]
        for name in lacking:
            report.add(NO_FILE, name)
        if not lacking:
            songs[path.name] = Song(path.name, {stem: Piece(below(root, file)) for stem, file in files.items()})
    return [songs[name] for name in sorted(songs)]


def _streams(path: Path, report: Report) -> bool:
    """Whether a stem file has its five streams."""
    import av

    try:
        with opened(Source(path)) as container:
            count = len(container.streams.audio)
    except (av.error.FFmpegError, OSError, ValueError):
        report.note(f"{path} cannot be read: it is damaged, or no stem file.")
        return False
    if count != len(STREAMS):
        report.note(f"{path} has {count} streams of sound, not the {len(STREAMS)} of a stem file.")
    return count == len(STREAMS)


def _examples(songs: list[Song], most: int | None) -> dict[str, list[Piece]]:
    """Each stem of all songs, or of so many, whole; silence in it is cut away where it is heard."""
    names = {song.name: song for song in songs}
    chosen = list(names) if most is None else drawn(sorted(names), most, "example")
    return {stem: [names[name].pieces[stem] for name in chosen] for stem in STEMS} if chosen else {}
