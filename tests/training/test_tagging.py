import numpy as np
import torch
from sounds import write_collection

from unweave.data.index import read_index
from unweave.data.store import Store, build_store
from unweave.taggers.small import SmallTagger
from unweave.training.loop import LoopSettings, fit
from unweave.training.tagging import TaggingTask, loudest


def made(folder, **arguments):
    build_store(read_index(write_collection(folder)), folder / "store.h5")
    store = Store(folder / "store.h5")
    soft = [np.full((max(1, int(n / 32000 / 0.48) - 1), 527), np.nan, np.float16) for n in store.lengths]
    torch.manual_seed(0)
    return TaggingTask(SmallTagger(widths=(8, 8, 16, 16, 16), dropout=0.0), store, soft, batch=6, **arguments)


def test_a_tagger_learns_five_made_up_sounds_from_tags_alone(tmp_path):
    task = made(tmp_path, mixed=0.0)
    net = fit(task, LoopSettings(steps=60, learning_rate=5e-3, warmup=5, average=0.9, evaluate_every=1000), tmp_path)
    assert task.evaluate(net)["accuracy made"] >= 0.8


def test_mixed_crops_carry_the_tags_of_both(tmp_path):
    mel, tags, soft = made(tmp_path, mixed=1.0).draw()
    assert mel.shape == (6, 336, 64) and soft.shape == (6, 6, 527)
    assert (tags.sum(1) >= 1).all() and (tags.sum(1) == 2).any()


def test_loudest_finds_a_planted_burst(tmp_path):
    task = made(tmp_path)
    wave = loudest(task.store, 0, 0.5)
    whole = task.store.read(0, 0, int(task.store.lengths[0]))
    best = max(np.square(whole[s : s + 16000]).sum() for s in range(0, len(whole) - 16000, 100))
    assert np.square(wave).sum() >= best * 0.999
