"""Whether a run may stand beside a row of the paper: its training, its items and how they were made, not its name.

A narrow net of four steps on thirty clips keeps the name of the recipe that it was tried with. What the model's
training differed in, its card says (`unweave.training.faithful`); what its items differ in, the run does.
"""

from __future__ import annotations

from unweave.evaluation.runs import Run

SHARE = 0.9  # of the paper's items: nobody has all of AudioSet, the authors had 93 % of its evaluation clips
OPTIONS: dict[str, dict[str, object]] = {
    "audioset": {"each": 100, "detector": "panns-cnn14-decisionlevelmax", "average": 100},
    "fsdkaggle2018": {"each": 100},
    "fsd50k": {"each": 100},
    "slakh2100": {"each": 100},
    "musdb18": {"stereo": False, "average": "all"},
    "voicebank-demand": {"average": "all"},
}
"""What the paper's items are made with; an option that a run does not name has this value."""
MOST = 6  # differences that are said one by one


def unlike(run: Run) -> list[str]:
    """In what a run is not the row of the paper that its model is called after; empty if it may stand beside it."""
    return [*_model(run), *_items(run)]


def sentences(run: Run) -> list[str]:
    """The same for people, about the model and about its items apart."""
    said = []
    if own := _model(run):
        more = f", and {len(own) - MOST} more" if len(own) > MOST else ""
        said.append(f"{run.model} is not the paper's row of that name: {'; '.join(own[:MOST])}{more}.")
    if items := _items(run):
        said.append(f"{run.model} on {run.title} is not measured as in the paper: {'; '.join(items)}.")
    return said


def _model(run: Run) -> list[str]:
    record = run.about["model"].get("paper_row")
    if not isinstance(record, dict) or record.get("row") != run.model or not isinstance(record.get("differs"), list):
        return ["it does not say how it was trained"]
    return [str(one) for one in record["differs"]]


def _items(run: Run) -> list[str]:
    wanted, options = OPTIONS.get(run.benchmark, {}), run.options
    different = [
        f"{key} is {options[key]}, not {value}"
        for key, value in wanted.items()
        if key in options and options[key] != value
    ]
    precision = run.about["model"].get("precision", "float32")
    different += [f"computed in {precision}"] if precision != "float32" else []
    count, unit, expected = run.count
    if expected and not SHARE * expected <= count <= expected:
        different.append(f"{count} {unit}, not {expected}")
    elif run.unfinished:
        different.append("unfinished")
    return different
