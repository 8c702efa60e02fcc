"""Label tracks as Audacity reads them, and markers at the samples of their times."""

from __future__ import annotations

from unweave.audio.labels import event_markers, labels_text
from unweave.audio.wav_chunks import Marker
from unweave.inference.events import Event


def test_a_line_for_each_event_in_the_order_of_time() -> None:
    events = [Event("Dog", "/m/0bt9lr", 1.5, 2.25, 0.9), Event("Rain, heavy\tor\nnot", "", 0.0, 10000.1234567, 0.5)]
    text = labels_text(events)
    assert text == "0.000000\t10000.123457\tRain, heavy or not\n1.500000\t2.250000\tDog\n"
    for line in text.splitlines():
        start, end, name = line.split("\t")
        assert float(start) <= float(end) and name
    assert labels_text([]) == ""


def test_markers_are_at_the_samples_of_their_times() -> None:
    events = [Event("Dog", "", 1.5, 2.25, 0.9), Event("Rain", "", 0.0, 0.0, 0.5)]
    assert event_markers(events, 44100) == [Marker("Dog", 66150, 33075), Marker("Rain", 0, 0)]
