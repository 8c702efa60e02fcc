from __future__ import annotations

import hashlib
import math
from collections import Counter

import pytest

from unweave.evaluation.paper import COLUMNS, TITLES, paper_rows
from unweave.training.reading import recipe_names


def value(recipe: str, column: str) -> float:
    (row,) = [row for row in paper_rows() if row.recipe == recipe]
    return dict(zip([column.name for column in COLUMNS], row.values, strict=True))[column]


def test_each_recipe_has_its_row_and_each_row_its_recipe() -> None:
    recipes = [
        name.removeprefix("paper/").removesuffix(".yaml") for name in recipe_names() if name.startswith("paper/")
    ]
    assert Counter(row.recipe for row in paper_rows()) == Counter(name for name in recipes if name != "base")
    for row in paper_rows():
        assert row.recipe.startswith(f"table{row.table}-") and len(row.values) == len(COLUMNS) == 14


def test_every_table_has_the_default_once_with_the_same_figures() -> None:
    defaults = [row for row in paper_rows() if row.default]
    assert [row.table for row in defaults] == list(TITLES) == list(range(2, 11))
    assert len({row.values for row in defaults}) == 1
    assert [row.name for row in defaults] == [
        "CNN14", "Embedding (dim 2048)", "CNN14 (freeze)", "ResUNet30", "2 s", "mining", "2 sources to 1",
        "match energy", "Balanced set",
    ]  # fmt: skip


# Table by table, at least one figure of each column, as printed.
@pytest.mark.parametrize(
    ("recipe", "column", "printed"),
    [
        ("table2-wav2vec", "audioset_oracle", 8.87),
        ("table2-speaker", "voicebank_ssnr", 4.72),
        ("table2-cnn6", "slakh2100_sdri", 9.42),
        ("table2-cnn14", "audioset_average", 5.57),
        ("table2-htsat", "musdb18_sdri", 8.48),
        ("table3-segment-prediction", "fsdkaggle2018_sdr", 11.22),
        ("table3-segment-prediction", "fsdkaggle2018_sdri", 11.18),
        ("table4-random", "musdb18_sdr", -0.48),
        ("table4-scratch", "voicebank_ssnr", -0.28),
        ("table4-finetune", "voicebank_pesq", 1.77),
        ("table4-shortcut", "fsd50k_sdri", 4.94),
        ("table4-adaptor", "fsd50k_sdr", 5.79),
        ("table5-openunmix", "slakh2100_sdr", 2.13),
        ("table5-convtasnet", "voicebank_sdr", -2.96),
        ("table5-resunet60", "voicebank_sdri", 4.97),
        ("table6-anchor-0.5s", "audioset_average", 2.86),
        ("table6-anchor-1s", "musdb18_sdri", -0.02),
        ("table6-anchor-10s", "slakh2100_sdri", 1.53),
        ("table7-in-clip-random", "audioset_oracle", 4.89),
        ("table7-out-clip-random", "fsd50k_sdri", 6.34),
        ("table8-3-sources", "musdb18_sdri", 8.08),
        ("table8-4-sources", "voicebank_sdr", 0.70),
        ("table9-none", "audioset_average", 3.81),
        ("table9-random", "fsdkaggle2018_sdr", 5.77),
        ("table10-full", "audioset_average", 6.14),
        ("table10-full-long", "fsdkaggle2018_sdr", 13.07),
        ("table10-full-long", "voicebank_ssnr", 10.00),
    ],
)
def test_printed_figures(recipe: str, column: str, printed: float) -> None:
    assert value(recipe, column) == printed


SUMS = {
    "table2-wav2vec": 7422,
    "table2-speaker": 6480,
    "table2-cnn6": 8890,
    "table2-cnn10": 8675,
    "table2-cnn14": 8878,
    "table2-htsat": 8072,
    "table3-segment-prediction": 8712,
    "table4-random": 5630,
    "table4-scratch": 3463,
    "table4-finetune": 5878,
    "table4-shortcut": 7664,
    "table4-adaptor": 8959,
    "table5-openunmix": 4666,
    "table5-convtasnet": 6885,
    "table5-unet": 8707,
    "table5-resunet60": 8379,
    "table6-anchor-0.5s": 4145,
    "table6-anchor-1s": 6150,
    "table6-anchor-4s": 6715,
    "table6-anchor-6s": 5936,
    "table6-anchor-8s": 3450,
    "table6-anchor-10s": 3821,
    "table7-in-clip-random": 5663,
    "table7-out-clip-random": 8922,
    "table8-3-sources": 7777,
    "table8-4-sources": 7665,
    "table9-none": 7057,
    "table9-random": 6037,
    "table10-full": 8519,
    "table10-full-long": 9206,
}
"""Of each row of the printed tables, in hundredths, added up from the paper; the default's row is the same in all."""


def test_the_figures_of_each_row_add_up_to_those_of_the_printed_row() -> None:
    """So that a slip of the pen in any figure is found, and in which row it is."""
    sums = {row.recipe: round(100 * math.fsum(v for v in row.values if not math.isnan(v))) for row in paper_rows()}
    assert {recipe: sums[recipe] for recipe in SUMS} == SUMS
    assert sums.keys() - SUMS.keys() == {row.recipe for row in paper_rows() if row.default} - {"table2-cnn14"}


def test_no_figure_has_changed_since_the_table_was_compared_with_the_paper() -> None:
    """Figures that change places within a row leave its sum as it is."""
    lines = [
        ",".join([row.recipe, *("" if math.isnan(value) else f"{value:.2f}" for value in row.values)])
        for row in paper_rows()
    ]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert digest == "91bff18f9a7def9caa7c857ebc7cb1cd586f7474c974668f3e69d388f9a43830"


def test_only_what_the_paper_misprints_is_missing() -> None:
    missing = [
        (row.recipe, column.name)
        for row in paper_rows()
        for column, figure in zip(COLUMNS, row.values, strict=True)
        if math.isnan(figure)
    ]
    assert missing == [("table6-anchor-4s", "voicebank_pesq"), ("table6-anchor-4s", "voicebank_ssnr")]


def test_improvement_over_the_mixture_is_about_the_same_in_every_row() -> None:
    """SDR - SDRi is the mixture's own SDR, whatever the model: a slip of the pen in one figure would show."""
    names = [column.name for column in COLUMNS]
    for one in ("fsdkaggle2018", "voicebank"):
        sdr, sdri = names.index(f"{one}_sdr"), names.index(f"{one}_sdri")
        of_mixture = [row.values[sdr] - row.values[sdri] for row in paper_rows()]
        assert max(of_mixture) - min(of_mixture) < 0.03
