from __future__ import annotations

import numpy as np
import pytest
from hearing import SEGMENTS, tags_of
from tiny import RATE, tiny_model, tones

from unweave.asking.cut import auto_group
from unweave.inference.heard import Heard
from unweave.inference.tagging import SegmentTags
from unweave.model import Model
from unweave.ontology import Ontology


def heard(model: Model, **classes: list[float]) -> Heard:
    """Probabilities of each segment of 1 s, by class; frames likewise."""
    return Heard(model, tags_of(model, {name.replace("_", " "): values for name, values in classes.items()}))


def sure_model() -> Model:
    """Sure from 0.7 on, whatever a model is without being told."""
    return tiny_model(overlap_seconds=0.0, auto_threshold=0.7)


def names(**classes: list[float]) -> list[str]:
    model = sure_model()
    return [request.name for request in auto_group(heard(model, **classes)).requests]


def test_every_sound_has_one_name_as_fine_as_one_is_sure() -> None:
    sure, half, little = [0.95] * 8, [0.6] * 8, [0.15] * 8
    assert names(Dog=sure) == ["Dog"]
    assert names(Dog=half, Cat=half) == ["Domestic animals, pets"]
    assert names(Dog=little, Crow=little, Frog=little) == []
    assert names(Dog=half, Crow=half) == ["Animal"]
    assert names(Dog=sure, Bark=sure) == ["Bark"] and names(Dog=sure, Bark=little) == ["Dog"]


def test_the_unsure_and_the_short_are_left_out_and_the_long_need_less() -> None:
    assert names(Dog=[0.6]) == [] and names(Rain=[0.6] * 16, Dog=[0.6]) != []
    model = tiny_model(overlap_seconds=0.0)
    one = heard(model, Dog=[0.95])
    one.tags.frames[model.ontology.find("Dog").index] = [(0, np.array([0.95, 0.95], np.float16))]  # type: ignore[index]
    assert auto_group(one).requests == []


def test_one_curve_is_one_sound() -> None:
    rise, fall = [0.95, 0.2, 0.95, 0.9, 0.0, 0.95], [0.92, 0.1, 0.93, 0.9, 0.0, 0.92]
    assert names(Crow=rise, Siren=fall) == ["Crow"]
    assert sorted(names(Crow=rise, Siren=[0.0, 0.9, 0.9, 0.2, 0.95, 0.0])) == ["Crow", "Siren"]
    assert sorted(names(Rain=[0.95] * 16, Siren=[0.93] * 16)) == ["Rain", "Siren"]  # nothing says that they are one


def test_what_else_a_node_holds_is_a_track_where_the_rest_is_silent() -> None:
    first, then = [0.95] * 4 + [0.0] * 4, [0.0] * 4 + [0.8] * 4
    assert names(Speech=first, Cough=then) == ["Speech", "Human sounds"]  # not surely enough for its own name
    assert names(Speech=first, Cough=[0.5] * 4 + [0.0] * 4) == ["Speech"]  # as what speech is heard, too
    assert names(Speech=first, Cough=[0.0] * 4 + [0.4] * 4) == ["Speech"]
    assert names(Speech=first, Cough=[0.0] * 4 + [0.95] * 4) == ["Speech", "Cough"]
    half, other = [0.75] * 4 + [0.0] * 4, [0.0] * 4 + [0.75] * 4
    assert names(Dog=half, Cat=half) == ["Domestic animals, pets"]  # one sound that is hard to tell
    assert sorted(names(Speech=half, Cough=other)) == ["Human sounds", "Human voice"]  # two sounds


def test_a_track_of_the_rest_has_neither_the_classes_nor_the_time_of_those_below_it() -> None:
    model = sure_model()
    one = heard(model, Speech=[0.95] * 4 + [0.0] * 4, Cough=[0.0] * 2 + [0.8] * 5 + [0.0])
    speech, rest = auto_group(one).requests
    assert rest.mid == model.ontology.find("Human sounds").mid
    assert not (speech.telling.mask & rest.telling.mask).any()  # type: ignore[attr-defined]
    assert np.flatnonzero(rest.activity).tolist() == [4, 5, 6] and not (speech.activity & rest.activity).any()
    frames = one.tags.frames[model.ontology.find("Cough").index]  # type: ignore[index]
    frames[:] = [(5, np.array([0.8] * 5, np.float16)), *frames, (100, np.array([0.8] * 4, np.float16))]
    frames[1][1][:] = [0.0] * 40 + [0.8] * 30 + [0.0] * 10
    # An event in which the track is silent is none of its.
    assert [(event.start, event.end) for event in auto_group(one).requests[1].events] == [(4.0, 7.0)]


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.675, 0.7, 0.8])
def test_no_class_is_in_two_tracks_and_files_differ(threshold: float) -> None:
    rng = np.random.default_rng(0)
    model = tiny_model(overlap_seconds=0.0, auto_threshold=threshold)
    for _ in range(10):
        chosen = rng.choice(527, 30, replace=False)
        classes = {model.labels[i]: list(rng.uniform(0, 1, SEGMENTS).round(2)) for i in chosen}
        clip = np.zeros((SEGMENTS, 527), np.float32)
        for i, values in zip(chosen, classes.values(), strict=True):
            clip[:, i] = values
        frames = {int(i): [(0, np.repeat(clip[:, i], 10).astype(np.float16))] for i in chosen}
        tags = SegmentTags(clip, SEGMENTS * RATE, float(SEGMENTS), [float(i) for i in range(SEGMENTS)], frames)
        requests = auto_group(Heard(model, tags)).requests
        assert requests and len({request.mid for request in requests}) == len(requests)
        assert len({request.file.casefold() for request in requests}) == len(requests)
        for request in requests:
            above = {node.mid for node in model.ontology.ancestors(model.ontology.find(request.mid))}
            for other in (other for other in requests if other.mid in above):  # what else that one holds
                assert not (request.telling.mask & other.telling.mask).any()  # type: ignore[attr-defined]
                assert not (request.activity & other.activity).any()


def test_classes_of_ones_own_are_cut_too() -> None:
    model = tiny_model(overlap_seconds=0.0)
    model.ontology = Ontology.flat([f"sound {i}" for i in range(527)])
    clip = np.zeros((4, 527), np.float32)
    clip[:, 7] = 0.9
    tags = SegmentTags(clip, 4 * RATE, 4.0, [0.0, 1.0, 2.0, 3.0])
    assert [request.name for request in auto_group(Heard(model, tags)).requests] == ["sound 7"]


def test_tracks_come_by_energy_and_faint_ones_stay_in_the_residual() -> None:
    x = tones(6, spans={0: (0, 2), 3: (2, 6)})
    x = np.where(np.arange(x.shape[1]) < 2 * RATE, x, 0.2 * x).astype(np.float32)
    x = np.concatenate([x, 1e-4 * tones(3, spans={2: (0, 3)})], axis=1)
    tracks = tiny_model().separate(x, RATE)
    assert [track.name for track in tracks] == ["Speech", "Rain", "residual"]
    assert np.abs(sum(track.audio for track in tracks) - x).max() < 1e-5
    assert np.abs(tracks[-1].audio[0, -2 * RATE :]).max() == pytest.approx(2e-5, rel=0.1)
    assert [track.name for track in tiny_model(faintest_db=None).separate(x, RATE)][2:] == ["Siren", "residual"]
    assert "Siren" in [track.name for track in tiny_model().separate(x, RATE, classes="Siren")]
