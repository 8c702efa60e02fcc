"""The compact table of one model: what it reaches on each set of `unweave.evaluation.local`, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial

from unweave.evaluation.benchmarks.speech_in_noise import SNRS
from unweave.evaluation.detection.summary import detections
from unweave.evaluation.glance_line import BY_EXAMPLE, BY_NAME, MEAN, NONE, PER_CLASS, Line, of
from unweave.evaluation.glance_scenes import scene_lines
from unweave.evaluation.local import Found
from unweave.evaluation.local_sets import EXAMPLE, LEVELS, LOWPASS, NAME
from unweave.evaluation.rows import read_rows
from unweave.evaluation.runs import MIXTURE, Run
from unweave.evaluation.statistics import Figure, paired
from unweave.evaluation.table import NOTHING, Table, cell

HEADER = ("held-out sounds", "asked for by", "figure", "value [95 % interval]", "items")


def glance_table(model: str, found: Mapping[str, Found]) -> Table:
    """A line for each figure; sets that could not be measured are named with the reason.

    Args:
        model: its name, for the title.
        found: what `local_runs` gives; lines of sets that are not in it are not there either.
    """
    rows, missing = [], set()
    for line in (line for line in lines() if line.key in found):
        run = found[line.key]
        if isinstance(run, Run):
            figure = line.of(run, found)
            rows.append((line.what, line.asked, line.figure, cell(figure, line.digits), str(figure.items)))
        elif line.key not in missing:
            missing.add(line.key)
            rows.append((LEFT_OUT.get(line.key, line.what), line.asked, NOTHING, f"left out: {run}", "0"))
    return Table(f"{model} at a glance", HEADER, tuple(rows), (NOTE,), words=3)


NOTE = (
    "SDRi and SI-SDRi in dB over the mixture; per class: the median over the items of each class, then the mean over "
    "classes. Intervals are 95 % bootstrap intervals, recordings (or scenes) drawn anew."
)
LEFT_OUT = {
    "speech-in-noise": "speech in environmental noise",
    "detection": "what sounds when in 10 s",
    "scenes": "scenes of 30 to 60 s",
    "never-worse": "a sound from -10 to 20 dB over the others",
}


def lines() -> Iterator[Line]:
    """What is shown, in order."""
    pairs, same = "published ESC-50 pairs, 5 s", "the same pairs"
    yield Line("environmental", "two sounds, 2 s, equal energy", BY_NAME, f"SDRi, {PER_CLASS}", of(NAME))
    yield Line("published-pairs", pairs, BY_NAME, f"SDRi, {MEAN}", of(NAME))
    yield Line("published-pairs", same, BY_EXAMPLE, f"SDRi, {MEAN}", of(EXAMPLE, part=""))
    yield Line("published-pairs", "all pairs, also of classes without a name", BY_EXAMPLE, f"SDRi, {MEAN}", of(EXAMPLE))
    yield Line("three-sources", "three sounds, 2 s", BY_NAME, f"SDRi, {PER_CLASS}", of(NAME))
    yield Line("four-sources", "four sounds, 2 s", BY_NAME, f"SDRi, {PER_CLASS}", of(NAME))
    yield Line("two-sounds", "two sounds, all folders, 2 s", BY_NAME, f"SDRi, {PER_CLASS}", of(NAME))
    yield Line("instruments", "two instruments, 4 s", BY_NAME, f"SDRi, {PER_CLASS}", of(NAME))
    yield Line("objects", "everyday objects over a bed, 4 s, 0 dB", BY_NAME, f"SDRi, {PER_CLASS}", of(NAME))
    for part in (f"{snr:g} dB" for snr in SNRS):
        where = f"speech in environmental noise, {part}"
        yield Line("speech-in-noise", where, '"Speech"', f"SI-SDRi, {MEAN}", _change("si_sdr", part))
        yield Line("speech-in-noise", where, '"Speech"', f"PESQ, {MEAN} change", _change("pesq", part))
        yield Line("speech-in-noise", where, '"Speech"', f"SSNR in dB, {MEAN} change", _change("ssnr", part))
        yield Line("speech-in-noise", where, '"Speech"', f"STOI, {MEAN} change", _change("stoi", part), digits=3)
    yield Line("stems", "stems of rendered songs, 10 s", "instrument", f"SDRi, {PER_CLASS}", of(NAME))
    low = f"two sounds, 2 s, all below {LOWPASS / 1000:g} kHz"
    yield Line("lowpass", low, BY_NAME, f"SDRi, {PER_CLASS}", of(NAME))
    yield Line("lowpass", low, BY_NAME, "SDRi less that of the full band, same mixtures", _against_full_band)
    own = lru_cache(maxsize=1)(_own_f1)  # all levels come of one count
    for level in LEVELS:
        what = f"what sounds when in 10 s, level {level}"
        yield Line("detection", what, NOTHING, "segment F1, 1 s", partial(_level, own, level))
    figure = f"dB below the mixture, {PER_CLASS}"
    yield Line("absent", "two sounds, a third is asked for", BY_NAME, figure, of(NAME, "suppression"))
    yield from scene_lines()


def _change(column: str, part: str) -> Callable[[Run, Mapping[str, Found]], Figure]:
    """By how much the answer is better than the mixture."""

    def figure(run: Run, _: Mapping[str, Found]) -> Figure:
        if part not in run.data.parts:
            return NONE
        return paired(run.figures(MIXTURE, column, part), run.figures(NAME, column, part), run.how)

    return figure


def _against_full_band(run: Run, found: Mapping[str, Found]) -> Figure:
    """The difference on the mixtures that both runs have."""
    full = found.get("environmental")
    if not isinstance(full, Run):
        return NONE
    there = set(full.data.items)
    both = [item for item in run.data.items if item in there]
    if not both:
        return NONE
    whole, low = (one.only(both).figures(NAME, "sdri") for one in (full, run))
    return paired(whole, low, run.how)


def _own_f1(run: Run) -> dict[int, Figure]:
    """Segment F1 of each level at the model's own threshold."""
    found = detections(read_rows(run.folder, whole=False))
    return {one.level: one.f1 for one in found if one.threshold is None}


def _level(own: Callable[[Run], dict[int, Figure]], level: int, run: Run, _: Mapping[str, Found]) -> Figure:
    return own(run).get(level, NONE)
