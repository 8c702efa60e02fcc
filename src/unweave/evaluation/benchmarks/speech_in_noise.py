"""Speech in environmental noise at 0, 5, 10 and 15 dB: 5 s of held-out speakers and held-out noises."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.clips import below
from unweave.evaluation.benchmarks.held_out import held_out
from unweave.evaluation.benchmarks.pairs import drawn
from unweave.evaluation.items import Item, Piece

SECONDS = 5.0
SNRS = (0, 5, 10, 15)  # dB
VOICES = {"Speech", "Laughter", "Baby cry, infant cry", "Cough", "Sneeze", "Breathing", "Snoring"}


@benchmarks.register("speech-in-noise")
def speech_in_noise(
    root: Path,
    snrs: Sequence[float] = SNRS,
    each: int = 4,
    speech: str = "librispeech_small",
    noise: str = "esc50",
    seed: int = 0,
) -> Benchmark:
    """Every held-out speaker with `each` noises at every ratio, the same noises at all of them.

    Args:
        root: an index.csv, or the folder that holds it.
        snrs: energy of the speech over that of the noise, in dB.
        each: noises for each utterance.
        speech, noise: data sets of the index.
        seed: of the drawing.
    """
    voices, noises = held_out(root, speech), held_out(root, noise)
    quiet = {below(noises.root, clip.path) for clip in noises.tested if noises.label(clip) not in VOICES}
    items = []
    for clip in voices.tested:
        name = below(voices.root, clip.path)
        target = voices.loudest(clip, SECONDS)
        for number, path in enumerate(drawn(sorted(quiet), each, "noise", str(seed), name)):
            for snr in snrs:
                items.append(
                    Item(
                        id=f"{Path(name).stem}/{number:02d}/{snr:g} dB",
                        label="Speech",
                        target=(target,),
                        others=(Piece(path, seconds=SECONDS),),
                        classes=voices.asked(clip),
                        snr=float(snr),
                        group=clip.group,
                        part=f"{snr:g} dB",
                    )
                )
    return Benchmark(
        name="speech-in-noise",
        root=voices.root,
        items=items,
        metrics=("sdr", "si_sdr", "pesq", "ssnr", "stoi"),
        summary="mean",
        seconds=SECONDS,
        examples=voices.examples(),
        clips=voices.counts(),
    )
