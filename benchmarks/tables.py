"""Markdown tables of what `bench.py` has measured."""

from __future__ import annotations

from itertools import groupby
from statistics import median
from typing import Any

from cases import BOX, RESUNET
from sides import PUBLISHED_SIDE

Row = dict[str, Any]
Cells = list[list[str]]


def tables(data: dict[str, Any]) -> str:
    """The whole of a run."""
    rows = data["rows"]
    parts = [
        f"{data['machine']}; torch {data['torch']}; commit "
        f"{data['commit']}; {data['date']}; `bench.py --{data['plan']}`, {data['minutes']:.0f} minutes; load of the "
        f"machine {low_high([row['load'] for row in rows if row['load'] is not None])}, the measurement itself counted."
    ]
    parts += [note] if (note := data.get("note")) else []
    resunet, box = ([row for row in rows if row["model"] == model] for model in (RESUNET, BOX))
    if resunet:
        parts += [f"### {RESUNET}, mono, 32 kHz", versus(resunet)]
        for row in resunet:
            if row.get("difference") is not None:
                parts.append(
                    f"Cut in the same places, the published track and ours differ by at most {row['difference']:.1e} "
                    "of full scale; the published file has 16 bits, which alone make 1.5e-05."
                )
                break
    if box:
        parts += ["### The model in the box, stereo, 44.1 kHz", alone(box)]
        parts += [line for line in (tenth(box, cold) for cold in (True, False)) if line]
    for model, stages in data["profiles"].items():
        parts += [f"### Where the time goes: {model}", profile(stages)]
    parts += ["### Start-up", start(data["start"])]
    return "\n\n".join(parts) + "\n"


def versus(rows: list[Row]) -> str:
    """Sides of each case under each other, with how many times as fast as the published package they are."""
    lines: Cells = []
    for _, case in groupby(rows, key=_case):
        sides = list(case)
        theirs = next((row for row in sides if row["side"] == PUBLISHED_SIDE), None)
        for i, row in enumerate(sides):
            ratio = _ratio(theirs["seconds"], row["seconds"]) if theirs and row is not theirs else ""
            lines.append([_what(row) if i == 0 else "", row["side"], *_figures(row), ratio])
    return table([*_HEADER, "times as fast"], lines)


def alone(rows: list[Row]) -> str:
    """Cases of one side or several, without a ratio."""
    return table(_HEADER, [[_what(row), row["side"], *_figures(row)] for row in rows])


def tenth(rows: list[Row], cold: bool) -> str:
    """What the tenth class costs beside the first, for each side."""
    told = []
    for side in dict.fromkeys(row["side"] for row in rows):
        found = {row["what"]: row for row in rows if row["side"] == side and row["cold"] == cold}
        if {"one class", "10 classes"} <= found.keys():
            first, ten = (median(found[what]["seconds"]) for what in ("one class", "10 classes"))
            more = (ten - first) / 9
            told.append(
                f"{side}: the first class {first:.2f} s, each further one {more:.2f} s, {more / first:.2f} of it"
            )
    where = "the start of the process counted" if cold else "in a process that is warm"
    return f"Cost of further classes, {where}: {'; '.join(told)}." if told else ""


def profile(stages: dict[str, float]) -> str:
    """Processor seconds and shares."""
    total = sum(stages.values())
    ordered = sorted(stages.items(), key=lambda item: -item[1])
    lines = [[name, f"{seconds:.2f}", f"{100 * seconds / total:.0f} %"] for name, seconds in ordered]
    return table(["stage", "processor seconds, one thread", "share"], [*lines, ["all", f"{total:.2f}", ""]])


def start(times: dict[str, list[float]]) -> str:
    """Medians."""
    return table(["command", "seconds"], [[f"`{name}`", f"{median(seconds):.2f}"] for name, seconds in times.items()])


def table(header: list[str], lines: Cells) -> str:
    """A Markdown table; columns after the first two are figures."""
    marks = ["---", "---", *["--:"] * (len(header) - 2)] if len(header) > 3 else ["---", *["--:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, marks, *lines))


def low_high(values: list[float]) -> str:
    """1.0 to 2.0, or the one value."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    return f"{low:.1f}" if low == high else f"{low:.1f} to {high:.1f}"


_HEADER = ["what", "side", "seconds", "of which a second of sound takes", "processor seconds", "peak MB"]


def _what(row: Row) -> str:
    length = row["audio_seconds"]
    sound = f"{length:g} s" if length < 600 else f"{length / 60:g} min"
    more = [
        ", a process of its own" if row["cold"] else "",
        ", nothing compiled yet" if row.get("first") else "",
        f", {row['threads']} thread" if row["threads"] == 1 else "",
    ]
    return f"{row['what']}, {sound}{''.join(more)}"


def _figures(row: Row) -> list[str]:
    seconds = median(row["seconds"])
    used = median(row["processor"])
    return [f"{seconds:.2f}", f"{seconds / row['audio_seconds']:.3f}", f"{used:.1f}", f"{row['peak_mb']}"]


def _ratio(theirs: list[float], ours: list[float]) -> str:
    pairs = sorted(a / b for a, b in zip(theirs, ours, strict=True))
    middle = median(theirs) / median(ours)
    return f"{middle:.2f}" if len(pairs) == 1 else f"{middle:.2f} ({pairs[0]:.2f} to {pairs[-1]:.2f})"


def _case(row: Row) -> tuple[Any, ...]:
    return row["what"], row["audio_seconds"], row["threads"], row["cold"], row.get("first", False)
