"""labels.txt as Audacity reads it."""

from __future__ import annotations

from unweave.audio.labels import labels_text
from unweave.inference.events import Event


def test_a_line_for_each_event_in_the_order_of_time() -> None:
    events = [Event("Dog", "/m/0bt9lr", 1.5, 2.25, 0.9), Event("Rain, heavy\tor\nnot", "", 0.0, 10000.1234567, 0.5)]
    text = labels_text(events)
    assert text == "0.000000\t10000.123457\tRain, heavy or not\n1.500000\t2.250000\tDog\n"
    for line in text.splitlines():
        start, end, name = line.split("\t")
        assert float(start) <= float(end) and name
    assert labels_text([]) == ""
