"""A model -> the same model in 8 bits, as a folder.

The folder is that of the model (`unweave.pretrained.saving`), weights included, and beside them each trunk in 8 bits as
OpenVINO reads it: PART.TRUNK.xml and .bin, named under "quantised" in the description. Without OpenVINO, and on other
devices, the model is run from its weights.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from unweave.atomic import check_target, complete_folder
from unweave.engines.eight_bits import KEPT, check_installed, quantised, write_network
from unweave.engines.trunk import Trunk
from unweave.errors import UnweaveError
from unweave.model import Model
from unweave.pretrained.describe import DESCRIPTION
from unweave.pretrained.saving import save
from unweave.quantising.calibration import made_up_sounds, recorded_calls, sounds_of

PAIRS = 48  # of sounds that the scales are set by
Progress = Callable[[int, int], None]


def quantise(
    model: Model, folder: Path, data: Path | None = None, pairs: int = PAIRS, progress: Progress | None = None
) -> Path:
    """Write a model with its separator, and its tagger if it has trunks, in 8 bits.

    Args:
        model: on the CPU, run by no engine.
        folder: to make; one that holds a model is replaced.
        data: folder of recordings like those that it will separate; None for made-up sounds.
        pairs: of sounds.
        progress: called with the networks that are done and those in all.

    Raises:
        UnweaveError: the libraries are not installed, the model has nothing that can be quantised or cannot listen,
            the folder or the recordings cannot be used.
    """
    check_installed()
    if not model.separator.trunks:
        raise UnweaveError(
            f"The separator of {model.name} cannot be put into 8 bits; choose a ResUNet or the small one."
        )
    if model.tagger is None or model.condition is None:
        raise UnweaveError(f"The model {model.name} is steered by words and cannot listen to what calibrates it.")
    check_target(folder, DESCRIPTION, overwrite=True, inputs=[data] if data is not None else [])
    sounds = sounds_of(data, model, 2 * pairs) if data is not None else made_up_sounds(model, 2 * pairs)
    calls = recorded_calls(model, sounds)
    with complete_folder(folder, mark=DESCRIPTION) as part:
        save(model, part / "model")
        for path in list((part / "model").iterdir()):
            path.rename(part / path.name)
        (part / "model").rmdir()
        trunks = [(role, name) for role, rows in calls.items() for name in rows]
        files: dict[str, dict[str, str]] = {}
        for number, (role, name) in enumerate(trunks):
            if progress:
                progress(number, len(trunks))
            # What a separator's last layer gives is heard; after a tagger's trunk come layers that stay as they are.
            last = KEPT if role == "separator" else 0
            network = quantised(Trunk(getattr(model, role), name), calls[role].pop(name), last)
            write_network(network, part / f"{role}.{name}.xml")
            files.setdefault(role, {})[name] = f"{role}.{name}.xml"
        if progress:
            progress(len(trunks), len(trunks))
        description = json.loads((part / DESCRIPTION).read_text(encoding="utf-8"))
        description["quantised"] = files
        text = json.dumps(description, indent=1, ensure_ascii=False)
        (part / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
    return folder
