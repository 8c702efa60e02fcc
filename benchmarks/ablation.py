"""What the paper does not have, in a small size: recipes/ablation learnt, measured and compared, with intervals.

    unweave prepare index DATA/index.csv --option mends=recipes/shared-data-mends.csv -o stores/shared-data
    python benchmarks/ablation.py DATA --store stores/shared-data --out build/ablation

Every recipe learns with a narrow net of the kind in the box (`--net` gives another), so that all of them take half an
hour of one core; they go on where they were stopped. Then all are measured on the same mixtures of two held-out
environmental sounds: told by the target (oracle), by the average over training sounds (equation 9) and by the weighted
one. Printed: SDRi, the median of each class and then their mean, with 95 % bootstrap intervals, and the paired
difference to the recipe that each is compared with.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from unweave.evaluation.runs import Run
from unweave.evaluation.statistics import Figure, paired, summarise
from unweave.evaluation.table import number

AGAINST = {
    "base": None,
    "joint": "base",
    "mixed-sources": "base",
    "mixed-anchors": "base",
    "finetune": "base",
    "finetune-thawed": "finetune",
}
WAYS = ("oracle", "average", "weighted")
NET = "{name: small, arguments: {widths: [24, 32, 48, 72, 104]}}"


def unweave(*words: object) -> None:
    """Run the command line, results and progress to standard error."""
    print("unweave", *words, file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "unweave", *map(str, words)], check=True, stdout=sys.stderr)


def learn(name: str, store: Path, out: Path, steps: int, net: str) -> Path:
    """The folder of the model that a recipe gives."""
    folder, loop = out / "runs" / name, "separator.learn.0.loop"
    if not (folder / "model" / "model.json").is_file():
        words = [f"data.store={store}", f"folder={folder}", f"separator.part={net}"]
        words += [f"{loop}.steps={steps}", f"{loop}.evaluate_every={steps}"]
        if name == "finetune-thawed":
            words.append(f"separator.learn.0.thaw.after={steps // 2}")
        unweave("train", f"ablation/{name}", *words)
    return folder / "model"


def measure(name: str, model: Path, data: Path, out: Path, items: int) -> Run:
    """Its run on the mixtures."""
    asks = [word for way in WAYS for word in ("--ask", way)]
    unweave("evaluate", f"environmental={data}", "--limit", items, "--model", model, *asks, "-o", out / "results", "-q")
    (about,) = (out / "results" / name).rglob("run.json")
    return Run(about.parent)


def row(name: str, runs: dict[str, Run]) -> str:
    """A line of Markdown."""
    run, other = runs[name], AGAINST[name]
    cells = [_cell(summarise(run.figures(way, "sdri"), run.how)) for way in WAYS]
    for way in WAYS[:2]:
        if other is None:
            cells.append("-")
        else:
            first = runs[other]
            cells.append(_cell(paired(first.figures(way, "sdri"), run.figures(way, "sdri"), run.how), "+"))
    return f"| {name} | {' | '.join(cells[:3])} | {other or '-'} | {' | '.join(cells[3:])} |"


def _cell(figure: Figure, sign: str = "") -> str:
    return f"{sign if figure.value > 0 else ''}{number(figure.value)} [{number(figure.low)}, {number(figure.high)}]"


def main(words: Sequence[str] | None = None) -> None:
    """Learn, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("build/ablation"))
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--items", type=int, default=230)
    parser.add_argument("--net", default=NET, help="separator.part of all recipes (%(default)s)")
    parser.add_argument("--only", nargs="*", choices=AGAINST, default=list(AGAINST))
    asked = parser.parse_args(words)
    store, out = asked.store.absolute(), asked.out.absolute()
    runs = {}
    for name in asked.only:
        model = learn(name, store, out, asked.steps, asked.net)
        runs[name] = measure(name, model, asked.data.absolute(), out, asked.items)
    print(f"| recipe | {' | '.join(WAYS)} | against | oracle, difference | average, difference |")
    print("|---|" + "--:|" * 3 + "---|--:|--:|")
    for name in runs:
        if AGAINST[name] is None or AGAINST[name] in runs:
            print(row(name, runs))


if __name__ == "__main__":
    main()
