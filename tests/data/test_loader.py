import json

import numpy as np
import pytest
import torch
from clips import RATE, MadeUpStore

from unweave.data.loader import ClipLoader
from unweave.data.sampler import BalancedSampler
from unweave.errors import UnweaveError

LENGTHS = [2000, 1500, 2600, 2000, 700, 2000, 4000, 2000, 2000, 1]  # samples; a clip is read as 2 s
# A machine with a single core would rather have fewer workers; here their number is what is tested.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")


def loader(workers=0, seed=0, store=None, sampler_seed=4, **kwargs):
    members = {0: [0, 1, 2], 1: [3, 4], 2: [5, 6, 7, 8], 3: [9]}
    sampler = BalancedSampler(members, 3, sampler_seed, **kwargs)
    return ClipLoader(store or MadeUpStore(LENGTHS), sampler, 2.0, seed, workers)


def take(clips, number):
    return [next(clips) for _ in range(number)]


def same(one, two):
    return (
        one.names == two.names
        and one.seed == two.seed
        and all(
            torch.equal(getattr(one, field), getattr(two, field))
            for field in ("rows", "classes", "waveform", "lengths", "starts")
        )
    )


def test_a_batch_is_the_clips_with_silence_behind_them():
    store = MadeUpStore(LENGTHS)
    for batch in take(loader(), 20):
        assert batch.waveform.shape == (3, 2 * RATE) and batch.waveform.dtype == torch.float32
        for row, wave, length, start, name in zip(
            batch.rows.tolist(), batch.waveform, batch.lengths, batch.starts, batch.names, strict=True
        ):
            assert name == store.name(row)
            assert np.array_equal(wave.numpy(), store.read(row, int(start), 2 * RATE))
            assert length == min(LENGTHS[row] - start, 2 * RATE) and not wave[length:].any()
            assert (start == 0 or LENGTHS[row] > 2 * RATE) and start + length <= LENGTHS[row]


def test_a_long_clip_is_heard_from_many_places():
    sampler = BalancedSampler({0: [6]}, 100, 0)
    starts = next(ClipLoader(MadeUpStore(LENGTHS), sampler, 2.0)).starts
    assert starts.unique().numel() > 80 and starts.min() < 200 and starts.max() > 1800


def test_batches_and_what_follows_a_resume_are_the_same_with_any_number_of_workers():
    expected = take(loader(), 9)
    for workers in (1, 2):
        with loader(workers) as clips:
            assert all(same(one, two) for one, two in zip(take(clips, 4), expected, strict=False))
            state = json.loads(json.dumps(clips.state_dict()))  # while others are being read ahead
        resumed = loader(seed=8, sampler_seed=9)
        resumed.load_state_dict(state)
        assert all(same(one, two) for one, two in zip(take(resumed, 5), expected[4:], strict=True))
    with loader(2, seed=8, sampler_seed=9) as clips:
        clips.load_state_dict(state)
        assert all(same(one, two) for one, two in zip(take(clips, 5), expected[4:], strict=True))


def test_a_state_is_that_of_the_batches_handed_out():
    clips = loader()
    assert clips.state_dict()["step"] == 0
    take(clips, 3)
    assert clips.state_dict()["step"] == 3
    clips.close()
    assert same(next(clips), take(loader(), 4)[3])


def test_each_batch_has_a_seed_of_its_own_and_all_processes_the_same():
    seeds = [
        [batch.seed for batch in take(loader(seed=seed, rank=rank, world=2), 5)] for seed in (0, 1) for rank in (0, 1)
    ]
    assert seeds[0] == seeds[1] and seeds[2] == seeds[3]
    assert len({*seeds[0], *seeds[2]}) == 10 and all(0 <= seed < 2**63 for seed in seeds[0])


def test_the_parts_of_all_processes_are_the_joint_batch():
    members = {0: [0, 1, 2], 1: [3, 4], 2: [5, 6, 7, 8], 3: [9]}
    joint = ClipLoader(MadeUpStore(LENGTHS), BalancedSampler(members, 6, 4), 2.0)
    parts = [loader(rank=rank, world=2) for rank in (0, 1)]
    for whole, *some in zip(take(joint, 8), *(take(part, 8) for part in parts), strict=True):
        for field in ("rows", "classes", "waveform", "lengths", "starts"):
            assert torch.equal(torch.cat([getattr(one, field) for one in some]), getattr(whole, field))
        for one in some:
            assert one.seed == whole.seed and torch.equal(whole.rows[one.part], one.rows)


def test_the_random_state_of_the_process_is_left_alone():
    before = torch.get_rng_state()
    take(loader(), 2)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_clip_that_cannot_be_read_is_named(workers):
    before = torch.get_rng_state()
    with (
        loader(workers, store=MadeUpStore(LENGTHS, broken=(9,))) as clips,
        pytest.raises(UnweaveError, match=r"clip-9.wav .* cannot be read: truncated file") as said,
    ):
        take(clips, 4)
    assert "Traceback" not in str(said.value)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_worker_that_dies_is_said():
    with (
        loader(1, store=MadeUpStore(LENGTHS, deadly=(9,))) as clips,
        pytest.raises(UnweaveError, match="Use fewer workers"),
    ):
        take(clips, 4)


def test_no_worker_is_left_behind():
    import multiprocessing

    before = set(multiprocessing.active_children())  # of other tests of this process
    clips = loader(1)
    next(clips)
    assert set(multiprocessing.active_children()) - before
    clips.close()
    assert set(multiprocessing.active_children()) <= before


def test_numbers_that_make_no_sense_are_said():
    for bad in ({"seconds": 0.0}, {"workers": -1}, {"prefetch": 0}, {"seed": -1}):
        with pytest.raises(UnweaveError, match="A loader needs"):
            ClipLoader(MadeUpStore(LENGTHS), BalancedSampler({0: [1]}, 1, 0), **{"seconds": 1.0} | bad)
