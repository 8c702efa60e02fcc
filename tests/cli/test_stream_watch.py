from __future__ import annotations

import pytest
from tiny import RATE, tiny_model

from unweave.cli.stream_watch import Watch, too_slow


def test_a_machine_that_falls_behind_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    live = tiny_model().live(RATE, 1, keep="all")
    watch = Watch(live, lambda text: None)
    for work in (0.05, 0.3, 0.3, 0.3, 0.3):
        for _ in range(20):
            live.load.add(work, 0.1)
            watch.look()
    err = capsys.readouterr().err
    assert err.count("falls behind") == 1 and "--latency" in err and "--backend" in err
    assert "takes 1.40 s for a second" in too_slow(1.4)
