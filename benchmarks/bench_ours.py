"""Separation by Unweave, told by `bench.py` through its standard input.

Orders are lines of JSON:

    {"do": "start", "model", "backend", "threads", "device", "precision"}  load a model
    {"do": "separate", "audio", "out", "levels" | "classes"}               from the file to files
    {"do": "profile", ...}                                                 the same in one thread, stage by stage
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from processes import obey


class Ours:
    """A model, loaded."""

    def __init__(self, order: dict[str, Any]) -> None:
        from unweave.waiting import wait_briefly

        wait_briefly()  # as the command line does, and keep memory, too
        import torch

        from unweave import load_model
        from unweave.allocator import keep_memory

        keep_memory()
        torch.set_num_threads(order["threads"])
        more = {key: order[key] for key in ("backend", "precision") if order.get(key)}
        self.model = load_model(order["model"], order.get("device", "cpu"), **more)
        if order.get("published"):
            self.model = self.model.published()

    def separate(self, order: dict[str, Any]) -> int:
        """From the file to files; how many."""
        level, classes = order.get("levels"), order.get("classes")
        report = self.model.separate_file(order["audio"], order["out"], level=level, classes=classes, overwrite=True)
        return len(report.tracks)


def main() -> None:
    """Obey until the input ends."""
    loaded: list[Ours] = []

    def answer(order: dict[str, Any]) -> dict[str, Any]:
        begin, used, tracks = time.perf_counter(), time.process_time(), 0
        if order["do"] == "start":
            loaded.append(Ours(order))
        elif order["do"] == "profile":
            import torch
            from stages import watched

            torch.set_num_threads(1)
            with watched(loaded[0].model) as stages:
                loaded[0].separate(order)
            return {"stages": dict(stages.seconds)}
        else:
            Path(order["out"]).mkdir(parents=True, exist_ok=True)
            tracks = loaded[0].separate(order)
        return {
            "seconds": time.perf_counter() - begin,
            "processor": time.process_time() - used,
            "tracks": tracks,
        }

    obey(answer)


if __name__ == "__main__":
    main()
