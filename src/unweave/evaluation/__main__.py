"""`python -m unweave.evaluation INDEX.csv [MODEL]`: pairs of held-out clips, asked for by class name."""

from __future__ import annotations

import json
import sys


def main(arguments: list[str]) -> int:
    """Print the figures as Markdown, and as JSON on one line; 0 done, 2 wrong use."""
    from unweave.errors import UnweaveError
    from unweave.evaluation.metrics.sdr import interval, mean_of_medians
    from unweave.evaluation.pairs import measure_pairs
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
    low, high = interval(scores.model)
    mean = float(sum(map(sum, scores.model.values())) / sum(map(len, scores.model.values())))
    print("| class | median SDRi, dB | ideal ratio mask, dB |\n|---|---|---|")
    for name in sorted(scores.model):
        one, best = (mean_of_medians({name: part[name]}) for part in (scores.model, scores.oracle))
        print(f"| {name} | {one:.1f} | {best:.1f} |")
    summary = {
        "mixtures": sum(map(len, scores.model.values())),
        "classes": len(scores.model),
        "sdri": round(mean_of_medians(scores.model), 2),
        "interval": [round(low, 2), round(high, 2)],
        "sdri_mean_over_mixtures": round(mean, 2),
        "ideal_ratio_mask": round(mean_of_medians(scores.oracle), 2),
        "tagger_accuracy": round(scores.right, 3),
    }
    print(json.dumps(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
