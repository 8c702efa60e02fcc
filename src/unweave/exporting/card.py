"""The card that goes with exported files: what they are, what they learnt from, under which licence they are."""

from __future__ import annotations

from unweave.networks import Networks

TITLES = {
    "learnt_by": "Learnt by",
    "teacher": "Teacher",
    "time": "Time",
    "data": "Data",
    "licence": "Licence of the weights",
    "limits": "Limits",
}
FILES = """
| file | in | out |
| --- | --- | --- |
| tagger.onnx | power spectra of a segment (1, F, N) | probabilities (1, K), over time (1, F', K), for conditions |
| encoder.onnx | magnitudes of a segment (1, N, F) | features |
| decoder.onnx | condition (1, D), features | complex mask (1, 2, F, N), real and imaginary part |
| light.json | | all numbers around them, the classes and the ontology above them |
"""


def card(model: Networks) -> str:
    """In Markdown."""
    told = {key: str(value) for key, value in model.card.items() if value}
    lines = [f"# {model.name}, without torch", "", told.pop("what", "A tagger and a separator of sounds") + ".", ""]
    lines += [f"- **{title}:** {told[key]}" for key, title in TITLES.items() if key in told]
    if "licence" not in told:
        lines.append("- **Licence of the weights:** not stated; that of what they learnt from counts.")
    lines += [FILES, "`unweave models export` wrote these files; docs/light.md of Unweave says what runs them.", ""]
    return "\n".join(lines)
