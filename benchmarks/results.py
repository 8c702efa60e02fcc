"""docs/results.md: the model in the box, and the models of the ablation, on every set that is at hand; and its card.

    make results DATA=data STEMS=stems MENDS=recipes/shared-data-mends.csv DEMO=build/scene

Everything in the page comes from the runs in --results, which `unweave evaluate` writes and goes on with; what is
measured already is not measured again. DATA is a folder with an index.csv (docs/data.md), STEMS one that
benchmarks/render_stems.py wrote of songs that nothing was trained on, MENDS mends of the index, DEMO what
examples/make_scene.py --stems wrote; all but DATA may be left out. The page begins with the table that
`unweave evaluate local=DATA --option stems=STEMS` prints, which docs/models/small.md has too.
"""

from __future__ import annotations

import argparse
import dataclasses
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from card import card

from unweave.evaluation.comparing import comparison
from unweave.evaluation.detection.table import detection_table
from unweave.evaluation.fingerprint import machine, source_commit
from unweave.evaluation.glance import glance_table
from unweave.evaluation.local import Local, local_runs
from unweave.evaluation.local_sets import PAIRS
from unweave.evaluation.runs import Run, find_runs
from unweave.evaluation.table import Table, markdown
from unweave.evaluation.tables import run_table

MODEL = "small"
ABLATION = ("base", "onehot", "embedding", "unet", "out-clip")


def sets(data: Path, stems: Path | None) -> list[tuple[str, list[str], str]]:
    """Heading, words of the command line, what is said of the set."""
    found = [
        (
            "ESC-50, the published pairs",
            [f"esc50={data}", "--option", f"pairs={data / PAIRS}"],
            "Of the pairs on which AudioSep publishes 10.04 dB, those of which both clips are held out: 5 s, equal "
            "energy, the mean over pairs. `unnamed`: classes that AudioSet does not have; they were heard in training "
            "and can only be asked for by example.",
        ),
        (
            "ESC-50, all clips of the fold",
            [f"esc50={data}"],
            "Every held-out clip once, with one of another class: 5 s, equal energy, the mean over pairs.",
        ),
        (
            "Environmental sounds",
            [f"environmental={data}"],
            "Two held-out clips where they are loudest: 2 s, equal energy, 20 mixtures for each of 46 classes.",
        ),
        (
            "Environmental sounds, three sources",
            [f"environmental={data}", "--option", "sources=3", "--option", "each=10"],
            "The same with three sources, 10 mixtures for each class.",
        ),
        (
            "Environmental sounds, four sources",
            [f"environmental={data}", "--option", "sources=4", "--option", "each=10"],
            "The same with four.",
        ),
        (
            "Environmental sounds below 8 kHz",
            [f"environmental={data}", "--lowpass", "8000", "--option", "each=10"],
            "The first 10 mixtures of each class of the two-source set, low-passed at 8 kHz on both sides, so that "
            "nothing can be told by where a sound's band ends.",
        ),
        (
            "Unseen classes",
            [f"environmental={data}", "--option", "named=false"],
            "The four classes of ESC-50 that AudioSet does not have. The model was never told their names: they can "
            "only be asked for by example.",
        ),
        (
            "Absent classes",
            [f"absent={data}"],
            "Mixtures of two, asked for a class that neither holds: how much quieter than the mixture the answer is.",
        ),
        (
            "Speech in noise",
            [f"speech-in-noise={data}"],
            "5 s of held-out speakers with held-out environmental sounds at four ratios; the mean over mixtures.",
        ),
        (
            "What sounds when",
            [f"detection={data}", "--option", "half=report", "--option", "without=joined"],
            "Scenes of 10 s with two to four held-out sounds at known times. The default threshold was chosen on the "
            "other half of the recordings (`half=choose`). Without the clips that joined later, to be comparable.",
        ),
    ]
    if stems is not None:
        found.append(
            (
                "Stems of songs",
                [f"stems={stems}"],
                "Songs that nothing was trained on, rendered with another sound font than in training; all stems of a "
                "song are its mixture, 10 s where the target is loudest.",
            )
        )
    return found


def measure(words: Sequence[str], results: Path) -> None:
    """Run `unweave evaluate`, or let it see that all is there."""
    print("unweave evaluate", *words, file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "unweave", "evaluate", *words, "-o", str(results), "-q"], check=True)


def speed(data: Path) -> tuple[float, float, int]:
    """Seconds for each second of a minute in stereo: levels 1 to 3, and one class; how many tracks the first made."""
    from unweave.audio.io import read_audio
    from unweave.evaluation.benchmarks.held_out import held_out
    from unweave.pretrained.load import load_model

    clips = held_out(data, "esc50").tested[::31][:12]
    waves = [read_audio(clip.path) for clip in clips]
    minute = np.concatenate([wave for wave, _ in waves], axis=1)[:, : 60 * waves[0][1]]
    stereo, rate = np.concatenate([minute, minute[:, ::-1]]), waves[0][1]
    model = load_model(MODEL)
    model.separate(stereo[:, : 4 * rate], rate, classes=["Dog"])
    begin = time.perf_counter()
    tracks = model.separate(stereo, rate)
    middle = time.perf_counter()
    model.separate(stereo, rate, classes=["Dog"])
    seconds = stereo.shape[1] / rate
    return (middle - begin) / seconds, (time.perf_counter() - middle) / seconds, len(tracks)


def glance(data: Path, results: Path, only: tuple[str, ...] = (), **places: Path | None) -> tuple[Table, str]:
    """The compact table, and the command that prints it; the runs that are measured already are used."""
    table = glance_table(MODEL, local_runs(Local(data, results / MODEL, MODEL, only=only, **places)))
    options = "".join(f" --option {key}={place}" for key, place in places.items() if place is not None)
    options += f" --option only={','.join(only)}" if only else ""
    return table, f"unweave evaluate local={data}{options}"


def anonymous(text: str, data: Path, stems: Path | None = None, **places: Path | None) -> str:
    """Without the places of this machine."""
    for name, place in {"stems": stems, **places}.items():
        text = text if place is None else text.replace(str(place), name.upper())
    return text.replace(str(data), "DATA")


def page(
    results: Path,
    listed: Sequence[tuple[str, list[str], str]],
    ablation: Sequence[Run],
    data: Path,
    compact: tuple[Table, str],
    before: str,
) -> str:
    """The Markdown; `before` is what the page was."""
    from unweave.evaluation.figures.fig7 import draw_figure7
    from unweave.evaluation.figures.threshold_curve import draw_threshold_curve
    from unweave.evaluation.rows import read_rows
    from unweave.pretrained.load import load_model

    images = Path("docs/images")
    lines = [
        "# Results",
        "",
        "Generated by `make results` (benchmarks/results.py); nothing here is typed by hand. Held-out recordings only: "
        "the valid split of the sounds that the model in the box learnt from, no recording of which is on both sides.",
        "",
        f"{time.strftime('%Y-%m-%d')}, commit {source_commit()}, {machine(torch.device('cpu'))}.",
        "",
        "Ways of asking: `onehot` by the class's name, `soft` by what the tagger hears of the class in the mixture, "
        "`average` by the mean of training sounds of the class (equation 9), `example` by one of them, `oracle` by the "
        "clean target itself. The ideal masks know the target.",
        "",
        "## At a glance",
        "",
        f"    {compact[1]}",
        "",
        markdown([compact[0]]).strip(),
    ]
    if not listed:
        lines += [
            "",
            "Made with --glance. The same command without it adds a section for every set: all ways of asking, every "
            "class, ideal masks; it takes hours.",
        ]
    for heading, words, about in listed:
        word, options = words[0], [words[i + 1] for i, one in enumerate(words) if one == "--option"]
        name, _, place = word.partition("=")
        lowpass = [float(words[i + 1]) for i, one in enumerate(words) if one == "--lowpass"]
        marks = [option if len(option) < 40 else Path(option).name for option in options]
        folder = results / MODEL / "-".join([name, *marks, *(f"lowpass={value:g}" for value in lowpass)])
        run = Run(folder)
        shown = " ".join(["unweave evaluate", *words]).replace(str(Path(place)), "STEMS" if name == "stems" else "DATA")
        lines += ["", f"## {heading}", "", about, "", f"    {shown}", ""]
        table = run_table(run) if run.separates else detection_table(run)
        # How long it took says little: a run may have been stopped, or shared the machine.
        notes = tuple(note for note in table.notes if not note.endswith("for each second of sound."))
        lines.append(markdown([dataclasses.replace(table, notes=notes)]).strip())
        if name == "detection":
            draw_threshold_curve(images / "thresholds.png", read_rows(folder), "F1 against the threshold")
            lines += ["", "![F1 against the threshold](images/thresholds.png)"]
        elif heading == "Environmental sounds":
            draw_figure7(run, images / "classes.png")
            lines += ["", "![SDRi of every class](images/classes.png)"]
    if ablation:
        size = sum(weight.numel() for weight in load_model(ablation[0].about["model"]["path"]).separator.parameters())
        about = ABOUT_ABLATION.format(millions=size / 1e6)
        lines += ["", "## A small ablation", "", about, "", markdown([comparison(ablation)]).strip()]
    elif "\n## A small ablation\n" in before:
        lines += ["", kept(before, "A small ablation")]
    everything, one, tracks = speed(data)
    lines += [
        "",
        "## Speed",
        "",
        "A minute in stereo at 32 kHz, in memory, the model loaded: seconds of work for each second of sound.",
        "",
        "| asked for | s / s |",
        "|---|--:|",
        f"| levels 1, 2 and 3 ({tracks} tracks) | {everything:.3f} |",
        f"| one class | {one:.3f} |",
    ]
    return "\n".join(lines) + "\n"


KEPT = "Kept from the page of "


def kept(page: str, heading: str) -> str:
    """A section of a page as it was, with a word on when that was."""
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0].strip()
    if KEPT not in section:
        when = next(line for line in page.splitlines() if ", commit " in line).rstrip(".")
        section = f"{KEPT}{when}; the model in the box is that of then.\n\n{section}"
    return f"## {heading}\n\n{section}"


ABOUT_ABLATION = (
    "Narrow separators of {millions:.1f} M parameters, trained for 300 steps of 6 mixtures each (`recipes/ablation/`; "
    "one thing is changed in each), and the model in the box, on the same mixtures. They say what differs early in "
    "training, not what the paper's long runs end with. `ablation-base`: ResUNet30, soft condition, anchors mined by "
    "the detector."
)


def main() -> None:
    """Measure what is missing and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with an index.csv")
    parser.add_argument("--stems", type=Path, help="folder that render_stems.py wrote")
    parser.add_argument("--mends", type=Path, help="of the index, such as recipes/shared-data-mends.csv")
    parser.add_argument("--demo", type=Path, help="folder that examples/make_scene.py --stems wrote")
    parser.add_argument(
        "--ablation", type=Path, help="folder with the runs of recipes/ablation; without it that part stays as it is"
    )
    parser.add_argument("--results", type=Path, default=Path("results"), help="of unweave evaluate (%(default)s)")
    parser.add_argument("--page", type=Path, default=Path("docs/results.md"), help="%(default)s")
    parser.add_argument("--card", type=Path, default=Path("docs/models/small.md"), help="%(default)s")
    parser.add_argument("--only", default="", help="sets of the table at a glance, with commas; all if none is named")
    parser.add_argument("--glance", action="store_true", help="the table at a glance alone, and the card")
    options = parser.parse_args()
    # Whole paths, so that none is a word of the page when it is taken out.
    options.data = options.data.absolute()
    places = {name: (place := getattr(options, name)) and place.absolute() for name in ("stems", "mends", "demo")}
    options.stems = places["stems"]
    listed = [] if options.glance else sets(options.data, options.stems)
    for _, words, _ in listed:
        measure(words, options.results)
    ablation = []
    if options.ablation:
        ways = [word for way in ("oracle", "average", "soft", "onehot") for word in ("--ask", way)]
        for name in ABLATION:
            model = options.ablation / name / "model"
            asked = ways if name != "embedding" else ways[:4]
            words = [f"environmental={options.data}", "--limit", "230", "--model", str(model), *asked]
            measure(words, options.results)
            ablation += find_runs([options.results / name])
        measure([f"environmental={options.data}", "--limit", "230"], options.results)
        ablation += find_runs([options.results / MODEL / "environmental-limit=230"])
    compact = glance(options.data, options.results, tuple(filter(None, options.only.split(","))), **places)
    before = options.page.read_text(encoding="utf-8") if options.page.is_file() else ""
    written = {
        options.page: page(options.results, listed, ablation, options.data, compact, before),
        options.card: card(MODEL, *compact, time.strftime("%Y-%m-%d")),
    }
    for path, text in written.items():
        path.write_text(anonymous(text, options.data, **places), encoding="utf-8")


if __name__ == "__main__":
    main()
