from dataclasses import replace

import numpy as np
import pytest
import torch
from planted import PlantedStore

from unweave.conditions.soft import Soft
from unweave.ontology import Ontology
from unweave.separators.small import SmallSeparator
from unweave.taggers.small import SmallTagger
from unweave.training.separation import SeparationSettings, SeparationTask
from unweave.training.separation_resident import ResidentSeparationTask

KINDS = ("soft", "named", "node", "absent")
SECONDS = 0.5


@pytest.fixture(scope="module")
def store():
    """Three classes; the first clip of each is a stem of one song, and hums are beds too."""
    made = PlantedStore(train=(3, 3, 3), valid=(1, 1, 1))
    made.bandwidths = np.full(len(made), 16000, np.float32)
    made.clips = [
        replace(clip, group="song" if clip.path.name.endswith("train-0.wav") else clip.group) for clip in made.clips
    ]
    return made


def task(store, folder, kind=ResidentSeparationTask, shares=None, batch=4, **settings):
    torch.manual_seed(0)
    parts = SmallSeparator(condition_dim=3, widths=(4, 4, 4), hidden=8), SmallTagger(3, widths=(4, 4, 4, 4, 4))
    shares = {kind: (shares or {"named": 1.0}).get(kind, 0.0) for kind in KINDS}
    more = {"device": torch.device("cpu")} if kind is ResidentSeparationTask else {}
    chosen = SeparationSettings(batch=batch, seconds=SECONDS, gain=0.0, shares=shares, **settings)
    heard = folder / f"{kind.__name__}.npz"
    return kind(*parts, Soft(3, True), store, chosen, heard, ontology=Ontology.flat("abc"), **more)


def pairs(example):
    return example.target.view(len(example.mixture), 2, -1)


def test_a_mixture_is_the_sum_of_its_two_targets_at_equal_energy(store, tmp_path):
    made = task(store, tmp_path)
    for _ in range(5):
        example = made.draw()
        assert torch.allclose(pairs(example).sum(1), example.mixture, atol=1e-5)
        energy = pairs(example).square().sum(2)
        assert torch.allclose(energy[:, 0], energy[:, 1], rtol=1e-2)
        assert example.row.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_no_two_sources_share_a_class_or_a_name(store, tmp_path):
    made = task(store, tmp_path, third=1.0, bed=1.0, beds="planted")
    thirds = 0
    for _ in range(10):
        rows, classes, _ = made._sources()
        there = rows >= 0
        thirds += there[:, 2:].sum()
        held = (made.holds[rows] & there[..., None]).sum(1)
        assert held.max() <= 1
        assert (classes[:, 0] != classes[:, 1]).all()
    assert thirds


def test_a_third_source_is_in_the_mixture_and_in_no_target(store, tmp_path):
    made = task(store, tmp_path, third=1.0)
    rest = [(example.mixture - pairs(example).sum(1)).square().sum(1) for example in (made.draw() for _ in range(5))]
    assert 0 < (torch.cat(rest) > 1e-6).float().mean() <= 1


def test_a_source_that_is_alone_is_the_mixture_and_what_else_is_asked_is_silence(store, tmp_path):
    example = task(store, tmp_path, alone=1.0).draw()
    assert torch.allclose(pairs(example)[:, 0], example.mixture, atol=1e-6) and not pairs(example)[:, 1].any()
    asked = example.condition.view(4, 2, 3)
    assert (asked.sum(2) == 1).all() and not (asked[:, 0] * asked[:, 1]).any()


def test_what_is_asked_beside_a_source_that_is_alone_is_never_its_own_class(store, tmp_path):
    made = task(store, tmp_path, alone=1.0)
    for _ in range(10):
        example = made.draw()
        held = torch.from_numpy(made.holds[example.rows[::2]])
        assert not example.target[1::2].any()
        assert not (example.condition[1::2].bool() & held).any()


def test_stems_of_one_recording_are_cut_at_one_time_and_speed(store, tmp_path):
    made = task(store, tmp_path, together=1.0)
    song = [row for row in store.rows("train").tolist() if store.clips[row].group == "song"]
    assert sorted(made.mates) == song and all(len(mates) == 2 for mates in made.mates.values())
    seen = {}

    def cut(rows, starts, speeds, samples):
        seen["rows"], seen["starts"], seen["speeds"] = rows, starts, speeds
        return torch.ones(len(rows), samples)

    made.clips.cut = cut
    found = 0
    for _ in range(5):
        example = made.draw()
        for row in range(0, 8, 2):
            mine, other = example.rows[row : row + 2]
            if mine in song:
                assert other in song
                assert seen["starts"][row] == seen["starts"][row + 1]
                assert seen["speeds"][row] == seen["speeds"][row + 1]
                found += 1
    assert found


def test_rooms_change_the_sound_and_keep_its_level_near(store, tmp_path):
    dry, wet = (task(store, tmp_path, rooms=share).draw() for share in (0.0, 1.0))
    assert not torch.allclose(dry.target, wet.target, atol=1e-3)
    assert torch.allclose(pairs(wet).sum(1), wet.mixture, atol=1e-5)


def test_what_the_detector_hears_is_what_it_hears_clip_by_clip(store, tmp_path):
    together, alone = task(store, tmp_path), task(store, tmp_path, SeparationTask)
    assert together.curves.keys() == alone.curves.keys()
    for row, curve in alone.curves.items():
        assert np.allclose(together.curves[row], curve[: len(together.curves[row])], atol=1e-4)
        assert abs(len(curve) - len(together.curves[row])) <= 1
    assert (together.holds == alone.holds).all()


def test_draws_depend_on_the_seed_alone_and_can_go_on(store, tmp_path):
    settings = {"third": 0.5, "bed": 0.5, "rooms": 0.5, "together": 0.5, "shares": dict.fromkeys(KINDS, 0.25)}
    one, two = task(store, tmp_path, **settings), task(store, tmp_path, **settings)
    assert torch.equal(one.draw().mixture, two.draw().mixture)
    three = task(store, tmp_path, **settings)
    three.load_state_dict(one.state_dict())
    expected, got = one.draw(), three.draw()
    assert torch.equal(expected.mixture, got.mixture) and torch.equal(expected.condition, got.condition)


def test_it_is_learnt_from(store, tmp_path):
    made = task(store, tmp_path, shares=dict.fromkeys(KINDS, 0.25), wide=0.3)
    example, losses = made.draw(), []
    optimiser = torch.optim.AdamW(made.net.train().parameters(), 1e-2)
    for _ in range(6):
        loss, _ = made.loss(made.net, example)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert made.names(example) == [store.name(int(row)) for row in example.rows]
