"""Devices are made up here: two clocks that drift, callbacks at their own times, a machine that stalls."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from tiny import tiny_model

from unweave.inference.live_pump import Pump

RATE = 8000


class Devices:
    """An input and an output device, each with a clock of its own, and time that passes when it is told to.

    Args:
        pump: between them.
        fast, slow: how many millionths the clocks of input and output are ahead.
        sound: what the input records, by sample.
    """

    def __init__(self, pump: Pump, fast: float, slow: float) -> None:
        self.pump, self.recorded, self.out = pump, 0, []
        self.blocks = {"in": 128, "out": 144}
        self.period = {
            "in": 128 / (RATE * (1 + fast * 1e-6)),
            "out": 144 / (RATE * (1 + slow * 1e-6)),
            "step": 0.007,
        }
        self.events = [(0.0, "in"), (0.0011, "out"), (0.0023, "step")]
        self.now = 0.0
        self.stalled = (0.0, 0.0)

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        while self.events[0][0] < until:
            self.now, name = heapq.heappop(self.events)
            if name == "in":
                at = self.recorded + np.arange(self.blocks["in"])
                self.pump.heard(sound(at)[None])
                self.recorded += self.blocks["in"]
            elif name == "out":
                self.out.append(self.pump.played(self.blocks["out"])[0])
            elif not self.stalled[0] <= self.now < self.stalled[1]:
                self.pump.step()
            heapq.heappush(self.events, (self.now + self.period[name], name))
        self.now = until

    @property
    def sounded(self) -> np.ndarray:
        return np.concatenate(self.out)


def sound(at: np.ndarray) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * 200 * at / RATE)).astype(np.float32)


def begun(fast: float = 0, slow: float = 0) -> tuple[Devices, Pump, list[str]]:
    said: list[str] = []
    pump = Pump(tiny_model().live(RATE, 1, keep="all"), said.append)
    return Devices(pump, fast, slow), pump, said


def test_clocks_that_drift_apart_are_followed_without_a_gap() -> None:
    fast, slow = 250, -250
    devices, pump, said = begun(fast, slow)
    devices.run(90)
    assert pump.dry == 0 and said == []
    assert abs(pump._output.filled - pump._target) < 100  # without it, 360 samples
    y = devices.sounded[RATE * 2 :]
    assert np.abs(np.diff(y)).max() < 1.02 * 0.5 * 2 * np.pi * 200 / RATE  # a tone without a click
    crossings = np.flatnonzero((y[:-1] < 0) & (y[1:] >= 0))
    heard = RATE / np.diff(crossings[-1000:]).mean()
    assert heard == pytest.approx(200 * (1 + (fast - slow) * 1e-6), rel=2e-4)


def test_what_is_played_is_as_late_as_it_is_said_to_be() -> None:
    devices, pump, _ = begun()
    devices.run(8)
    y = devices.sounded
    last = np.flatnonzero(np.abs(y) > 1e-3)[0]
    delay = last / RATE
    assert pump.latency == pytest.approx(0.25 + 0.04)
    assert abs(delay - pump.latency) < 0.05  # blocks of 16 and 18 ms, and a look every 7


def test_a_machine_that_stalls_is_heard_counted_said_and_forgiven() -> None:
    devices, pump, said = begun(50, -50)
    devices.run(4)
    before = pump.buffer
    for number in range(3):
        devices.stalled = (devices.now, devices.now + 0.4)
        devices.run(6)
        assert pump.dry == number + 1
    assert pump.buffer == pytest.approx(before * 1.5**3, rel=0.01)
    assert len(said) == 3 and "ran dry (3 so far)" in said[-1] and "135 ms" in said[-1]
    assert abs(pump._output.filled - pump._target) < 0.03 * RATE
    devices.stalled = (devices.now, devices.now + 0.1)  # which the larger buffer takes
    devices.run(2)
    assert pump.dry == 3


def test_the_buffer_does_not_grow_for_ever() -> None:
    devices, pump, said = begun()
    for _ in range(10):
        devices.run(2)
        devices.stalled = (devices.now, devices.now + 1.5)
    devices.run(3)
    assert pump.buffer == RATE
    assert 3 <= len(said) < pump.dry  # nor does it talk all the time


def test_a_machine_that_is_too_slow_loses_input_and_says_how_much() -> None:
    devices, pump, said = begun()
    devices.run(2)
    devices.stalled = (devices.now, devices.now + 6)
    devices.run(10)
    assert any("s of the input are lost" in line for line in said)
    assert pump._output.filled < RATE  # and does not play what was recorded long ago


def test_at_the_end_everything_is_played() -> None:
    devices, pump, _ = begun()
    devices.run(3)
    pump.step()
    recorded = devices.recorded
    left = pump.end()
    assert left >= pump.live.delay
    rest = pump.played(left)[0]
    assert pump.end() == 0
    whole = np.concatenate([devices.sounded, rest])
    np.testing.assert_allclose(rest[-1000:-20], sound(np.arange(recorded - 1000, recorded - 20)), atol=0.09)  # 1 sample
    assert len(whole) > recorded
