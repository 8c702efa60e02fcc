"""What a wish may do: hear the recording while it is read, and amend what the others asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from tiny import RATE, tiny_model, tones

from unweave.asking.classes import Classes
from unweave.inference.hear import check, hear, prepare
from unweave.inference.heard import Heard
from unweave.inference.options import Options
from unweave.inference.recording import ArrayRecording, Recording, Samples
from unweave.inference.request import Group
from unweave.inference.wish import Asked, Prepared, Wish
from unweave.networks import Networks


@dataclass
class Nosy(Wish):
    """Keeps what it hears, and drops the first request of every group."""

    blocks: list[Samples] = field(default_factory=list)

    def check(self, model: Networks) -> Sequence[str]:
        return [f"{model.name} is being listened to."]

    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        return Prepared(hear=self.hear, amend=self.amend)

    def hear(self, block: Samples) -> None:
        self.blocks.append(block.copy())

    def amend(self, heard: Heard, groups: list[Group]) -> list[Group]:
        return [Group(group.name, group.level, group.requests[1:]) for group in groups]


def test_wish_hears_the_recording_and_amends_what_comes_after_it_too() -> None:
    x, nosy = np.repeat(tones(7.3, spans={0: (0, 5), 1: (2, 7)}), 2, axis=0), Nosy()
    options = Options(Asked((nosy, Classes(("Speech", "Dog")))))
    model, recording = tiny_model(), ArrayRecording(x, RATE)
    assert check(model, options) == ["tiny is being listened to."]
    tags, groups = hear(model, recording, options, prepare(model, recording, options), None)
    assert np.array_equal(np.concatenate(nosy.blocks, axis=1), x) and tags.samples == x.shape[1]
    assert [[request.name for request in group.requests] for group in groups] == [["Dog"]]


def test_most_tracks_counts_what_is_left() -> None:
    options = Options(Asked((Nosy(), Classes(("Speech", "Dog", "Rain")))), max_tracks=1)
    model, recording = tiny_model(), ArrayRecording(tones(3, spans={0: (0, 3), 3: (0, 3)}), RATE)
    _, groups = hear(model, recording, options, prepare(model, recording, options), None)
    assert [request.name for request in groups[0].requests] == ["Rain"]
