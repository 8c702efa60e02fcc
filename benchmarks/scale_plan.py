"""What a million clips of 10 s take, and AudioSet: hours, storage and money, from rates that were measured.

    python benchmarks/scale_plan.py       # prints the table of docs/scale.md

The rates are those of `python benchmarks/batch_rate.py` (benchmarks/results/batch_rate.json) where that has been run,
else those in `MEASURED`; prices and sizes are in `PRICES` and `FILES`, to be changed to one's own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

RATES = Path(__file__).parent / "results" / "batch_rate.json"
CLIPS = {"a million clips": 1_000_000, "AudioSet": 2_084_320}  # its lists: 22 160 + 20 371 + 2 041 789 clips of 10 s
CORES, GPUS = 32, 8


@dataclass(frozen=True)
class Rates:
    """s of a core for each clip of 10 s, stereo, 44.1 kHz, asked nothing, with the model in the box.

    Attributes:
        whole: all that a worker does.
        networks: of it, tagger and separator: what a GPU would take over. The rest stays with the cores.
        source: the command that measured it, and when.
    """

    whole: float
    networks: float
    source: str


MEASURED = Rates(2.2, 1.6, "`unweave separate clips -o OUT --manifest`, 2026-11-28, a loaded machine")
PRICES = {"core hour": 0.04, "TB and month": 23.0, "million requests": 5.0}  # dollars
FILES = {"tracks": 4, "MB of a track": 2.65, "requests": 12}  # of a clip; 3 sounds, a residual


def rates() -> Rates:
    """The newest that there are."""
    if not RATES.exists():
        return MEASURED
    found = json.loads(RATES.read_text())
    each = (found.get("median") or found.get("one_worker") or {}).get("processor")
    if each is None:
        return MEASURED
    # What the networks take inside of a worker; in a process of their own they may take more or less.
    within = found["one_worker"]["processor"].get("times_the_networks_within")
    networks = each["batch"] / within if within else each["networks"]
    return Rates(each["batch"], networks, f"`python benchmarks/batch_rate.py`, {found['date']}")


def plan(rates: Rates) -> list[dict[str, str]]:
    """A row of the table for each set of clips."""
    rows = []
    for name, clips in CLIPS.items():
        hours = clips * rates.whole / 3600
        requests = clips * FILES["requests"] / 1e6 * PRICES["million requests"]
        rest = clips * (rates.whole - rates.networks) / 3600
        rows.append(
            {
                "": name,
                "hours of a core": f"{hours:.0f}",
                f"hours on {CORES} cores": f"{hours / CORES:.0f}",
                f"on {GPUS} GPUs and {CORES} cores, at least": f"{rest / CORES:.0f}",
                "dollars for cores": f"{hours * PRICES['core hour']:.0f}",
                "TB in, wav of 16 bits": f"{clips * 1.764 / 1e6:.1f}",
                "TB out, wav of 24 bits": f"{clips * FILES['tracks'] * FILES['MB of a track'] / 1e6:.1f}",
                "dollars for requests to a store": f"{requests:.0f}",
            }
        )
    return rows


def table(rates: Rates) -> str:
    """The plan as a table of Markdown, the sets of clips side by side."""
    rows = plan(rates)
    lines = [" | ".join(["", "", *(row[""] for row in rows)]) + " |", "|---|" + "--:|" * len(rows)]
    lines += [f"| {key} | " + " | ".join(row[key] for row in rows) + " |" for key in rows[0] if key]
    return "\n".join([lines[0].strip(), *lines[1:]])


if __name__ == "__main__":
    told = rates()
    print(f"{told.whole:.2f} s of a core for a clip, {told.networks:.2f} s of it in the networks ({told.source}).\n")
    print(table(told))
