"""The weights that can be asked for by name: those in the package and those that others have published.

What is known of a published file is registered, and no more: nobody gives hashes of them, so there are none here;
`unweave.pretrained.download` records the hash of the first download instead.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from unweave.errors import ModelFileError, UnweaveError

_USS = "https://huggingface.co/RSNuts/Universal_Source_Separation/resolve/main/uss_material/"
_PANNS = "https://zenodo.org/record/3987831/files/"
_USS_LICENCE = "Code Apache-2.0; no licence of the weights is stated by their authors."
_PANNS_LICENCE = "CC BY 4.0 as far as known; see the Zenodo record 3987831."


@dataclass(frozen=True)
class ModelInfo:
    """One row of the registry.

    Attributes:
        name: what is given to `load_model` and `unweave models`.
        what: one line for people.
        kind: "model" (separates), "tagger" or "separator" (a part of a model).
        licence: a sentence.
        url: where the file is fetched from; None if it is in the package or can only be imported from a path.
        bytes: exact size of the file where it is known.
        sha256: of the file where it is registered, in hexadecimal.
        path: folder of the weights in the package; None for all others.
        note: what else must be known to get it.
    """

    name: str
    what: str
    kind: str
    licence: str
    url: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    path: Path | None = None
    note: str = ""

    @property
    def embedded(self) -> bool:
        """Whether the weights are in the package."""
        return self.path is not None

    @property
    def file_name(self) -> str:
        """The name that the file has at its address."""
        return unquote(urlsplit(self.url or "").path).rsplit("/", 1)[-1]


def _panns(name: str, file: str, what: str, size: int | None = None) -> ModelInfo:
    return ModelInfo(name, what, "tagger", _PANNS_LICENCE, url=f"{_PANNS}{file}?download=1", bytes=size)


PUBLISHED: tuple[ModelInfo, ...] = (
    ModelInfo(
        "uss-resunet30-soft",
        "The paper's ResUNet30 told by the tagger's probabilities, trained on the full AudioSet for 1 M steps",
        "model",
        _USS_LICENCE,
        url=_USS + "ss_model%3Dresunet30%2Cquerynet%3Dat_soft%2Cdata%3Dfull%2Cdevices%3D8%2Cstep%3D1000000.ckpt",
        bytes=1_121_024_828,
    ),
    ModelInfo(
        "uss-resunet30-embedding",
        "The paper's ResUNet30 told by the tagger's embedding (for example sounds), trained on the balanced set",
        "model",
        _USS_LICENCE,
        url=_USS + "ss_model%3Dresunet30%2Cquerynet%3Demb%2Cdata%3Dbalanced%2Cdevices%3D1%2Csteps%3D1000000.ckpt",
    ),
    _panns("panns-cnn14", "Cnn14_mAP%3D0.431.pth", "PANNs CNN14, 527 AudioSet classes", 327_428_481),
    _panns(
        "panns-cnn14-decisionlevelmax",
        "Cnn14_DecisionLevelMax_mAP%3D0.385.pth",
        "PANNs CNN14-DecisionLevelMax, 527 AudioSet classes over time (a detector)",
        327_428_481,
    ),
    _panns("panns-cnn6", "Cnn6_mAP%3D0.343.pth", "PANNs CNN6, 527 AudioSet classes"),
    _panns("panns-cnn10", "Cnn10_mAP%3D0.380.pth", "PANNs CNN10, 527 AudioSet classes"),
    ModelInfo(
        "htsat",
        "HTS-AT, a transformer for 527 AudioSet classes",
        "tagger",
        "Code MIT; no licence of the weights is stated by their authors.",
        note=(
            "It has no address that a program can fetch: its authors link a Google Drive folder in the README of "
            "RetroCirce/HTS-Audio-Transformer. Download it there by hand and give the path of the file instead."
        ),
    ),
    ModelInfo(
        "audiosep-base",
        "ResUNet30 told by words (AudioSep); the words' encoder is not part of it",
        "separator",
        "Code MIT; no licence of the weights is stated by their authors.",
        url="https://huggingface.co/spaces/Audio-AGI/AudioSep/resolve/main/checkpoint/audiosep_base_4M_steps.ckpt",
    ),
)


def available_models(weights: Path | None = None) -> list[ModelInfo]:
    """Every model that can be named: embedded ones first, then the published ones.

    Args:
        weights: where embedded models lie, one folder each with `model.safetensors` and `model.json`; by default the
            folder in the package.

    Raises:
        ModelFileError: an embedded model whose `model.json` cannot be read.
    """
    folder = weights or Path(__file__).parent / "weights"
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    embedded = [_embedded(path) for path in found if _is_model(path)]
    taken = {info.name for info in embedded}
    return embedded + [info for info in PUBLISHED if info.name not in taken]


def find_model(name: str, weights: Path | None = None) -> ModelInfo:
    """The row called `name`.

    Args:
        name: as in `available_models`.
        weights: as there.

    Raises:
        UnweaveError: there is none; the sentence suggests one.
    """
    rows = {info.name: info for info in available_models(weights)}
    if name not in rows:
        close = difflib.get_close_matches(name.lower(), rows, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise UnweaveError(f"There is no model {name!r}; known are {', '.join(rows)}, or give a path.{hint}")
    return rows[name]


def _is_model(path: Path) -> bool:
    return (path / "model.safetensors").is_file() and (path / "model.json").is_file()


def _embedded(path: Path) -> ModelInfo:
    try:
        card: Any = json.loads((path / "model.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelFileError(f"{path / 'model.json'} is damaged: {error}. Install the package again.") from error
    about = card.get("about", {}) if isinstance(card, dict) else {}
    return ModelInfo(
        name=path.name,
        what=str(about.get("what", "A model in the package")),
        kind="model",
        licence=str(about.get("licence", "See the model's card.")),
        bytes=(path / "model.safetensors").stat().st_size,
        path=path,
    )
