import sys

import pytest

from unweave.cli.training import Display, duration
from unweave.training.forecast import Part


def events(display):
    display.begin("Learning the tagger")
    count = display.counter("Listening")
    count(1, 2)
    count(2, 2)
    for step in (1, 2):
        display({"kind": "step", "step": step, "steps": 2, "loss": 0.5, "rate": 1e-3, "seconds_left": 90.0})
    display({"kind": "valid", "step": 2, "steps": 2, "seconds_left": 0, "values": {"SDRi": 7.25}, "best": True})
    display({"kind": "saved", "step": 2, "steps": 2, "seconds_left": 0, "path": "last.ckpt"})


def test_without_a_terminal_there_are_plain_lines_and_not_too_many(capsys):
    with Display(every=3600) as display:
        events(display)
        events(display)
    said = capsys.readouterr()
    lines = said.err.splitlines()[-5:]
    assert said.out == ""
    assert "Listening: 2 of 2" in lines
    assert "Learning the tagger: 2 of 2, loss 0.5, rate 0.001, 2 min left" in lines
    assert "step 2: SDRi 7.25 (the best so far)" in lines
    assert not any("1 of 2" in line for line in lines)


def test_a_cpu_is_warned_of_a_large_net_and_the_pace_is_said(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with Display(every=3600) as display:
        display({"kind": "start", "device": "cpu", "weights": 30_000_000, "step": 0, "steps": 600_000})
        assert "30 million weights are to be learnt on a CPU" in capsys.readouterr().err, "before the first step"
        now[0] += 120
        display({"kind": "step", "step": 1, "steps": 600_001, "loss": 0.5, "rate": 1e-3, "seconds_left": 9.0})
        said = capsys.readouterr().err
        assert "a step takes about 2 min, so the 600000 that are left take about 833 d 8 h" in said
        display({"kind": "step", "step": 2, "steps": 600_001, "loss": 0.5, "rate": 1e-3, "seconds_left": 9.0})
        assert "a step takes" not in capsys.readouterr().err, "once"


def test_quick_steps_are_timed_over_some_of_them_and_small_nets_or_gpus_are_not_warned_of(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with Display(every=3600) as display:
        display({"kind": "start", "device": "cuda", "weights": 30_000_000, "step": 10, "steps": 100})
        display({"kind": "start", "device": "cpu", "weights": 30_000, "step": 10, "steps": 100})
        assert capsys.readouterr().err == ""
        for step in range(11, 31):
            now[0] += 0.25
            assert "a step takes" not in capsys.readouterr().err
            display({"kind": "step", "step": step, "steps": 100, "loss": 0.5, "rate": 1e-3, "seconds_left": 9.0})
        assert "a step takes about 0.25 s, so the 70 that are left take about 18 s" in capsys.readouterr().err


def test_a_figure_says_what_it_was_measured_on(capsys):
    with Display() as display:
        event = {"kind": "valid", "step": 2, "steps": 2, "seconds_left": 0, "values": {"SDRi": 7.25}, "best": False}
        display({**event, "on": "90 pairs of 2 s from 30 clips of the part valid"})
    assert "step 2, measured on 90 pairs of 2 s from 30 clips of the part valid: SDRi 7.25" in capsys.readouterr().err


def test_a_terminal_gets_a_display_that_ends_in_order(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Display() as display:
        events(display)
    said = capsys.readouterr().err
    assert "2 of 2" in said and "SDRi 7.25" in said and "loss 0.5" in said


def test_quiet_is_quiet(capsys):
    with Display(quiet=True) as display:
        events(display)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (11_100, "3 h 5 min"), (187_200, "2 d 4 h")]
)
def test_durations_are_said_as_people_do(seconds, said):
    assert duration(seconds) == said


def test_all_parts_and_their_sum_are_said_before_it_begins(capsys):
    parts = [
        Part("learning the tagger", 1500, "steps", 720.0),
        Part("listening for anchors", 240, "clips", 20.0),
        Part("learning the separator", 4000, "steps", 2400.0),
    ]
    with Display() as display:
        display.ahead(lambda: parts)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split() for line in lines[2:5]] == [
        "learning the tagger 1500 steps about 12 min".split(),
        "listening for anchors 240 clips about 20 s".split(),
        "learning the separator 4000 steps about 40 min".split(),
    ]
    assert "together" in lines[5] and "about 52 min; reading and measuring on top" in lines[5]
    with Display() as display:
        display.ahead(lambda: [*parts[:2], Part("learning the separator", 4000, "steps", None)])
    said = capsys.readouterr().err
    assert "4000 steps  the first steps will tell" in said and "12 min and what the first steps will tell" in said


def test_nothing_is_tried_for_somebody_who_wants_quiet():
    with Display(quiet=True) as display:
        display.ahead(lambda: pytest.fail("nobody asked"))
