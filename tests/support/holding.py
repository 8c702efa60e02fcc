"""The tiny model behind the page, which never ends with a recording called "hold"."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from serving import TinyLoading

from unweave.app.worker import Tell, Works


class HoldingLoading(TinyLoading):
    """Opens the workshop in another process."""

    def __call__(self) -> tuple[Any, Works]:
        about, works = super().__call__()
        work = works["separate"]

        def separate(arguments: dict[str, Any], tell: Tell) -> Any:
            while Path(arguments["name"]).stem == "hold":
                tell(1, 4, "separating")
                time.sleep(0.01)
            return work(arguments, tell)

        return about, {**works, "separate": separate}
