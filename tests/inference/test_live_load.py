from __future__ import annotations

import pytest

from unweave.inference.live_load import WATCHED, Load


def test_it_follows_the_machine_and_knows_the_whole() -> None:
    load = Load()
    for _ in range(100):
        load.add(0.01, 0.1)
    assert load.now == pytest.approx(0.1) and load.mean == pytest.approx(0.1) and load.worst == 0.01
    for _ in range(round(3 * WATCHED / 0.1)):
        load.add(0.2, 0.1)
    assert load.now > 1.5 and 0.1 < load.mean < 1.5 and load.worst == 0.2


def test_a_single_slow_hop_is_no_slow_machine() -> None:
    load = Load()
    for _ in range(50):
        load.add(0.04, 0.1)
    load.add(0.5, 0.1)
    assert load.now < 1
