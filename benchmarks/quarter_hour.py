r"""A quarter of an hour on a rented GPU: pack the clips at home, unpack them there, train, and take the weights home.

    python benchmarks/quarter_hour.py pack STORE TEACHER.tflite -o packs [--megabytes 46] [--kbps 36]
    python benchmarks/quarter_hour.py unpack packs -o stores/x [--workers 16]
    python benchmarks/quarter_hour.py train recipes/quarter-hour.yaml data.store=stores/x \
        [--seconds 540] [--out OUT]
    python benchmarks/quarter_hour.py rehearse [--seconds 20]

`unpack` takes what packs there are and may be called again when more of them have come. `train` stops after so many
seconds, or at SIGTERM, saves where it is, and goes on from there when it is called again; what it has learnt so far
lies in OUT in half precision, each file below 16 MiB. `rehearse` does all of it on this machine, with made-up sounds,
the model in the box to go on from and small batches: what does not work here must not be found out by the minute.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
import torch._dynamo
from safetensors.torch import save_file

from unweave import load_model
from unweave.data.datasets import datasets
from unweave.data.packs import unpack, write_packs
from unweave.data.store import Store, append
from unweave.errors import UnweaveError
from unweave.training.observer import Quiet
from unweave.training.reading import read_recipe


def pack(arguments: argparse.Namespace) -> None:
    """Packs of the training clips, and the teacher in half precision."""
    from unweave.data.yamnet import read_yamnet

    store = Store(arguments.store)
    paths = write_packs(
        store, store.rows("train"), arguments.out, arguments.megabytes, arguments.kbps, os.cpu_count() or 1
    )
    for path in paths:
        print(path, f"{path.stat().st_size / 1e6:.1f} MB")
    save_file(
        {k: v.half() for k, v in read_yamnet(arguments.teacher).state_dict().items()},
        arguments.out / "yamnet.safetensors",
    )


def unpacked(arguments: argparse.Namespace) -> None:
    """A store of all packs that are there."""
    began = time.perf_counter()
    store = unpack(sorted(arguments.packs.glob("pack-*.zip")), arguments.out, arguments.workers)
    hours = float(store.lengths.sum()) / store.sample_rate / 3600
    print(f"{len(store)} clips, {hours:.2f} h, in {time.perf_counter() - began:.0f} s", flush=True)


class Said(Quiet):
    """Prints how a run goes, a line every few seconds."""

    def __init__(self) -> None:
        self.began, self.last, self.losses = time.perf_counter(), 0.0, list[float]()

    def __call__(self, event: dict[str, Any]) -> None:
        """Take an event of the loop."""
        if event["kind"] != "step":
            return
        self.losses.append(event["loss"])
        now = time.perf_counter() - self.began
        if now - self.last > 10 or event["step"] in (1, 5, 20):
            mean = sum(self.losses) / len(self.losses)
            print(f"{now:6.0f} s  step {event['step']:6d}  loss {mean:8.3f}  rate {event['rate']:.2e}", flush=True)
            self.last, self.losses = now, []

    def begin(self, what: str) -> None:
        """Print what comes next."""
        print(f"{time.perf_counter() - self.began:6.0f} s  {what}", flush=True)

    def counter(self, what: str) -> Any:
        """Print what comes next, without counting."""
        self.begin(what)
        return lambda done, total: None


def train(arguments: argparse.Namespace) -> None:
    """Run the recipe for so many seconds, and leave what was learnt in OUT."""
    from unweave.training.run import run

    recipe = read_recipe(arguments.recipe, arguments.settings)
    torch._dynamo.config.suppress_errors = True  # what cannot be compiled there runs as it is
    torch.backends.cuda.matmul.allow_tf32 = True
    timer = threading.Timer(arguments.seconds, lambda: os.kill(os.getpid(), signal.SIGTERM))
    timer.daemon = True
    timer.start()
    try:
        run(recipe, Said())
        print("whole", flush=True)
    except KeyboardInterrupt:
        print("stopped, to go on from here", flush=True)
    finally:
        timer.cancel()
        bring_home(recipe.folder, arguments.out)


def bring_home(folder: Path, out: Path) -> None:
    """The weights learnt so far, averaged where they are not whole yet, and the logs."""
    out.mkdir(parents=True, exist_ok=True)
    stages = {path.parent.name for path in folder.glob("*/last.ckpt")} | {
        path.stem for path in folder.glob("*.safetensors")
    }
    for name in sorted(stages):
        whole, last = folder / f"{name}.safetensors", folder / name / "last.ckpt"
        if whole.is_file():
            from safetensors.torch import load_file

            state = load_file(whole)
        elif last.is_file():
            state = torch.load(last, map_location="cpu", weights_only=True)["average"]["net"]
        else:
            continue
        # The separator's net holds the frozen tagger too; that one comes home by itself.
        state = {key: value for key, value in state.items() if not key.startswith("query.")}
        halves = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
        save_file({key: value.contiguous() for key, value in halves.items()}, out / f"{name}.safetensors")
        log = folder / name / "log.jsonl"
        if log.is_file():
            (out / f"{name}.log.jsonl").write_bytes(log.read_bytes())


GO_ON = (
    "tagger.part=null",
    "tagger.learn=null",
    "tagger.weights=small",
    "separator.part=null",
    "separator.weights=small",
)
CLASSES = (("Dog", "/m/0bt9lr"), ("Siren", "/m/03kmc9"), ("Rain", "/m/06mb1"), ("Speech", "/m/09x0r"))
MOST_BYTES = 16 * 2**20  # of a file that comes home


def rehearse(arguments: argparse.Namespace) -> None:
    """Pack, unpack, train, be stopped, go on, bring home; made-up clips of a few classes, one of them a bed."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows = ["path,dataset,split,source_group,label,audioset_mid,audioset_name,source_sr"]
        for number in range(len(CLASSES) * 4):
            name, mid = CLASSES[number % len(CLASSES)]
            wave = np.sin(np.arange(3 * 32000) * (number + 1) / 40) * np.random.default_rng(number).uniform(
                0, 0.2, 96000
            )
            soundfile.write(folder / f"{number}.wav", wave, 32000)
            dataset = "ambient" if name == "Rain" else "made-up"
            rows.append(
                f"{number}.wav,{dataset},{'valid' if number < 4 else 'train'},{number},{name},{mid},{name},32000"
            )
        (folder / "index.csv").write_text("\n".join(rows) + "\n")
        append(datasets.build("index", root=folder / "index.csv"), folder / "store")
        store = Store(folder / "store")
        write_packs(store, store.rows("train"), folder / "packs", 1.0)
        unpacked(argparse.Namespace(packs=folder / "packs", out=folder / "there", workers=1))
        settings = [f"data.store={folder / 'there'}", f"folder={folder / 'run'}", *GO_ON]
        for number in range(2):
            stretch = f"separator.learn.{number}"
            settings += [f"{stretch}.batch=4", f"{stretch}.weights={{}}", f"{stretch}.loop.warmup=1"]
            settings += [f"{stretch}.loop.minutes={arguments.seconds / 60}"]
        # The first call is stopped in the middle of the second stretch.
        for seconds in (1.5 * arguments.seconds, 1e6):
            train(argparse.Namespace(recipe="quarter-hour", settings=settings, seconds=seconds, out=folder / "home"))
        for path in sorted((folder / "home").iterdir()):
            print(path.name, f"{path.stat().st_size / 2**20:.1f} MiB")
            if path.stat().st_size >= MOST_BYTES:
                raise UnweaveError(f"{path.name} does not come home in one piece; it must be below 16 MiB.")
        model = load_model(str(folder / "run" / "model"), device="cpu")
        tracks = model.separate(np.zeros((1, 32000), np.float32), 32000, classes="Dog")
        print(f"the model of {folder / 'run'} answers: {', '.join(track.name for track in tracks)}")


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    one = verbs.add_parser("pack")
    one.add_argument("store", type=Path)
    one.add_argument("teacher", type=Path)
    one.add_argument("-o", "--out", type=Path, required=True)
    one.add_argument("--megabytes", type=float, default=46)
    one.add_argument("--kbps", type=float, default=36)
    one.set_defaults(run=pack)
    two = verbs.add_parser("unpack")
    two.add_argument("packs", type=Path)
    two.add_argument("-o", "--out", type=Path, required=True)
    two.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    two.set_defaults(run=unpacked)
    three = verbs.add_parser("train")
    three.add_argument("recipe", type=Path)
    three.add_argument("settings", nargs="*")
    three.add_argument("--seconds", type=float, default=1e6)
    three.add_argument("--out", type=Path, default=Path("out"))
    three.set_defaults(run=train)
    four = verbs.add_parser("rehearse")
    four.add_argument("--seconds", type=float, default=20)
    four.set_defaults(run=rehearse)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except UnweaveError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
