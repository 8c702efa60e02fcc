"""`python -m unweave.evaluation INDEX.csv [MODEL]`: pairs of held-out clips, asked for by class name."""

from __future__ import annotations

import json
import sys


def main(arguments: list[str]) -> int:
    """Print the figures as Markdown, and as JSON on one line; 0 done, 2 wrong use."""
    from unweave.errors import UnweaveError
    from unweave.evaluation.pairs import measure_pairs
    from unweave.evaluation.statistics import Measured, medians, summarise
    from unweave.pretrained.load import load_model

    if not 1 <= len(arguments) <= 2:
        print("usage: python -m unweave.evaluation INDEX.csv [MODEL]", file=sys.stderr)
        return 2

    def progress(done: int, total: int) -> None:
        if done % 100 == 0:
            print(f"{done} of {total} mixtures", file=sys.stderr, flush=True)

    try:
        model = load_model(*arguments[1:])
        scores = measure_pairs(model, arguments[0], progress=progress)
    except UnweaveError as error:
        print(f"unweave: {error}", file=sys.stderr)
        return 2
    ours, oracle = (
        [Measured(name, "", value) for name, values in part.items() for value in values]
        for part in (scores.model, scores.oracle)
    )
    figure = summarise(ours)
    bests = medians(oracle)
    print("| class | median SDRi, dB | ideal ratio mask, dB |\n|---|---|---|")
    for name, one in medians(ours).items():
        print(f"| {name} | {one:.1f} | {bests[name]:.1f} |")
    summary = {
        "mixtures": figure.items,
        "classes": len(scores.model),
        "sdri": round(figure.value, 2),
        "interval": [round(figure.low, 2), round(figure.high, 2)],
        "sdri_mean_over_mixtures": round(summarise(ours, "mean").value, 2),
        "ideal_ratio_mask": round(summarise(oracle).value, 2),
        "tagger_accuracy": round(scores.right, 3),
    }
    print(json.dumps(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
