"""docs/listen.md: our own scene before and after, as pictures, figures and sound.

    make listen    # needs fluidsynth, espeak-ng and the FluidR3 sound font

Without the true sounds (--stems, which `examples/make_scene.py --stems` makes) the page has neither the right-hand
pictures nor the figures. No figure in it is typed by hand; make it again when another model has come into the box.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from known_scene import Asked, Samples, Scene, held, measure, read_scene, truth
from spectrograms import draw

from unweave.errors import UnweaveError
from unweave.evaluation.fingerprint import model_fingerprint, source_commit
from unweave.evaluation.metrics.si_sdr import si_sdr
from unweave.evaluation.table import number
from unweave.inference.track import RESIDUAL, Track
from unweave.model import Model
from unweave.pretrained.load import load_model

LEVELS = (1, 3)
HEARD = "Siren"
CLIP = 3.5  # s of sound beside the page
MOST_BYTES = 300_000


def save_clips(folder: Path, scene: Scene, track: Samples, span: tuple[float, float]) -> None:
    """Write before.flac and after.flac: the beginning of a sound.

    Raises:
        UnweaveError: a file is larger than what belongs beside a page.
    """
    first = round(span[0] * scene.rate)
    last = first + round(min(CLIP, span[1] - span[0]) * scene.rate)
    for name, wave in (("before", scene.mixture), ("after", track)):
        path = folder / f"{name}.flac"
        soundfile.write(path, np.clip(wave[:, first:last].T, -1, 1), scene.rate, subtype="PCM_16")
        if path.stat().st_size > MOST_BYTES:
            raise UnweaveError(f"{path} has {path.stat().st_size} bytes, more than {MOST_BYTES}; make CLIP shorter.")


def page(model: Model, scene: Scene, levels: dict[int, list[Track]], asked: Sequence[Asked], heard: str) -> str:
    """The Markdown."""
    known = ", ".join(f"{name} ({when(spans)})" for name, spans in scene.spans.items())
    lines = [
        "# Before and after",
        "",
        f"A recording of {scene.seconds:g} s, made by ourselves ([examples](../examples/README.md)), and what the "
        f"model in the box makes of it. In it sound: {known}.",
        "",
        "Pick one shape in the recording and follow it down: the slow wave of a siren, the short dashes of a bark, the "
        "grey veil of rain. In a good track the shape stays whole and all around it is dark, as at the right. And "
        "please look for what is worse, too: pale shadows of other sounds (bleed), holes where two sounds lay on top "
        "of each other, sounds that end too early, and rows that should not be there at all.",
        "",
        "![Spectrograms of the recording and of each track](images/listen.png)",
        "",
        f"Rows: `unweave separate` at levels {' and '.join(map(str, levels))} of the ontology, coarse and fine, each "
        "with its residual. A sound that belongs to several tracks of a level is drawn at the right of each.",
        "",
        "## Hear it",
        "",
        f"Where the class {heard} begins: [before](audio/before.flac), and [after](audio/after.flac), asked for by "
        "name. To hear all of it, with any model:",
        "",
        "    make demo                 # all levels, into separated/scene/",
        f"    unweave separate examples/scene.flac -o separated/by-name {argument(heard)}",
        "",
        *(in_figures(asked) if asked else []),
        "## What is worse",
        "",
        *(worst(asked) if asked else []),
        *(mistakes(model, scene, level, tracks) for level, tracks in levels.items()),
        "",
        f"Made by `make listen` (benchmarks/listen.py), {time.strftime('%Y-%m-%d')}, commit {source_commit()}, weights "
        f"{model_fingerprint(model)}.",
    ]
    return "\n".join(lines) + "\n"


def in_figures(asked: Sequence[Asked]) -> list[str]:
    """A line for each class."""
    return [
        "## In figures",
        "",
        "Each class asked for by name. SDR while it sounds: of the recording, and of the track. *Rest*: how loud the "
        "track still is while the class does not sound, over the recording at that time; silence would be right, so "
        "lower is better.",
        "",
        "| asked for | sounds | SDR before, dB | SDR after, dB | better by, dB | rest, dB |",
        "|---|---|--:|--:|--:|--:|",
        *(
            f"| {one.name} | {when(one.spans)} | {number(one.before, 1)} | {number(one.after, 1)} | "
            f"{number(one.after - one.before, 1)} | {number(one.rest, 1)} |"
            for one in asked
        ),
        "",
    ]


def worst(asked: Sequence[Asked]) -> list[str]:
    """Which class comes out least well, and which lets most of the others through."""
    least = min(asked, key=lambda one: one.after - one.before)
    gain = least.after - least.before
    how = f"better by {number(gain, 1)} dB only" if gain >= 0 else f"worse by {number(-gain, 1)} dB"
    said = [f"- *{least.name}* gains least from being asked for: its SDR gets {how}."]
    leaks = [one for one in asked if not math.isnan(one.rest)]
    if leaks:
        most = max(leaks, key=lambda one: one.rest)
        below = f"{number(-most.rest, 1)} dB below the recording"
        said.append(f"- *{most.name}* bleeds most: where it does not sound, its track is still only {below}.")
    return said


def mistakes(model: Model, scene: Scene, level: int, tracks: Sequence[Track]) -> str:
    """What a level holds that is not there, what is less than half right, and what is there and has no track."""
    names = list(scene.spans)
    false, poor = [], []
    for track in tracks:
        if track.name != RESIDUAL and not held(model.ontology, track, names):
            false.append(track.name)
        elif track.name != RESIDUAL and scene.stems:
            true = truth(scene, model.ontology, track, tracks)
            # Below 0 dB less than half of the energy of both is in common.
            poor += [track.name] if true is not None and si_sdr(true, track.audio) < 0 else []
    missed = [name for name in names if not any(name in held(model.ontology, track, names) for track in tracks)]
    told = (
        ("found though it does not sound", false),
        ("found, but less than half of it is right (other sounds in it, or much of it missing)", poor),
        ("without a track", missed),
    )
    said = [f"{words}: {', '.join(f'*{name}*' for name in found)}" for words, found in told if found]
    return f"- Level {level}: {'; '.join(said) or 'no track too many, and none too few'}."


def when(spans: Sequence[tuple[float, float]]) -> str:
    """Spans for people."""
    return ", ".join(f"{start:.1f} to {end:.1f} s" for start, end in spans)


def argument(name: str) -> str:
    """A class for a shell."""
    return f'--class "{name}"' if " " in name else f"--class {name}"


def main() -> None:
    """Separate the scene and write the page, its picture and its sounds."""
    here = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scene", type=Path, default=here / "examples/scene.flac", help="with a .json beside it")
    parser.add_argument("--stems", type=Path, help="folder with its sounds, 0.wav is the first of the json")
    parser.add_argument("--docs", type=Path, default=here / "docs", help="where listen.md, images and audio go")
    parser.add_argument("--model", help="another than the one in the box")
    parser.add_argument("--hear", default=HEARD, help="the class whose sound lies beside the page (%(default)s)")
    options = parser.parse_args()
    scene, model = read_scene(options.scene, options.stems), load_model(options.model)
    heard = options.hear if options.hear in scene.spans else next(iter(scene.spans))
    levels = {level: model.separate(scene.mixture, scene.rate, level=level) for level in LEVELS}
    named = model.separate(scene.mixture, scene.rate, classes=list(scene.spans), residual=False)
    tracks = {name: track.audio for name, track in zip(scene.spans, named, strict=True)}
    for folder in ("images", "audio"):
        (options.docs / folder).mkdir(parents=True, exist_ok=True)
    draw(options.docs / "images/listen.png", scene, model.ontology, levels)
    save_clips(options.docs / "audio", scene, tracks[heard], scene.spans[heard][0])
    asked = measure(scene, tracks) if scene.stems else []
    (options.docs / "listen.md").write_text(page(model, scene, levels, asked, heard), encoding="utf-8")


if __name__ == "__main__":
    main()
