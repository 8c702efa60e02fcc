"""Stems of songs in an index.csv: all stems of a song make its mixture, each with a class is a target."""

from __future__ import annotations

from pathlib import Path

from unweave.data.collection import Clip
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.clips import below
from unweave.evaluation.benchmarks.held_out import held_out
from unweave.evaluation.items import Item, Piece

SECONDS = 10.0


@benchmarks.register("stems")
def stems(root: Path, dataset: str = "freedoom_stems", seconds: float = SECONDS) -> Benchmark:
    """Held-out songs; a song is what has one `source_group`, its clips are its stems, as loud as they are in it.

    Args:
        root: an index.csv, or the folder that holds it.
        dataset: whose clips, by the index's column `dataset`.
        seconds: of each song where the target is loudest.
    """
    sounds = held_out(root, dataset)
    songs: dict[str, list[Clip]] = {}
    for clip in sounds.tested:
        songs.setdefault(clip.group, []).append(clip)
    items = []
    for song, clips in sorted(songs.items()):
        for clip in clips if len(clips) > 1 else ():
            target = sounds.loudest(clip, seconds)
            others = [below(sounds.root, other.path) for other in clips if other is not clip]
            items.append(
                Item(
                    id=f"{song}/{clip.path.stem}",
                    label=sounds.label(clip),
                    target=(target,),
                    others=tuple(Piece(path, target.start, seconds) for path in others),
                    classes=sounds.asked(clip),
                    snr=None,
                    group=song,
                )
            )
    return Benchmark(
        name="stems",
        root=sounds.root,
        items=items,
        seconds=seconds,
        examples=sounds.examples(),
        clips=sounds.counts(),
        options={} if dataset == "freedoom_stems" else {"dataset": dataset},
    )
