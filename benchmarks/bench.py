"""Time and memory of separation, ours beside the published package's.

    python benchmarks/bench.py                       # about half an hour
    python benchmarks/bench.py --full                # also ResUNet30 on up to an hour, about an hour and a half
    python benchmarks/bench.py --minutes 10          # begin no case after so long ...
    python benchmarks/bench.py --go-on               # ... and measure the rest of today's table another time
    python benchmarks/bench.py --without-published   # ours alone, nothing is installed
    python benchmarks/bench.py --short --older       # ResUNet30 alone, on this processor as one without AVX-512
    python benchmarks/bench.py --smoke --without-published   # seconds, to try the harness itself

The published package (`uss` 0.0.4, in an environment of its own, installed once) and ours separate the same recording
with the same weights (random ones in its layout, which both read; their tagger hears ten classes all the time, so that
neither side gains from silence), from file to files, in turns, so that what else the machine does slows both. Each side
has a process of its own for each case; its peak memory is that of the process. The model in the box is ours alone.

Writes results/DATE-machine.json and .md beside this script, and prints the latter; `report_performance.py` makes
docs/performance.md of it.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import functools
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import stand_in
import torch
from cases import BOX, CLASSES, PLANS, RESUNET, WHAT, Case, Plan
from machine import commit, has_bfloat16, load, machine, name_of
from made_older import again_as_older, by_switches, is_older
from processes import environment, run
from published_env import DEFAULT, install
from recordings import write_scene
from sides import PUBLISHED_SIDE, Side, backends, quantized
from tables import tables

from unweave.audio.io import read_audio

RESULTS = Path(__file__).parent / "results"
WARM_UP = 4.0  # seconds of sound before those that are timed
USUAL = (None, "auto", "eager")  # backends that take part everywhere


class Bench:
    """A run.

    Args:
        options: of the command line.
        plan: what is measured.
        folder: for recordings, weights and tracks.
        before: what a run on the same machine has measured already; it is not measured again.
    """

    def __init__(
        self, options: argparse.Namespace, plan: Plan, folder: Path, before: dict[str, Any] | None = None
    ) -> None:
        self.options, self.plan, self.folder = options, plan, folder
        before = before or {}
        self.rows: list[dict[str, Any]] = before.get("rows", [])
        self.starts: dict[str, list[float]] = before.get("start", {})
        self.profiles: dict[str, dict[str, float]] = before.get("profiles", {})
        self._settled: set[tuple[str, int]] = set()

    def run(self, keep: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Measure everything; what there is so far is kept after every case, so that stopping loses one case only."""
        end = time.monotonic() + 60 * self.options.minutes
        self.starts = self.starts or self.start()
        for case in self.plan.cases:
            if case.is_in(self.rows, self.options.threads):
                continue
            if time.monotonic() > end:
                return self.told()
            self.measure(case)
            keep(self.told())
        if self.plan.profile and not self.profiles and time.monotonic() < end:
            models = {case.model for case in self.plan.cases}
            self.profiles = {model: self.profile(model) for model in (RESUNET, BOX) if model in models}
        return self.told()

    def told(self) -> dict[str, Any]:
        """What has been measured."""
        return {
            "schema": 1,
            "date": datetime.date.today().isoformat(),
            "machine": machine(self.options.device),
            "device": self.options.device,
            "commit": ", ".join(dict.fromkeys(row["commit"] for row in self.rows)),
            "torch": torch.__version__,
            "threads": self.options.threads,
            "plan": self.options.plan,
            "note": self.options.note,
            "rows": self.rows,
            "start": self.starts,
            "profiles": self.profiles,
        }

    def measure(self, case: Case) -> None:
        """All sides of a case, in turns."""
        threads = case.threads or self.options.threads
        sides = [side for side in self.sides if case.model in side.models and self._takes_part(side, case)]
        audio = self.recording(case.model, case.seconds)
        measured: dict[str, list[dict[str, float]]] = {side.name: [] for side in sides}
        peaks: dict[str, float] = {}
        if not case.first:
            self.settle(case.model, threads)
        if case.cold:
            for turn in range(case.repeats):
                for side in sides:
                    if case.first:
                        side = dataclasses.replace(side, cache=self.folder / f"empty-{turn}-{side.name}")
                    told = side.once(case.model, audio, self.folder / "out", case.ask, threads)
                    measured[side.name].append(told)
                    peaks[side.name] = max(peaks.get(side.name, 0.0), told["peak_mb"])
        else:
            warm_up = self.recording(case.model, min(WARM_UP, case.seconds))
            workers = [side.worker(case.model, threads) for side in sides]
            for turn in range(-1, case.repeats):
                for side, worker in zip(sides, workers, strict=True):
                    place = self.folder / f"{side.name}-{side.backend}-{side.cut}"
                    order = {"audio": str(warm_up if turn < 0 else audio), "out": str(place)}
                    told = worker.ask(do="separate", **order, **case.ask)
                    if turn >= 0:
                        measured[side.name].append(told)
            for side, worker in zip(sides, workers, strict=True):
                peaks[side.name] = worker.close()
        for side in sides:
            row = {**case.to_plain(), "threads": threads, "side": side.name, "peak_mb": round(peaks[side.name])}
            row |= {key: [round(one[key], 3) for one in measured[side.name]] for key in ("seconds", "processor")}
            self.rows.append({**row, "load": load(), "commit": commit()})
            print(
                f"{case.model}, {case.what}, {case.seconds:g} s, {threads} threads{', cold' if case.cold else ''}, "
                f"{side.name}: {median(row['seconds']):.2f} s, {row['peak_mb']} MB",
                file=sys.stderr,
                flush=True,
            )
        if case.cut and not case.cold and sides[0].python is not None:
            name = next((side.name for side in sides if side.cut), None)
            row = next(row for row in reversed(self.rows) if row["side"] == name)
            row["difference"] = self.difference(sides, audio)

    def settle(self, model: str, threads: int) -> None:
        """Separate without taking the time, so that "auto" has compiled what it compiles and made its choice.

        What it costs people until then is told by the cases with `first`.
        """
        named = {side.name: side for side in self.sides}
        auto = named.get("ours, auto")
        if (model, threads) in self._settled or auto is None or (self.plan.tiny and model == BOX):
            return
        self._settled.add((model, threads))
        audio = self.recording(model, 2 if self.plan.tiny else {RESUNET: 10, BOX: 60}[model])
        ask = WHAT["one class" if model == RESUNET else "10 classes"]
        compiling = next((named[name] for name in ("ours, openvino", "ours, onnx") if name in named), auto)
        for side, turns in ((compiling, 1), (auto, self.plan.settle)):
            if not turns:
                continue
            worker = side.worker(model, threads)
            for _ in range(turns):
                worker.ask(do="separate", audio=str(audio), out=str(self.folder / "settling"), **ask)
            worker.close()

    def difference(self, sides: list[Side], audio: Path) -> float | None:
        """The largest difference between the published track and ours, cut in the same places."""
        same = next((side for side in sides if side.cut), None)
        if same is None:
            return None
        name, index = next(iter(CLASSES.items()))
        theirs, _ = read_audio(self.folder / f"{sides[0].name}-None-False" / f"{index}.wav")
        place = self.folder / f"{same.name}-{same.backend}-True" / audio.stem / "classes" / f"{name}.wav"
        return float(np.abs(theirs - read_audio(place)[0]).max())

    def recording(self, model: str, seconds: float) -> Path:
        """The scene of a length, in the form in which a model is measured."""
        path = self.folder / f"{'mono' if model == RESUNET else 'stereo'}-{seconds:g}.wav"
        return path if path.exists() else write_scene(path, seconds, mono=model == RESUNET)

    def start(self) -> dict[str, list[float]]:
        """Seconds of an import, of --help, and of tagging 10 s with the model in the box."""
        python, variables = sys.executable, environment(self.options.threads)
        tag = [python, "-m", "unweave", "tag", self.recording(BOX, 10), "--quiet"]
        commands: dict[str, list[str | Path]] = {
            "import unweave": [python, "-c", "import unweave"],
            "unweave --help": [python, "-m", "unweave", "--help"],
            "unweave tag, 10 s": tag,
        }
        return {
            name: [round(run(words, variables)["seconds"], 3) for _ in range(self.plan.starts)]
            for name, words in commands.items()
        }

    def profile(self, model: str) -> dict[str, float]:
        """Processor seconds of each stage of one class (ResUNet30) or three levels (in the box), in one thread."""
        side = next(side for side in self.sides if side.python is None and model in side.models)
        worker = side.worker(model, 1)
        ask = {"classes": [0]} if model == RESUNET else {"levels": [1, 2, 3]}
        audio, out = self.recording(model, self.plan.profile), self.folder / "profile"
        told = worker.ask(do="profile", audio=str(audio), out=str(out), **ask)
        worker.close()
        return {stage: round(seconds, 3) for stage, seconds in told["stages"].items()}

    def _takes_part(self, side: Side, case: Case) -> bool:
        if case.fastest:
            return side.name == self._fastest(case.model)
        if self.plan.tiny and case.cold:
            return side.backend == "auto"  # to try the harness, a process of its own for one of them is enough
        if not (side.usual or case.every):
            return False
        return case.cut or not side.cut

    def _fastest(self, model: str) -> str | None:
        """Of ours, at what was measured first with this model."""
        rows = [row for row in self.rows if row["model"] == model and row["side"] != PUBLISHED_SIDE]
        first = [row for row in rows if all(row[key] == rows[0][key] for key in ("what", "audio_seconds", "threads"))]
        own = {side.name for side in self.sides if not side.cut}
        return min((row for row in first if row["side"] in own), key=lambda row: median(row["seconds"]))["side"]

    @functools.cached_property
    def sides(self) -> list[Side]:
        """The published package, if it takes part, then ours; made when something is measured."""
        options, sides = self.options, []
        if options.without_published:
            weights = stand_in.ours(self.folder, self.plan.tiny)
        else:
            python = install(options.uss_env.absolute())
            weights = stand_in.published(python, self.folder)
            sides.append(Side(PUBLISHED_SIDE, {RESUNET: str(weights)}, python, device=options.device))
        models: dict[str, str | None] = {RESUNET: str(weights), BOX: None}
        common = {"device": options.device, "precision": options.precision, "cache": self.folder / "cache"}
        names = [name for name in backends() if not by_switches() or name in USUAL]  # others are no older by them
        ours = [Side(f"ours, {name or 'eager'}", models, backend=name, usual=name in USUAL, **common) for name in names]
        sides += ours
        if options.device == "cpu" and not options.precision and has_bfloat16() and not self.plan.tiny:
            compiled = next((side.backend for side in ours if side.backend == "openvino"), None)
            sides.append(Side("ours, bfloat16", models, backend=compiled, **{**common, "precision": "bfloat16"}))
        wanted = [] if self.plan.tiny or by_switches() else list(models)
        int8 = {model: quantized(models[model], self.folder / f"int8-{i}") for i, model in enumerate(wanted)}
        if any(int8.values()):
            found = {model: str(path) for model, path in int8.items() if path is not None}
            sides.append(Side("ours, int8", {**found}, **common))
        plain = next((side for side in ours if side.backend == "eager"), ours[0])
        for side in {one.name: one for one in ((plain,) if self.plan.tiny else (ours[0], plain))}.values():
            sides.append(Side(f"{side.name}, published cut", models, backend=side.backend, cut=True, **common))
        return sides


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    plans = parser.add_mutually_exclusive_group()
    for name, text in (
        ("quick", "recordings of 10 and 60 s, the model in the box also on 10 and 60 minutes (the default)"),
        ("full", "ResUNet30 on 10 and 60 minutes, too"),
        ("short", "ResUNet30 on 10 s, one class and ten, ten minutes"),
        ("box", "the model in the box alone, in a table of its own, 25 minutes"),
        ("smoke", "2 s through networks of a few weights, to try the harness itself"),
    ):
        plans.add_argument(f"--{name}", dest="plan", action="store_const", const=name, default="quick", help=text)
    parser.add_argument("--older", action="store_true", help="on this processor as one without AVX-512")
    parser.add_argument("--threads", type=int, default=2, help="of each side (%(default)s)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (%(default)s)")
    parser.add_argument("--precision", help="of ours: float32, bfloat16 or float16")
    parser.add_argument("--out", type=Path, default=RESULTS, help="%(default)s")
    parser.add_argument("--uss-env", type=Path, default=DEFAULT, help="%(default)s")
    parser.add_argument("--without-published", action="store_true", help="ours alone")
    parser.add_argument("--note", default="", help="a sentence for the page, on the machine of that day say")
    parser.add_argument("--minutes", type=float, default=math.inf, help="no case begins after so many")
    parser.add_argument("--go-on", action="store_true", help="keep what is measured of today's table on this machine")
    options = parser.parse_args()
    if options.older and not is_older():
        sys.exit(again_as_older(pytorch_alone=True))
    begin = time.monotonic()

    def keep(data: dict[str, Any]) -> str:
        data["minutes"] = round(spent + (time.monotonic() - begin) / 60, 1)
        path, text = options.out / name_of(data), tables(data)
        options.out.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        path.with_suffix(".md").write_text(text, encoding="utf-8")
        return text

    before = _before(options) if options.go_on else None
    spent = before["minutes"] if before else 0.0
    with tempfile.TemporaryDirectory() as folder:
        text = keep(Bench(options, PLANS[options.plan], Path(folder), before).run(keep))
    print(text)


def _before(options: argparse.Namespace) -> dict[str, Any] | None:
    """Today's table of this machine, if there is one and it is of the same plan, threads and device."""
    today = {"date": datetime.date.today().isoformat(), "machine": machine(options.device), "plan": options.plan}
    path = (options.out / name_of(today)).with_suffix(".json")
    if not path.is_file():
        return None
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    alike = all(data[key] == getattr(options, key) for key in ("plan", "threads", "device"))
    if not alike or data["torch"] != torch.__version__:
        sys.exit(f"{path} is of another plan, device, torch or number of threads; leave --go-on out to begin anew.")
    return data


if __name__ == "__main__":
    main()
