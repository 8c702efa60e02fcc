"""Write docs/performance.md from what `bench.py` and `candidates.py` have measured and from `tried.yaml`.

python benchmarks/report_performance.py                       # the newest result of each machine
python benchmarks/report_performance.py results/A.json B.json --out docs/performance.md
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import yaml
from candidates_page import section
from cases import BOX, PLANS, RESUNET
from sides import PUBLISHED_SIDE
from tables import table, tables

HERE = Path(__file__).parent
RESULTS, TRIED, PAGE = HERE / "results", HERE / "tried.yaml", HERE.parent / "docs" / "performance.md"
KEYS = ("idea", "gave", "kept")
LESS_EXACT = ("int8", "bfloat16")

HEAD = """# Performance

    make bench                                   # measure, about half an hour
    python benchmarks/bench.py --full            # also ResUNet30 on up to an hour
    python benchmarks/bench.py --box             # the model in the box alone
    python benchmarks/candidates.py              # what each idea for speed gives by itself, four minutes
    python benchmarks/convolutions.py            # torch's convolutions beside ours, layer by layer, half a minute
    python benchmarks/older.py                   # rows on this processor as one without AVX-512
    python benchmarks/report_performance.py      # write this page again

This page is generated: the figures by these commands, what was tried from `benchmarks/tried.yaml`. Times are those of
the clock, medians where a case was repeated; processor seconds count all threads. The published package is `uss` 0.0.4,
with its own functions, in turns with ours in one run, with the same random weights of the published shapes and a tagger
that hears the ten classes everywhere. The published package cuts every 2 s, which its network fills up to 2.24 s of
frames; ours puts 0.2 s of sound there, so that as many segments overlap and cross-fade (tables before 2026-11-28: 2 s
that overlapped by 0.4 s, a quarter more). The side "published cut" does as the published package does. What "auto"
compiles is in its cache and its choice is made, as after some minutes of use, but for the rows that say "nothing
compiled yet"; it still waits in each process until loading pays, some 6 s of work of a ResUNet30, so that 10 s of sound
are over by then. "Made older" is the processor as one without AVX-512, AMX and AVX-VNNI: on Intel's CPUID does not tell
of them (`benchmarks/older_processor.c`); on an AMD, where nobody may answer CPUID, PyTorch's own switches take AVX2, so
that only what runs in PyTorch takes part. The newest table comes first; rows are of the code of the commits that are
named.
"""


def newest(folder: Path) -> list[Path]:
    """The latest results of each machine, the newest first; smoke runs of the harness do not count.

    One of all that was measured together, and one of the model in the box alone.
    """
    latest: dict[tuple[str, bool], Path] = {}
    for path in sorted(folder.glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        if data.get("plan", "smoke") != "smoke" or "steps" in data:  # what else lies there is of other scripts
            latest[data["machine"], data.get("plan") == "box"] = path
    return sorted(latest.values(), key=lambda path: path.name, reverse=True)


def without_older(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same without what tables say of the model in the box, where a later one of the machine is of it alone."""
    later = {data["machine"]: data["date"] for data in results if data.get("plan") == "box"}
    kept = []
    for data in results:
        if data.get("plan") != "box" and data["date"] <= later.get(data["machine"], ""):
            rows = [row for row in data["rows"] if row["model"] != BOX]
            profiles = {model: stages for model, stages in data["profiles"].items() if model != BOX}
            data = {**data, "rows": rows, "profiles": profiles, "older": True}
        kept.append(data)
    return kept


def read_tried(path: Path) -> list[dict[str, str]]:
    """What was tried: a list of mappings with the keys `KEYS`.

    Raises:
        ValueError: another key, or one that is missing.
    """
    rows: list[dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for row in rows:
        if set(row) != set(KEYS):
            raise ValueError(f"{path}: {row} must have the keys {', '.join(KEYS)}.")
    return rows


def page(results: list[dict[str, Any]], tried: list[dict[str, str]], candidates: Sequence[dict[str, Any]] = ()) -> str:
    """The whole page."""
    parts = [HEAD.rstrip()]
    for data in without_older(results):
        own = ", the model in the box" if data.get("plan") == "box" else ""
        parts += [f"## {data['machine']}{own}", aims(data), tables(data).rstrip(), *left_out(data)]
    if not results:
        parts.append("Nothing is measured yet.")
    if not any("cuda" in data.get("device", "cpu") for data in results):
        parts.append("## On a GPU\n\nNot measured: there was none at hand. `bench.py --device cuda` is there for it.")
    lines = [[" ".join(str(row[key]).split()) for key in KEYS] for row in tried]
    parts += [
        "## What was tried",
        *map(section, candidates),
        "### Everything",
        table(["idea", "what it gave", "kept"], lines),
    ]
    return "\n\n".join(parts) + "\n"


def left_out(data: dict[str, Any]) -> list[str]:
    """A sentence on the cases of its plan that a run has not measured, if there are any."""
    missing = [
        f"{case.model}, {case.what}, {case.seconds:g} s{', a process of its own' if case.cold else ''}"
        for case in PLANS[data["plan"]].cases
        if not case.is_in(data["rows"], data["threads"]) and not (case.model == BOX and data.get("older"))
    ]
    return [f"Not measured in this run: {'; '.join(missing)}."] if missing else []


def aims(data: dict[str, Any]) -> str:
    """What was aimed at, beside what was measured; an aim whose case was not measured is left out."""
    found = [line for aim in _AIMS if (line := _measured(data, *aim)) is not None]
    return table(["aim", "measured", "reached"], found) if found else "No aim was measured in this run."


def _measured(data: dict[str, Any], text: str, measure: Any, limit: float, at_most: bool) -> list[str] | None:
    value = measure(data)
    if value is None:
        return None
    return [text, f"{value:.2f}", "yes" if (value <= limit if at_most else value >= limit) else "**no**"]


def _rows(data: dict[str, Any], **wanted: Any) -> list[dict[str, Any]]:
    return [row for row in data["rows"] if all(row[key] == value for key, value in wanted.items())]


def _speed(what: str, seconds: float, among: str, cut: bool = False) -> Any:
    """How many times as fast as the published package the best of ours is; `among` is in the name of the side.

    With `cut`, of those sides that cut a recording as the published package does, and so separate as much sound.
    """

    def measure(data: dict[str, Any]) -> float | None:
        rows = _rows(data, model=RESUNET, what=what, audio_seconds=seconds, threads=data["threads"], cold=False)
        theirs = [median(row["seconds"]) for row in rows if row["side"] == PUBLISHED_SIDE]
        ours = [row for row in rows if row["side"].startswith("ours") and ("published cut" in row["side"]) == cut]
        if among not in LESS_EXACT:
            ours = [row for row in ours if not any(name in row["side"] for name in LESS_EXACT)]
        times = [median(row["seconds"]) for row in ours if among in row["side"]]
        return theirs[0] / min(times) if theirs and times else None

    return measure


def _unasked(what: str, seconds: float) -> Any:
    """Seconds of the model in the box as one gets it without asking for an engine, the start of the process counted."""

    def measure(data: dict[str, Any]) -> float | None:
        rows = _rows(
            data, model=BOX, side="ours, auto", what=what, audio_seconds=seconds, threads=data["threads"], cold=True
        )
        return min((median(row["seconds"]) for row in rows), default=None)

    return measure


def _tenth(data: dict[str, Any]) -> float | None:
    shares = []
    for row in _rows(data, model=BOX, what="one class", cold=True, threads=data["threads"]):
        ten = _rows(data, model=BOX, what="10 classes", cold=True, side=row["side"], threads=data["threads"])
        first = median(row["seconds"])
        shares += [(median(one["seconds"]) - first) / 9 / first for one in ten]
    return min(shares, default=None)


def _memory(model: str) -> Any:
    """The highest peak of our sides, in GB."""

    def measure(data: dict[str, Any]) -> float | None:
        return max(
            (row["peak_mb"] / 1e3 for row in _rows(data, model=model) if row["side"] != PUBLISHED_SIDE), default=None
        )

    return measure


def _start(name: str) -> Any:
    return lambda data: median(data["start"][name]) if name in data["start"] else None


_AIMS: list[tuple[str, Any, float, bool]] = [
    ("ResUNet30, one class, float32: at least 2.2 times as fast", _speed("one class", 10, ""), 2.2, False),
    ("ResUNet30, 10 classes, float32: at least 3 times as fast", _speed("10 classes", 10, ""), 3.0, False),
    ("the same, cut in the same places: at least 3 times", _speed("10 classes", 10, "", cut=True), 3.0, False),
    ("ResUNet30, levels 1 to 3, float32: at least 3 times as fast", _speed("levels 1 to 3", 10, ""), 3.0, False),
    ("ResUNet30, one class, plain eager: at least 1.25 times as fast", _speed("one class", 10, "eager"), 1.25, False),
    ("ResUNet30, one class, int8: at least 6 times as fast", _speed("one class", 10, "int8"), 6.0, False),
    (
        "in the box, 60 s of stereo, levels 1 to 3, from the start: at most 15 s",
        _unasked("levels 1 to 3", 60),
        15.0,
        True,
    ),
    ("in the box, the tenth class: at most 0.25 of the first", _tenth, 0.25, True),
    ("in the box: at most 1.2 GB", _memory(BOX), 1.2, True),
    ("ResUNet30 + CNN14: at most 2.5 GB", _memory(RESUNET), 2.5, True),
    ("`import unweave`: at most 0.3 s", _start("import unweave"), 0.3, True),
    ("`unweave --help`: at most 0.3 s", _start("unweave --help"), 0.3, True),
    ("`unweave tag`, 10 s: at most 3 s", _start("unweave tag, 10 s"), 3.0, True),
]


def main() -> None:
    """Read, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="*", help="by default the newest of each machine")
    parser.add_argument("--tried", type=Path, default=TRIED, help="%(default)s")
    parser.add_argument("--candidates", type=Path, default=RESULTS / "candidates", help="folder (%(default)s)")
    parser.add_argument("--out", type=Path, default=PAGE, help="%(default)s")
    options = parser.parse_args()
    read = [json.loads(path.read_text(encoding="utf-8")) for path in options.results or newest(RESULTS)]
    found = [json.loads(path.read_text(encoding="utf-8")) for path in newest(options.candidates)]
    options.out.write_text(page(read, read_tried(options.tried), found), encoding="utf-8")


if __name__ == "__main__":
    main()
