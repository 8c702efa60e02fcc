from __future__ import annotations

import importlib
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tiny import RATE, TONES, TinySeparator, TinyTagger, tiny_model, tones

from unweave.errors import UnweaveError
from unweave.inference.live import Live
from unweave.inference.live_gate import CLOSING
from unweave.model import Model


@pytest.fixture(scope="module")
def model() -> Model:
    return tiny_model()


def blocks(x: np.ndarray, largest: int, seed: int = 0) -> Iterator[np.ndarray]:
    rng, at = np.random.default_rng(seed), 0
    while at < x.shape[1]:
        count = int(rng.integers(0, largest + 1))
        yield x[:, at : at + count]
        at += count


def through(live: Live, x: np.ndarray, largest: int) -> np.ndarray:
    """All that comes out, every block as long as what went in."""
    given = []
    for block in blocks(x, largest):
        given.append(live.push(block))
        assert given[-1].shape == block.shape and given[-1].dtype == np.float32
    given.append(live.flush())
    assert given[-1].shape[1] == live.delay
    return np.concatenate(given, axis=1)


@pytest.mark.parametrize(
    ("rate", "latency"), [(8000, 0.25), (11025, 0.1), (37123, 1), (44100, 0.5), (48000, 0.25), (192000, 0.1)]
)
def test_all_of_it_is_the_input_delayed_to_the_sample(model: Model, rate: int, latency: float) -> None:
    x = np.random.default_rng(rate).normal(0, 0.3, (2, 2 * rate + 17)).astype(np.float32)
    live = model.live(rate, 2, keep="all", latency=latency)
    assert live.delay == round(latency * rate) and live.latency == pytest.approx(latency, abs=1 / rate)
    y = through(live, x, rate // 3)
    assert not y[:, : live.delay].any()
    np.testing.assert_array_equal(y[:, live.delay :], x)


@pytest.mark.parametrize("rate", [8000, 37123, 192000])
def test_ten_minutes_of_it_are_too(model: Model, rate: int) -> None:
    minute = (np.random.default_rng(1).integers(-(2**15), 2**15, (1, 60 * rate)) / 2**15).astype(np.float32)
    live = model.live(rate, 1, classes="all")
    before = np.zeros((1, live.delay), np.float32)
    for number in range(10):
        given = np.concatenate([live.push(block) for block in blocks(minute, 3 * rate, number)], axis=1)
        assert np.array_equal(given[:, : live.delay], before)
        assert np.array_equal(given[:, live.delay :], minute[:, : -live.delay])
        before = minute[:, -live.delay :]
    np.testing.assert_array_equal(live.flush(), before)


def test_what_is_separated_lies_where_it_lay(model: Model) -> None:
    """Removing everything that sounds, piece by piece, at a rate that has nothing to do with the model's."""
    rate = 37123
    x = tones(4, rate, {0: (0, 4), 1: (0, 4), 2: (0, 4)})
    dog = tones(4, rate, {1: (0, 4)})
    for asked, expected in (({"classes": ["Dog"]}, dog), ({"remove": "Dog"}, x - dog)):
        live = model.live(rate, 1, **asked)
        y = through(live, x, rate // 4)[:, live.delay :]
        middle = slice(rate, 3 * rate)
        np.testing.assert_allclose(y[:, middle], expected[:, middle], atol=3e-3)
    louder = model.live(rate, 1, gain={"Dog": 6.0206})
    y = through(louder, x, rate // 4)[:, louder.delay :]
    np.testing.assert_allclose(y[:, rate : 3 * rate], (x + dog)[:, rate : 3 * rate], atol=3e-3)


def test_block_sizes_change_nothing(model: Model) -> None:
    x = tones(3, 16000, {0: (0, 3), 1: (1, 2)})
    one, other = (through(model.live(16000, 1, classes=["Dog"]), x, size) for size in (77, 40000))
    np.testing.assert_array_equal(one, other)


def test_a_sound_is_let_through_within_a_hop_and_away_softly(model: Model) -> None:
    x = tones(6, RATE, {0: (0, 6), 1: (2, 3)})
    live = model.live(RATE, 1, classes=["Dog"], threshold=0.05)
    hop = live.timing.hop
    y = through(live, x, 500)[0, live.delay :]
    begun = 2 * RATE + hop
    loud = np.sqrt(np.mean(y[begun : 3 * RATE - hop] ** 2))
    assert loud == pytest.approx(0.2 / np.sqrt(2), rel=0.05)  # from the next hop on, all of it
    assert np.abs(y[: 2 * RATE - hop - RATE // 4]).max() < 1e-3
    late = 3 * RATE + round((1 + CLOSING) * RATE) + 2 * hop
    assert np.abs(y[late:]).max() == 0


def test_where_nothing_is_heard_nothing_is_changed_and_nothing_is_separated(model: Model) -> None:
    x = tones(3, RATE, {0: (0, 3)})
    decoded = model.separator.decoded
    live = model.live(RATE, 1, remove="Siren", threshold=0.1)
    y = through(live, x, 900)[:, live.delay :]
    np.testing.assert_array_equal(y, x)
    assert model.separator.decoded == decoded


def test_several_sounds_are_encoded_once_and_never_more_than_there_is(model: Model) -> None:
    x = np.repeat(tones(3, RATE, {0: (0, 3), 1: (0, 3)}), 2, axis=0)
    x[1] *= 0.5
    encoded = []
    for classes in (["Dog"], ["Dog", "Speech", "Siren"]):
        before = model.separator.encoded
        live = model.live(RATE, 2, classes=classes)
        y = through(live, x, 900)[:, live.delay :]
        encoded.append(model.separator.encoded - before)
    assert encoded[0] == encoded[1] > 0
    np.testing.assert_allclose(y[:, RATE : 2 * RATE], x[:, RATE : 2 * RATE], atol=5e-3)


def test_what_sounds_is_not_heard_at_every_hop_and_what_does_not_is() -> None:
    heard = []
    for name in ("Speech", "Siren"):
        model = tiny_model()
        tagger = model.tagger
        assert isinstance(tagger, TinyTagger)
        through(model.live(RATE, 1, classes=[name], threshold=0.1), tones(4, RATE), 1000)
        heard.append(tagger.heard)
    assert 0 < heard[0] < 0.7 * heard[1]


def test_what_an_example_sounds_like_is_taken_out(model: Model, tmp_path) -> None:  # type: ignore[no-untyped-def]
    import soundfile

    embedding = tiny_model(condition="embedding")
    soundfile.write(tmp_path / "siren.wav", tones(1, spans={2: (0, 1)})[0], RATE)
    x = tones(3, RATE, {0: (0, 3), 2: (0, 3)})
    live = embedding.live(RATE, 1, remove=tmp_path / "siren.wav")
    y = through(live, x, 999)[:, live.delay :]
    np.testing.assert_allclose(y[:, RATE : 2 * RATE], tones(3)[:, RATE : 2 * RATE], atol=5e-3)


def test_memory_stays(model: Model) -> None:
    """benchmarks/stream_hours.py does it for hours, and looks where every sample is."""
    live = model.live(8000, 1, remove="Siren", threshold=0.9)
    block = np.full((1, 1000), 0.1, np.float32)
    for _ in range(20):
        live.push(block)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(60):
        assert live.push(block).shape == block.shape
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 50_000  # one block is 4000
    assert live.flush().shape == (1, 2000)
    assert live.load.mean > 0 and live.load.worst > 0


def test_minutes_of_a_stream_are_in_place_and_a_shift_of_one_sample_is_found(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The judge of benchmarks/stream_hours.py, over three of its minutes."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    hours = importlib.import_module("stream_hours")
    sound = hours.minute_of(tones(2, spans={0: (0, 2), 1: (0, 1)})[0], RATE, 5)
    live = model.live(RATE, 1, remove="Dog", threshold=0.05, latency=1)
    *_, outcome = hours.send(live, sound, 3)
    assert (outcome.wrong, outcome.missing, len(outcome.held)) == (0, 0, 3)
    assert 0.8 < outcome.same < 1 and abs(outcome.grown) < 0.05 and live.load.mean > 0
    late = model.live(RATE, 1, keep="all")
    push = late.push
    late.push = lambda block: np.roll(push(block), 1, axis=1)  # type: ignore[method-assign]
    outcome = next(hours.send(late, sound, 1))
    assert outcome.wrong == 1
    outcome.held = [100, 100, 100, 100, 100, 106]
    assert outcome.grown > hours.ALLOWED


def test_rehearsing_leaves_no_trace(model: Model) -> None:
    x = tones(2, RATE, {1: (0, 2)})
    plain, warm = model.live(RATE, 1, classes=["Dog"]), model.live(RATE, 1, classes=["Dog"])
    assert warm.rehearse() > 0
    np.testing.assert_array_equal(through(plain, x, 500), through(warm, x, 500))


def test_blocks_of_any_kind_go_through_the_iterator(model: Model) -> None:
    x = (tones(1, RATE)[0] * 32767).astype(np.int16)
    given = list(model.stream([x[:3000], x[3000:3000], x[3000:]], RATE, keep="all"))
    assert [len(one) for one in given] == [3000, 0, len(x) - 3000, RATE // 4]
    np.testing.assert_allclose(np.concatenate(given)[RATE // 4 :], x / 32768, atol=1e-7)
    assert list(model.stream([], RATE, keep="all")) == []
    broken = np.full((1, 4000), np.nan, np.float32)
    assert not np.concatenate(list(model.stream([broken], RATE, keep="all")), axis=1).any()


def test_a_fault_of_the_networks_is_told_and_the_thread_given_back(model: Model) -> None:
    faulty = tiny_model()
    separator = faulty.separator
    assert isinstance(separator, TinySeparator)

    def fail(*_: object) -> None:
        raise RuntimeError("no more")

    separator.encode = fail  # type: ignore[assignment,method-assign]
    live = faulty.live(RATE, 1, classes=["Speech"])
    with pytest.raises(RuntimeError, match="no more"), live:
        for _ in range(10):
            live.push(tones(1))
    with pytest.raises(UnweaveError, match="ended"):
        live.push(tones(1))
    assert live.flush().shape == (1, 0)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "Say what is wanted"),
        ({"classes": ["Dgo"]}, "Dog"),
        ({"classes": ["Dog"], "remove": "Siren"}, "cannot go together"),
        ({"keep": "all", "remove": "Siren"}, "leave out one"),
        ({"remove": "1:02-1:04"}, "stretch of a recording"),
        ({"classes": ["Dog"], "latency": 3}, "between 0.1"),
        ({"classes": ["Dog"], "threshold": 7}, "probability"),
        ({"gain": {"Dog": -6, "/m/0bt9lr": 6}}, "another gain"),
    ],
)
def test_what_cannot_be_is_refused_at_once(model: Model, asked: dict[str, object], says: str) -> None:
    with pytest.raises(UnweaveError, match=says):
        model.stream(iter(()), 44100, **asked)


def test_streams_that_no_device_has_are_refused(model: Model) -> None:
    for rate, channels in ((0, 1), (44100.5, 1), (44100, 0), (44100, 65), (44100, True)):
        with pytest.raises(UnweaveError):
            model.live(rate, channels, keep="all")  # type: ignore[arg-type]
    live = model.live(44100, 2, keep="all")
    for block in (np.zeros((1, 5)), np.zeros((2, 3, 4)), "noise", np.zeros((2, 5), complex)):
        with pytest.raises(UnweaveError):
            live.push(block)
    assert TONES  # the bands that the tests speak of
