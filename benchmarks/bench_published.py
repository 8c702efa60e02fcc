"""Separation by the published package `uss`, told by `bench.py` through its standard input.

It runs in an environment of its own (see `published_env.py`) and knows nothing of Unweave. It calls the package's own
functions as its `inference.py` does; what is changed is where it looks for weights. Orders, one line of JSON each:

    {"do": "make", "folder", "classes"}  random weights in its layout, a tagger that hears these classes all the time
    {"do": "start", "folder", ...}       load them
    {"do": "separate", "audio", "out", "levels" | "classes"}   from the file to files

As a script with a folder, an audio file, an output folder and a class it does the last two in one process.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from processes import obey

CONFIG = """
data: {sample_rate: 32000, segment_seconds: 2.0}
query_net: {model_type: Cnn14_Wrapper, bottleneck_type: at_soft, base_checkpoint_type: Cnn14, freeze_base: true,
            outputs_num: 527}
ss_model: {model_type: ResUNet30, input_channels: 1, output_channels: 1}
"""
SURE, SILENT = 0.4, -7.0  # log odds of what the tagger hears and of all else: 0.6 and 0.001


def make(folder: Path, classes: list[int]) -> None:
    """Weights as they are published: a checkpoint, and the tagger once more in a file of its own."""
    import torch
    from uss.models.pl_modules import LitSeparation
    from uss.models.query_nets import Cnn14_Wrapper
    from uss.models.resunet import ResUNet30

    torch.manual_seed(0)
    query = Cnn14_Wrapper(bottleneck_type="at_soft", base_checkpoint_path="", freeze_base=True)
    with torch.no_grad():
        query.base.fc_audioset.weight.zero_()
        query.base.fc_audioset.bias.fill_(SILENT)
        query.base.fc_audioset.bias[classes] = SURE
    model = LitSeparation(
        ss_model=ResUNet30(input_channels=1, output_channels=1, condition_size=527),
        anchor_segment_detector=None,
        anchor_segment_mixer=None,
        query_net=query,
        loss_function=None,
        optimizer_type="AdamW",
        learning_rate=1e-3,
        lr_lambda_func=None,
    )
    torch.save({"state_dict": model.state_dict(), "pytorch-lightning_version": "2.0.0"}, folder / "published.ckpt")
    torch.save({"model": query.base.state_dict()}, folder / "Cnn14.pth")
    (folder / "published.yaml").write_text(CONFIG, encoding="utf-8")


def look_in(folder: Path) -> Any:
    """The package's `inference`, finding its tagger in the folder."""
    import uss.inference
    import uss.models.query_nets

    def get_path(meta: dict[str, Any], re_download: bool = False) -> str:
        path = Path(meta["path"])
        return str(folder / "Cnn14.pth" if path.suffix == ".pth" else path)

    uss.inference.get_path = uss.models.query_nets.get_path = get_path
    return uss.inference


class Published:
    """Its models, loaded."""

    def __init__(self, folder: Path, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self.uss = look_in(folder)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        configs = self.uss.parse_yaml(folder / "published.yaml")
        self.model = self.uss.load_ss_model(configs=configs, checkpoint_path=folder / "published.ckpt").to(self.device)
        self.tagger = self.uss.load_pretrained_panns(
            model_type="Cnn14", checkpoint_path=folder / "Cnn14.pth", freeze=True
        ).to(self.device)

    def separate(self, audio: str, out: str, levels: list[int], classes: list[int]) -> None:
        """From the file to files. Several classes share one pass of the tagger, as nodes of a level do."""
        uss, rate = self.uss, 32000
        samples, _ = uss.librosa.load(path=audio, sr=rate, mono=True)
        common = {"audio": samples, "segment_samples": 2 * rate, "device": self.device}
        if levels:
            uss.separate_by_hierarchy(
                **common,
                sample_rate=rate,
                at_model=self.tagger,
                pl_model=self.model,
                levels=levels,
                ontology_path=uss.get_path(uss.csv_paths_dict["ontology.csv"]),
                non_sil_threshold=1e-6,
                output_dir=out,
            )
            return
        heard = uss.calculate_segment_at_probs(**common, at_model=self.tagger)
        for index in classes:
            track = uss.separate_by_query_conditions(
                **common, at_probs=heard, subclass_indexes=[index], pl_model=self.model
            )
            uss.write_audio(audio=track, output_path=os.path.join(out, f"{index}.wav"), sample_rate=rate)


def main() -> None:
    """Obey until the input ends, or do one separation in the package's own way."""
    if len(sys.argv) > 1:
        folder, audio, out, index = sys.argv[1:]
        inference = look_in(Path(folder))
        inference.separate(
            argparse.Namespace(
                audio_path=audio,
                levels=[],
                class_ids=[int(index)],
                queries_dir="",
                query_emb_path="",
                config_yaml=f"{folder}/published.yaml",
                checkpoint_path=f"{folder}/published.ckpt",
                output_dir=out,
            )
        )
        return
    loaded: list[Published] = []

    def answer(order: dict[str, Any]) -> dict[str, Any]:
        begin, used = time.perf_counter(), time.process_time()
        if order["do"] == "make":
            make(Path(order["folder"]), order["classes"])
        elif order["do"] == "start":
            loaded.append(Published(Path(order["model"]).parent, order["threads"]))
        else:
            out = Path(order["out"])
            out.mkdir(parents=True, exist_ok=True)
            os.chdir(out)  # it leaves pictures where it is called
            loaded[0].separate(order["audio"], order["out"], order.get("levels", []), order.get("classes", []))
        return {"seconds": time.perf_counter() - begin, "processor": time.process_time() - used}

    obey(answer)


if __name__ == "__main__":
    main()
