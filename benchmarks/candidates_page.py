"""The section of docs/performance.md that tells what each candidate gives by itself (`candidates.py`)."""

from __future__ import annotations

from typing import Any

from tables import table

KEPT = {
    "norms folded into the convolutions before": "no: a copy of the weights for a few percent",
    "openvino": "yes, with fewer multiplications in wide convolutions",
    "onnx": "yes, where OpenVINO is not installed",
    "torch.compile": "no",
    "torch.compile, weights frozen": "no",
}


def section(data: dict[str, Any]) -> str:
    """What `candidates.py` has measured on one machine."""
    steps, others = data["steps"], data["others"]
    published, ours = steps[0]["seconds"], steps[-1]["seconds"]
    lines = [
        [step["name"], f"{step['seconds']:.2f}", f"{published / step['seconds']:.2f}", f"{step['error']:.0e}"]
        for step in steps
    ]
    changes = [
        [
            other["name"],
            f"{other['seconds']:.2f}",
            f"{ours / other['seconds']:.2f}",
            f"{other['error']:.0e}",
            f"{other['takes']:.0f}" if other["takes"] else "",
            KEPT.get(other["name"], ""),
        ]
        for other in others
    ]
    shortest = data["segments"][0]["seconds"]
    lengths = ", ".join(
        f"{shortest / each['seconds']:.2f} times as fast in segments of {each['segment']:g} s"
        for each in data["segments"][1:]
    )
    early, batch = data["before FiLM"], data["batches"]
    return "\n\n".join(
        [
            f"### Candidates, one by one: {data['machine']}",
            f"torch {data['torch']}; commit {data['commit']}; {data['date']}; `python benchmarks/candidates.py`. One "
            "row (2 s) through ResUNet30, one thread, the best of several turns; errors are against the first line, "
            "as a share of its largest value.",
            table(["published form, then one change more in each line", "seconds", "times as fast", "error"], lines),
            table(["ours and one change", "seconds", "times ours", "error", "s to compile", "kept"], changes),
            f"Fewer padded frames through longer segments: a long recording, its overlaps counted, goes {lengths} "
            "instead of 2 s. Not kept: published models are conditioned on what sounds in 2 s; 2.2 s fit into the same "
            "frames (below).",
            f"Sharing everything before the first FiLM between classes: it is {early['before'] / early['all']:.1%} of "
            "a row. Kept (`Separator.encode`), and worth as little as that for a ResUNet; the model in the box shares "
            "its whole encoder.",
            f"Four rows of different classes, {batch['threads']} threads: {batch['together']:.2f} s in one batch, "
            f"{batch['one for each core']:.2f} s with a row on each core. Kept: a row on each core; batches on GPUs.",
        ]
    )
