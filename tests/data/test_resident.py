import numpy as np
import pytest
import torch
from sounds import write_collection

from unweave.data.augment import band_limit, tilt
from unweave.data.datasets.index import index
from unweave.data.resident import Filters, ResidentClips
from unweave.data.store import Store, append

RATE = 32000


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collection")
    append(index(write_collection(folder)), folder / "store")
    return Store(folder / "store")


def cut(clips, rows, starts, speeds, samples):
    starts, speeds = (torch.tensor(values, dtype=torch.float64) for values in (starts, speeds))
    return clips.cut(np.array(rows), starts, speeds, samples)


def test_a_piece_is_what_the_store_reads(store):
    rows = store.rows("train")[::-1]
    clips = ResidentClips(store, rows, torch.device("cpu"))
    some = rows[:3].tolist()
    pieces = cut(clips, some, [0, 100, 5000], [1, 1, 1], 4000)
    for piece, row, start in zip(pieces, some, (0, 100, 5000), strict=True):
        assert np.allclose(piece.numpy(), store.read(row, start, 4000), atol=1e-6)


def test_outside_of_a_clip_there_is_silence_and_not_its_neighbour(store):
    rows = store.rows("train")[:2]
    clips = ResidentClips(store, rows, torch.device("cpu"))
    length = int(store.lengths[rows[0]])
    piece = cut(clips, [rows[0]], [-50], [1], length + 200)[0].numpy()
    assert np.abs(piece[:50]).max() < 1e-6 and np.abs(piece[length + 50 :]).max() < 1e-6
    assert np.allclose(piece[50 : length + 50], store.read(int(rows[0]), 0, length), atol=1e-6)


def test_a_tone_that_is_played_faster_is_the_tone_of_that_frequency(store):
    clips = ResidentClips(store, store.rows("train")[:1], torch.device("cpu"))
    time = torch.arange(int(clips.lengths[0])) / RATE
    clips.samples[clips.starts[0] : clips.starts[0] + len(time)] = (20000 * torch.sin(2 * np.pi * 3000 * time)).short()
    start, speed = 100.25, 1.1
    piece = cut(clips, [int(store.rows("train")[0])], [start], [speed], 2000)[0]
    wanted = 20000 / 32767 * torch.sin(2 * np.pi * 3000 * (start + speed * torch.arange(2000)) / RATE)
    assert (piece - wanted).abs().max() < 2e-3


def test_filters_are_those_of_single_waveforms():
    rng = np.random.default_rng(0)
    waves = rng.standard_normal((3, 8000)).astype(np.float32)
    waves[:, :1000] = waves[:, -1000:] = 0  # a single waveform is filtered around its ends
    filters = Filters(8000, RATE, torch.device("cpu"), tail=0.0)
    tilts, cutoffs = torch.tensor([0.0, 5.0, 0.0]), torch.tensor([RATE / 2, RATE / 2, 5000.0])
    out = filters(torch.from_numpy(waves), tilts, cutoffs).numpy()
    for one, wanted in zip(out, (waves[0], tilt(waves[1], 5.0, RATE), band_limit(waves[2], 5000.0, RATE)), strict=True):
        assert np.allclose(one, wanted, atol=1e-4)


def test_a_room_is_the_sound_and_an_echo_of_the_wanted_energy_that_dies_away():
    filters = Filters(8000, RATE, torch.device("cpu"), tail=0.25)
    rooms = filters.rooms(torch.tensor([0.2, 0.0]), torch.tensor([6.0, 6.0]), torch.Generator().manual_seed(0))
    assert rooms[0, 0] == 1 and rooms[1].tolist() == [1.0] + [0.0] * (rooms.shape[1] - 1)
    echo = rooms[0, 1:].square()
    assert 10 * torch.log10(echo.sum()) == pytest.approx(-6.0, abs=0.01)
    assert echo[: len(echo) // 4].sum() > 100 * echo[-len(echo) // 4 :].sum()
    wave = torch.zeros(2, 8000)
    wave[:, 10] = 1.0
    flat = torch.zeros(2), torch.full((2,), RATE / 2)
    out = filters(wave, *flat, rooms)
    assert torch.allclose(out[0, 10:], rooms[0, : 8000 - 10], atol=1e-5)
    assert torch.allclose(out[1], wave[1], atol=1e-5)
