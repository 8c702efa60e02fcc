"""The paper's Tables 2 to 10 as data, and which figures of which benchmark stand in their columns."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

TITLES = {
    2: "conditional embedding types",
    3: "soft audio tagging and latent embedding as condition",
    4: "freeze, finetune and adapt conditional embeddings",
    5: "backbone models",
    6: "anchor segment durations",
    7: "anchor segment mining strategies",
    8: "number of sources",
    9: "data augmentation",
    10: "balanced and full subsets of AudioSet",
}
NOTES = {
    6: "Of 4 s, the paper prints SDR and SDRi of VoiceBank-DEMAND once more where PESQ and SSNR should be; left out.",
}


@dataclass(frozen=True)
class Column:
    """A column of the tables.

    Attributes:
        name: in the data.
        title: at its head.
        benchmark: as registered.
        system: how the model is asked: "oracle", the embedding of the target, or "average", equation 9.
        metric: the column of the rows.
    """

    name: str
    title: str
    benchmark: str
    system: str
    metric: str


COLUMNS = (
    Column("audioset_oracle", "AudioSet oracle SDRi", "audioset", "oracle", "sdri"),
    Column("audioset_average", "AudioSet average SDRi", "audioset", "average", "sdri"),
    Column("fsdkaggle2018_sdr", "FSDKaggle2018 SDR", "fsdkaggle2018", "average", "sdr"),
    Column("fsdkaggle2018_sdri", "FSDKaggle2018 SDRi", "fsdkaggle2018", "average", "sdri"),
    Column("fsd50k_sdr", "FSD50K SDR", "fsd50k", "average", "sdr"),
    Column("fsd50k_sdri", "FSD50K SDRi", "fsd50k", "average", "sdri"),
    Column("musdb18_sdr", "MUSDB18 SDR", "musdb18", "average", "museval_sdr"),
    Column("musdb18_sdri", "MUSDB18 SDRi", "musdb18", "average", "museval_sdri"),
    # The median of each plug-in, then the mean over plug-ins: what the paper calls weighted.
    Column("slakh2100_sdr", "Slakh2100 wSDR", "slakh2100", "average", "sdr"),
    Column("slakh2100_sdri", "Slakh2100 wSDRi", "slakh2100", "average", "sdri"),
    Column("voicebank_sdr", "VoiceBank-DEMAND SDR", "voicebank-demand", "average", "sdr"),
    Column("voicebank_sdri", "VoiceBank-DEMAND SDRi", "voicebank-demand", "average", "sdri"),
    Column("voicebank_pesq", "VoiceBank-DEMAND PESQ", "voicebank-demand", "average", "pesq"),
    Column("voicebank_ssnr", "VoiceBank-DEMAND SSNR", "voicebank-demand", "average", "ssnr"),
)


@dataclass(frozen=True)
class PaperRow:
    """A row of a table.

    Attributes:
        table: 2 to 10.
        name: as the paper calls it.
        recipe: of `recipes/paper`, and so the name of a model that was trained by it.
        default: whether this is the paper's default system, which has a row in every table.
        values: of `COLUMNS`, in their order; NaN where the paper has none.
    """

    table: int
    name: str
    recipe: str
    default: bool
    values: tuple[float, ...]


@lru_cache(maxsize=1)
def paper_rows() -> tuple[PaperRow, ...]:
    """All rows of Tables 2 to 10, in the paper's order."""
    asset = resources.files("unweave.evaluation") / "assets" / "paper_tables.csv"
    with asset.open(encoding="utf-8") as file:
        return tuple(
            PaperRow(
                int(row["table"]),
                row["row"],
                row["recipe"],
                row["default"] == "yes",
                tuple(float(row[column.name] or math.nan) for column in COLUMNS),
            )
            for row in csv.DictReader(file)
        )
