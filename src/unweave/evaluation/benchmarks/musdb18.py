"""MUSDB18 (Section 4.4.4 of the paper): four stems of 50 songs, as wav (MUSDB18-HQ) or in stem files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from unweave.audio.io import probe
from unweave.data.datasets.base import NO_FILE
from unweave.data.datasets.files import subfolders
from unweave.data.datasets.report import Report
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.clips import EXAMPLES, below, place
from unweave.evaluation.benchmarks.pairs import drawn
from unweave.evaluation.items import Item, Piece

STREAMS = {"mixture": 0, "drums": 1, "bass": 2, "other": 3, "vocals": 4}  # of a .stem.mp4
STEMS = ("vocals", "bass", "drums", "other")
CLASSES = {"vocals": "/m/015lz1", "bass": "/m/018vs", "drums": "/m/02hnl"}  # Singing, Bass guitar, Drum kit
ENDING = ".stem.mp4"
EXAMPLE_SECONDS = 10.0
EXAMPLE_PLACES = (0.25, 0.5, 0.75)  # of a song's length; before and behind, a stem is often silent


class Song(NamedTuple):
    """A song; `pieces` are the mixture and the stems."""

    name: str
    pieces: dict[str, Piece]


@benchmarks.register("musdb18")
def musdb18(root: Path, published: bool = False) -> Benchmark:
    """Four stems of each test song out of the sum of all four, stereo at 44.1 kHz, scored by museval; 50 songs.

    Args:
        root: holds `test/<song>/{mixture,vocals,bass,drums,other}.wav` or `test/<song>.stem.mp4`, and `train/` with as
            much for examples.
        published: as the paper's code: the recorded mixture, mono, at 32 kHz.

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
        sample_rate=32000 if published else 44100,
        mono=published,
        seconds=None,
        examples=_examples(root, training) if training else {},
        unit="songs",
        expected=50,
        missing=tuple(report.sentences()),
        options={"published": published},
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
        with av.open(f"file:{path}", options={"protocol_whitelist": "file"}, metadata_errors="ignore") as container:
            count = len(container.streams.audio)
    except (av.error.FFmpegError, OSError, ValueError):
        report.note(f"{path} cannot be read: it is damaged, or no stem file.")
        return False
    if count != len(STREAMS):
        report.note(f"{path} has {count} streams of sound, not the {len(STREAMS)} of a stem file.")
    return count == len(STREAMS)


def _examples(root: Path, songs: list[Song]) -> dict[str, list[Piece]]:
    """Up to 100 pieces of 10 s of each stem, several of a song; a piece may be silent, since nothing is listened to."""
    pieces: dict[str, list[Piece]] = {stem: [] for stem in STEMS}
    for song in songs:
        try:
            seconds = probe(root / song.pieces["mixture"].path).seconds or 0.0
        except UnweaveError:
            continue
        for stem in STEMS:
            of, stream = song.pieces[stem].path, song.pieces[stem].stream
            for part in EXAMPLE_PLACES:
                start = round(max(0.0, part * seconds - EXAMPLE_SECONDS / 2), 1)
                pieces[stem].append(Piece(of, start, EXAMPLE_SECONDS, stream))
    return {stem: _some(found, stem) for stem, found in pieces.items() if found}


def _some(pieces: list[Piece], stem: str) -> list[Piece]:
    names = {f"{piece.path} {piece.start}": piece for piece in pieces}
    return [names[name] for name in drawn(sorted(names), EXAMPLES, "example", stem)]
