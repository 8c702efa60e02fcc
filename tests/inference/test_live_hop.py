from __future__ import annotations

import numpy as np
import pytest
from tiny import RATE, tiny_model, tones

from unweave.asking.streaming import streamed
from unweave.errors import UnweaveError
from unweave.inference.live_hop import Hops
from unweave.inference.live_timing import Timing
from unweave.inference.live_window import Window
from unweave.model import Model

TIMING = Timing.of(0.25, RATE)
WINDOW = Window(RATE, RATE, RATE)


def hops(model: Model, **asked: object) -> Hops:
    return Hops(model, WINDOW, WINDOW, TIMING, streamed(**asked), 1, 0.05)


def test_a_hop_adds_what_lies_between_what_is_due_and_what_is_not_yet() -> None:
    x = tones(1, spans={0: (0, 1), 1: (0, 1)})
    dog = tones(1, spans={1: (0, 1)})
    due = slice(RATE - TIMING.ahead - TIMING.hop, RATE - TIMING.ahead)
    for asked, factor in (({"classes": "Dog"}, 1.0), ({"remove": "Dog"}, -1.0), ({"gain": "Dog=6.0206"}, 1.0)):
        work = hops(tiny_model(), **asked)
        work(x)
        added = work(x)  # open by now
        assert added is not None and added.shape == (1, TIMING.hop)
        known = slice(TIMING.fade, None)  # before, it is faded from an answer to something else
        np.testing.assert_allclose(added[:, known], factor * dog[:, due][:, known], atol=2e-3)


def test_silence_costs_nothing_and_leaves_nothing_behind() -> None:
    model = tiny_model()
    work = hops(model, classes="Dog")
    assert work(np.zeros((1, RATE), np.float32)) is None and model.tagger is not None and model.tagger.heard == 0
    x = tones(1, spans={1: (0, 1)})
    work(x)
    work(x)
    faded = work(np.zeros((1, RATE), np.float32))
    assert faded is not None and faded[0, : TIMING.fade // 2].any() and not faded[:, TIMING.fade :].any()
    assert work(np.zeros((1, RATE), np.float32)) is None


def test_what_was_heard_well_of_late_is_the_measure_of_what_is_heard_now() -> None:
    """As a file is measured by where a sound is heard best."""
    model = tiny_model(class_gate=0.01, class_share=0.5)
    work = Hops(model, WINDOW, WINDOW, TIMING, streamed("Dog"), 1)
    weak = tones(1, spans={0: (0, 1), 1: (0, 1)}) + tones(1, spans={0: (0, 1)})  # a fifth of it is the dog
    assert work(weak) is not None
    for _ in range(2):  # what sounds is heard at every other hop
        work(tones(1, spans={1: (0, 1)}))
    for _ in range(8):
        left = work(weak)
    assert left is None


def test_a_sound_that_is_named_twice_is_changed_once() -> None:
    work = hops(tiny_model(), keep=["Dog", "/m/0bt9lr"])
    assert len(work.sounds) == 1
    with pytest.raises(UnweaveError, match="another gain"):
        hops(tiny_model(), gain={"Dog": -3, "/m/0bt9lr": 3})


def test_what_lies_above_the_band_goes_with_what_is_heard_below_it() -> None:
    rate = 2 * RATE
    window, timing = Window(rate, RATE, RATE), Timing.of(0.25, rate)
    time = np.arange(rate) / rate
    above = (0.1 * np.sin(2 * np.pi * 6000 * time))[None].astype(np.float32)
    x = tones(1, rate, {1: (0, 1), 3: (0, 1)}) + above
    due = slice(rate - timing.ahead - timing.hop + timing.fade, rate - timing.ahead)
    for name, expected in (("Rain", tones(1, rate, {3: (0, 1)}) + above), ("Dog", tones(1, rate, {1: (0, 1)}))):
        work = Hops(tiny_model(), window, window, timing, streamed(name), 1, 0.05)
        added = work(x)
        assert added is not None
        np.testing.assert_allclose(added[:, timing.fade :], expected[:, due], atol=6e-3)
