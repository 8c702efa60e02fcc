"""What worker processes do, by name: one kind with a model, and one that only looks at sounds and mixes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unweave.app.worker import Tell, Works
from unweave.errors import UnweaveError

if TYPE_CHECKING:
    from unweave.model import Model

DEFAULT = "small"  # the model in the box
OUT = "../out"  # a recording lies in a folder of its own, so that nothing has its name


def open_eyes() -> tuple[Any, Works]:
    """For the process without a model: pictures and mixes, which wait for no network."""
    from unweave.app.mixing import mix
    from unweave.app.pictures import look

    return None, {"look": look, "mix": mix}


def model_names(given: Sequence[str | None]) -> dict[str, str | None]:
    """What models are called by visitors, who need not know where they lie: by their names, each once."""
    from unweave.ontology.filenames import unique_names

    shown = [DEFAULT if one is None else Path(one).stem or one for one in given]
    return dict(zip(unique_names(shown), given, strict=True))


class Loading:
    """Opens the workshop with a model.

    Args:
        name: of the model, as for `load_model`; None for the one in the box.
        device: as for `load_model`.
    """

    def __init__(self, name: str | None = None, device: str = "auto") -> None:
        self.name, self.device = name, device

    def load(self) -> Model:
        """The model."""
        from unweave.allocator import keep_memory
        from unweave.pretrained.load import load_model

        keep_memory()
        return load_model(self.name, self.device)

    def __call__(self) -> tuple[Any, Works]:
        """What the model can be asked, and what it does."""
        from unweave.app.hearing import describe

        bench = Bench(self.load())
        return describe(bench.model), {"listen": bench.listen, "separate": bench.separate, "change": bench.change}


class Bench:
    """A model at work in the folder that we are in; the recording lies there, results go beside it."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def listen(self, arguments: dict[str, Any], tell: Tell) -> None:
        """Write `events.json` above the folder that we are in."""
        from unweave.app.hearing import listen

        events = listen(self.model, arguments["name"], tell)
        Path("../events.json").write_text(json.dumps(events, separators=(",", ":")), encoding="utf-8")

    def separate(self, arguments: dict[str, Any], tell: Tell) -> dict[str, Any]:
        """Take the recording apart, just as the command line does.

        Args:
            arguments: `name` of the recording; `seconds`, the longest that is taken; `asked`, what goes to
                `Model.separate_file`.
            tell: how far it is.

        Returns:
            warnings, and tracks as in `tracks.json`.
        """
        from unweave.app.pictures import show

        name, asked = arguments["name"], arguments["asked"]
        self._check(name, arguments["seconds"], asked)
        report = self.model.separate_file(name, OUT, **asked, progress=tell)
        show([report.folder / track.file for track in report.tracks])
        return {"warnings": report.warnings, "tracks": report.to_plain()["tracks"]}

    def change(self, arguments: dict[str, Any], tell: Tell) -> dict[str, Any]:
        """Change the recording itself; the same for `Model.remix_file`."""
        from unweave.app.pictures import show

        name, asked = arguments["name"], arguments["asked"]
        self._check(name, arguments["seconds"], asked)
        report = self.model.remix_file(name, OUT, **asked, progress=tell)
        show([report.path])
        track = {"file": report.path.name, "name": report.kind, "heard": report.to_plain()["sounds"]}
        return {"warnings": report.warnings, "tracks": [track]}

    def _check(self, name: str, seconds: float, asked: dict[str, Any]) -> None:
        """Refuse what is too long, and names of sounds that would be taken for files of this machine."""
        from unweave.app.limits import Limits
        from unweave.asking.what import every_what
        from unweave.audio.io import probe

        Limits(seconds=seconds).check_seconds(probe(name).seconds or 0.0)
        for key in ("not_", "remove", "keep", "gain"):
            given = asked.get(key)
            for what in list(given) if isinstance(given, dict) else every_what(given):
                self._check_what(what)

    def _check_what(self, what: Any) -> None:
        """A text that is the name of a file would be read as an example; whether there is one must not be told."""
        from unweave.asking.example import Example
        from unweave.asking.what import named

        if isinstance(what, str) and isinstance(named(what), Example):
            self.model.ontology.find(what)  # says the same as of any name that is no class
            raise UnweaveError(f"{what!r} is no class; give the name or the mid of one.")
