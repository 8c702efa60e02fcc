"""The training step of the published package `uss`, told by `train_step.py` through its standard input.

It runs in an environment of its own (see there) and knows nothing of Unweave. Every line that comes in is an order in
JSON, and every order is answered with one line:

    {"do": "start", ...}  build the parts as its train.py does, with random taggers; save the weights
    {"do": "step"}        one batch, from reading its clips to the step of the optimiser -> seconds of each part

What PyTorch Lightning does around a step is left out, in its favour.
"""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import torch
from processes import obey

CLIP_SECONDS, SEGMENT_SECONDS, FRAMES_PER_SECOND, RATE, CLASSES = 10.0, 2.0, 100, 32000, 527
PROCESSOR = "processor time, all threads"


class Clock:
    """Seconds by name; the device has finished before a time is taken."""

    def __init__(self, device: str) -> None:
        self.device, self.seconds = device, defaultdict(float)

    def now(self) -> float:
        """Seconds since whenever."""
        if self.device.startswith("cuda"):
            torch.cuda.synchronize()
        return time.perf_counter()

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add what happens inside to `name`."""
        start = self.now()
        yield
        self.seconds[name] += self.now() - start

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, with its calls added to `name`."""

        def call(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return function(*args, **kwargs)

        return call


class Published:
    """Its LitSeparation with a batch loader, as in its train.py."""

    def __init__(self, order: dict[str, Any]) -> None:
        from uss.data.anchor_segment_detectors import AnchorSegmentDetector
        from uss.data.anchor_segment_mixers import AnchorSegmentMixer
        from uss.data.datamodules import collate_fn
        from uss.data.datasets import Dataset
        from uss.losses import get_loss_function
        from uss.models.pl_modules import LitSeparation
        from uss.models.query_nets import Cnn14_Wrapper
        from uss.models.resunet import ResUNet30
        from uss.optimizers.lr_schedulers import get_lr_lambda
        from uss.utils import load_pretrained_panns

        torch.set_num_threads(order["threads"])
        torch.manual_seed(0)
        self.device, self.clock = order["device"], Clock(order["device"])
        self.batches = iter(order["batches"])
        self.data, self.collate = Dataset(steps_per_epoch=len(order["batches"])), collate_fn
        detector = AnchorSegmentDetector(
            # Without a path of weights they are random.
            sed_model=load_pretrained_panns(model_type="Cnn14_DecisionLevelMax", checkpoint_path="", freeze=True),
            clip_seconds=CLIP_SECONDS,
            segment_seconds=SEGMENT_SECONDS,
            frames_per_second=FRAMES_PER_SECOND,
            sample_rate=RATE,
            detect_mode="max_area",
        )
        query = Cnn14_Wrapper(bottleneck_type="at_soft", base_checkpoint_path="", freeze_base=True)
        self.step = LitSeparation(
            ss_model=ResUNet30(input_channels=1, output_channels=1, condition_size=CLASSES),
            anchor_segment_detector=detector,
            anchor_segment_mixer=AnchorSegmentMixer(mix_num=2, match_energy=True),
            query_net=query,
            loss_function=get_loss_function("l1_wav"),
            optimizer_type="AdamW",
            learning_rate=1e-3,
            lr_lambda_func=get_lr_lambda("constant_warm_up", warm_up_steps=10000, reduce_lr_steps=1000000),
        )
        torch.save({"state_dict": self.step.state_dict()}, order["weights"])
        self.step.to(self.device)
        made = self.step.configure_optimizers()
        self.optimiser, self.rate = made["optimizer"], made["lr_scheduler"]["scheduler"]
        self.step.query_net.forward = self.clock.timed("condition", self.step.query_net.forward)
        self.step.ss_model.forward = self.clock.timed("forward", self.step.ss_model.forward)

    def run(self) -> dict[str, float]:
        """One step; seconds of its parts, and the loss."""
        clock = self.clock
        clock.seconds.clear()
        begin, used = clock.now(), time.process_time()
        with clock.part("data"):
            batch = self.collate([self.data[meta] for meta in next(self.batches)])
            batch["waveform"] = batch["waveform"].to(self.device)
        with clock.part("mining and mixing"):
            loss = self.step.training_step(batch, 0)
        clock.seconds["mining and mixing"] -= clock.seconds["condition"] + clock.seconds["forward"]
        value = loss.item()
        with clock.part("backward"):
            self.optimiser.zero_grad()
            loss.backward()
        with clock.part("optimiser"):
            self.optimiser.step()
            self.rate.step()
        whole = clock.now() - begin
        return {**clock.seconds, "whole": whole, PROCESSOR: time.process_time() - used, "loss": value}


def main() -> None:
    """Obey until the input ends."""
    published: list[Published] = []

    def answer(order: dict[str, Any]) -> dict[str, Any]:
        if order["do"] == "start":
            published.append(Published(order))
            return {"torch": torch.__version__}
        return published[0].run()

    obey(answer)


if __name__ == "__main__":
    main()
