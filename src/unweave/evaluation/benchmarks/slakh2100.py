"""Slakh2100 (Section 4.4.5 of the paper): each plug-in out of whole songs, each instrument with the same weight."""

from __future__ import annotations

from pathlib import Path

from unweave.data.datasets.report import Report
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.anchors import Progress
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.clips import EXAMPLES, SECONDS, place
from unweave.evaluation.benchmarks.kept import Kept
from unweave.evaluation.benchmarks.pairs import drawn
from unweave.evaluation.benchmarks.slakh_stems import Stem, loud_segments, read_stems
from unweave.evaluation.items import Item, Piece

FEWEST = 10  # a plug-in needs more loud segments than these
EXAMPLE_STEMS = 10  # of a plug-in that are listened to: there are thousands

# The groups of General MIDI, by the name of AudioSet's class.
CLASSES = {
    "Bass": "/m/018vs",
    "Brass": "/m/01kcd",
    "Drums": "/m/02hnl",
    "Ensemble": "/m/02qmj0d",
    "Guitar": "/m/0342h",
    "Organ": "/m/013y1f",
    "Piano": "/m/05r5c",
    "Pipe": "/m/085jw",
    "Reed": "/m/085jw",
    "Strings": "/m/0l14_3",
    "Strings (continued)": "/m/02qmj0d",
    "Synth Lead": "/m/0l14qv",
    "Synth Pad": "/m/0l14qv",
}


@benchmarks.register("slakh2100")
def slakh2100(
    root: Path, each: int = 100, seed: int = 0, cache: Path | None = None, progress: Progress | None = None
) -> Benchmark:
    """Loud segments of 2 s of each plug-in, out of the mix at the same place; the paper has 151 plug-ins, its code 148.

    A stem is cut into segments of 2 s, of which those count whose peak is above 0.1. A plug-in with more than 10 of
    them is a label, and up to `each` are drawn. The median of each plug-in and then the mean over plug-ins is the
    paper's wSDR, in which each instrument weighs the same.

    Args:
        root: holds `test/TrackNNNNN/` with `metadata.yaml`, `mix.flac` and `stems/S00.flac` (or wav), and `train/` with
            as much for examples; as first published, or as redux.
        each: segments of each plug-in at most.
        seed: of the drawing.
        cache: a file that keeps which segments are loud, so that a run that was stopped goes on.
        progress: told of stems heard and stems in all.

    Raises:
        UnweaveError: no such folder, or no plug-in in it.
    """
    root, report, kept = place(root), Report(), Kept(cache)
    if each < 1:
        raise UnweaveError(f"Each plug-in needs at least one segment; got each={each}.")
    tested = read_stems(root, "test", report)
    found = _segments(root, tested, kept, report, progress)
    items = []
    for plugin, segments in sorted(found.items()):
        if len(segments) <= FEWEST:
            report.note(f"{plugin}: {len(segments)} loud segments, and more than {FEWEST} are needed.")
            continue
        for number, name in enumerate(drawn(list(segments), each, str(seed), plugin)):
            stem, start = segments[name]
            items.append(
                Item(
                    id=f"{plugin}/{number:03d}",
                    label=plugin,
                    target=(Piece(stem.path, start, SECONDS),),
                    mixture=Piece(stem.mix, start, SECONDS),
                    classes=(CLASSES[stem.family],) if stem.family in CLASSES else (),
                    snr=None,
                    group=stem.song,
                )
            )
    songs, labels = {stem.song for stem in tested}, {item.label for item in items}
    training = [stem for stem in read_stems(root, "train", report) if stem.song not in songs]
    return Benchmark(
        name="slakh2100",
        root=root,
        items=items,
        examples=_examples(root, training, labels, kept, report, progress),
        unit="plug-ins",
        expected=151,
        expected_by_code=148,
        missing=tuple(report.sentences()),
        options={"each": each, "seed": seed},
    )


def _segments(
    root: Path, stems: list[Stem], kept: Kept, report: Report, progress: Progress | None
) -> dict[str, dict[str, tuple[Stem, float]]]:
    """The loud segments of each plug-in by a name of their own: the stem, and where it starts in s."""
    found: dict[str, dict[str, tuple[Stem, float]]] = {}
    for number, stem in enumerate(stems):
        places = found.setdefault(stem.plugin, {})
        for segment in loud_segments(root / stem.path, stem.path, SECONDS, kept, report):
            places[f"{stem.path} {segment}"] = (stem, segment * SECONDS)
        if progress:
            progress(number + 1, len(stems))
    return found


def _examples(
    root: Path, stems: list[Stem], labels: set[str], kept: Kept, report: Report, progress: Progress | None
) -> dict[str, list[Piece]]:
    """Up to 100 loud segments of 2 s of each plug-in, out of a few stems."""
    paths: dict[str, list[str]] = {label: [] for label in sorted(labels)}
    for stem in stems:
        if stem.plugin in paths:
            paths[stem.plugin].append(stem.path)
    chosen = {path for plugin, found in paths.items() for path in drawn(found, EXAMPLE_STEMS, "stem", plugin)}
    some = [stem for stem in stems if stem.path in chosen]
    examples = {}
    for plugin, segments in sorted(_segments(root, some, kept, report, progress).items()):
        names = drawn(list(segments), EXAMPLES, "example", plugin)
        if names:
            examples[plugin] = [Piece(segments[name][0].path, segments[name][1], SECONDS) for name in names]
    return examples
