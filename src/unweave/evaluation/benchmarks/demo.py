"""A scene whose sounds lie beside it one by one, such as the project's own (examples/make_scene.py --stems)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from unweave.data.datasets.base import existing
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.items import Piece, Scene, SceneEvent
from unweave.ontology import Ontology

MANIFEST = "scene.json"
ASK = ("level", "name")


@benchmarks.register("demo")
def demo(root: Path, ask: str = "level", manifest: str | None = None) -> Benchmark:
    """One scene: taken apart level by level, or asked for each of its classes by name.

    Args:
        root: folder with the sounds, 0.wav the first of the manifest; they add up to the scene.
        ask: "level" or "name".
        manifest: scene.json with the class, start and end of each sound; the one in `root` if it is not given.

    Raises:
        UnweaveError: an option that makes no sense, no manifest, or sounds that are not there.
    """
    if ask not in ASK:
        raise UnweaveError(f"The option ask is one of {', '.join(ASK)}, not {ask!r}.")
    folder = existing(root).absolute()
    path = Path(manifest) if manifest else folder / MANIFEST
    about = _read(path)
    ontology, events = Ontology(), []
    for number, sound in enumerate(about["sounds"]):
        name = f"{number}.wav"
        if not (folder / name).is_file():
            raise UnweaveError(
                f"There is no {name} in {folder}; make the sounds of {path}: examples/make_scene.py --stems."
            )
        piece = Piece(name, sound["start"], round(sound["end"] - sound["start"], 3))
        mid = ontology.find(sound["class"]).mid
        events.append(SceneEvent(piece, sound["start"], classes=(mid,)))
    whole = Scene("scene", float(about["seconds"]), tuple(events), channels=2)
    classes = dict.fromkeys(event.classes[0] for event in events)
    by_name = [
        Scene(f"scene/{ontology.find(mid).name}", whole.seconds, whole.events, ontology.find(mid).name, 2, mid)
        for mid in classes
    ]
    return Benchmark(
        "demo",
        folder,
        [whole] if ask == "level" else by_name,
        ("tracks",) if ask == "level" else ("named",),
        "mean",
        sample_rate=int(about["sample_rate"]),
        mono=False,
        seconds=whole.seconds,
        unit="scenes",
        options={} if ask == "level" else {"ask": ask},
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        _ = (
            about["seconds"],
            about["sample_rate"],
            [(one["class"], one["start"], one["end"]) for one in about["sounds"]],
        )
    except OSError as error:
        raise UnweaveError(
            f"{path} cannot be read ({error.strerror}); it says what sounds when in the scene."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise UnweaveError(f"{path} is no list of the sounds of a scene: {error}.") from error
    return about
