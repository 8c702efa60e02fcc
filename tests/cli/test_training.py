import sys

import pytest

from unweave.cli.training import Display, duration


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
