"""VoiceBank-DEMAND (Section 4.4.6 of the paper): 824 noisy utterances of two speakers."""

from __future__ import annotations

import re
from pathlib import Path

from unweave.data.datasets.base import NO_FILE
from unweave.data.datasets.files import Files
from unweave.data.datasets.report import Report
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.clips import place, readable
from unweave.evaluation.benchmarks.pairs import drawn
from unweave.evaluation.items import Item, Piece

CLEAN, NOISY = "clean_testset_wav", "noisy_testset_wav"
TRAIN = ("clean_trainset_wav", "clean_trainset_28spk_wav", "clean_trainset_56spk_wav")
LOGS = ("log_testset.txt", "logfiles/log_testset.txt")
SPEECH = "/m/09x0r"
LINE = re.compile(r"^(p\d+_\d+)\s.*?(-?\d+(?:\.\d+)?)\s*$", re.M)  # p232_001 bus 17.5


@benchmarks.register("voicebank-demand")
def voicebank_demand(root: Path, average: int | None = None) -> Benchmark:
    """Speech out of each noisy utterance as it was recorded; 824 utterances.

    It is separated in mono at 32 kHz, as by the paper's code; the metrics of speech resample to 16 kHz by themselves.
    Summaries are medians, as in that code; others usually give means. Each utterance is a part of its own SNR if
    `log_testset.txt` is there to say it.

    Args:
        root: holds `clean_testset_wav/` and `noisy_testset_wav/`, and a `clean_trainset...wav/` for examples; 48 kHz as
            published, or resampled.
        average: clean training utterances that are averaged; None for all, as in the paper's code, which takes the
            tagger most of an hour on a CPU.

    Raises:
        UnweaveError: no such folder, or no utterance in it.
    """
    root, report = place(root), Report()
    files, snrs = Files(root), _snrs(root)
    items = []
    for name in _names(root / CLEAN):
        if not files.has(f"{NOISY}/{name}"):
            report.add(NO_FILE, f"{NOISY}/{name}")
            continue
        if not all(readable(root / folder / name, report) for folder in (CLEAN, NOISY)):
            continue
        utterance = name.rpartition(".")[0]
        items.append(
            Item(
                id=utterance,
                label="Speech",
                target=(Piece(f"{CLEAN}/{name}"),),
                mixture=Piece(f"{NOISY}/{name}"),
                classes=(SPEECH,),
                snr=None,
                group=utterance,
                part=snrs.get(utterance, ""),
            )
        )
    if snrs and (unsaid := [item.id for item in items if not item.part]):
        report.add_many("log_testset.txt does not say its SNR", len(unsaid), unsaid)
    tested = {Path(item.target[0].path).name for item in items}
    folder = next((name for name in TRAIN if (root / name).is_dir()), TRAIN[0])
    learnt = [name for name in _names(root / folder) if name not in tested]
    learnt = learnt if average is None else drawn(learnt, average, "example", "Speech")
    return Benchmark(
        name="voicebank-demand",
        root=root,
        items=items,
        metrics=("sdr", "pesq", "ssnr", "composite", "stoi"),
        seconds=None,
        examples={"Speech": [Piece(f"{folder}/{name}") for name in learnt]} if learnt else {},
        unit="utterances",
        expected=824,
        missing=tuple(report.sentences()),
        options={"average": "all" if average is None else average},
    )


def _names(folder: Path) -> list[str]:
    """The names of the utterances in a folder, sorted; none if it is not there."""
    return sorted(path.name for path in folder.glob("*.wav") if not path.name.startswith("."))


def _snrs(root: Path) -> dict[str, str]:
    """The SNR of each utterance, "2.5 dB"."""
    path = next((root / name for name in LOGS if (root / name).is_file()), None)
    if path is None:
        return {}
    found = LINE.findall(path.read_text(encoding="utf-8", errors="replace"))
    return {utterance: f"{float(snr):g} dB" for utterance, snr in found}
