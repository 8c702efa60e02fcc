from __future__ import annotations

import warnings

import numpy as np
import pytest
from tiny import INDEXES, RATE, tiny_model, tones

from unweave.errors import UnweaveError
from unweave.inference import tagging
from unweave.inference.separate import MOST_HELD, segments_at_once


def noise(channels: int, samples: int, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, samples))).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 192000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_tracks_and_residual_add_up(rate: int, channels: int) -> None:
    x = noise(channels, rate * 2 + 17)
    for level in (1, 3):
        tracks = tiny_model().separate(x, rate, level=level)
        assert len(tracks) >= 3 and tracks[-1].name == "residual"
        assert all(t.audio.shape == x.shape and t.sample_rate == rate and t.level == level for t in tracks)
        assert all(t.audio.dtype == np.float32 for t in tracks)
        assert np.abs(sum(t.audio for t in tracks) - x).max() < 1e-4


@pytest.mark.parametrize("samples", [1, 2, 99, 5999, 6000, 6001, 8000, 8001, 14000, 60 * RATE])
@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5])
def test_any_length(samples: int, overlap: float) -> None:
    x = noise(1, samples)
    tracks = tiny_model(overlap_seconds=overlap).separate(x, RATE, classes=["Speech", "Rain"])
    assert [t.name for t in tracks] == ["Speech", "Rain", "residual"]
    assert np.abs(sum(t.audio for t in tracks) - x).max() < 1e-4


@pytest.mark.parametrize("rate", [RATE, 44100])
def test_same_whatever_the_batch(rate: int) -> None:
    x = np.concatenate([tones(5, rate, {0: (0, 2), 3: (1, 5)}), noise(1, 5 * rate)])
    one, many = (tiny_model().separate(x, rate, level=[1, 2], batch=batch) for batch in (1, 16))
    assert [t.name for t in one] == [t.name for t in many]
    assert max(np.abs(a.audio - b.audio).max() for a, b in zip(one, many, strict=True)) < 1e-5


def test_each_sound_goes_to_its_track() -> None:
    x = tones(4, spans={0: (0, 4), 1: (0, 4), 3: (0, 4)})
    tracks = tiny_model().separate(x, RATE, classes=["Dog", "Speech", 289])
    for track, band in zip(tracks, (1, 0, 3), strict=False):
        inner = slice(RATE // 4, -RATE // 4)
        assert np.abs(track.audio - tones(4, spans={band: (0, 4)}))[:, inner].max() < 0.02


@pytest.mark.parametrize("overlap", [0.0, 0.1, 0.25])
def test_no_seams(overlap: float) -> None:
    x = tones(7.3)
    track = tiny_model(identity=True, overlap_seconds=overlap).separate(x, RATE, classes="Speech")[0]
    assert np.abs(track.audio - x).max() < 1e-6


@pytest.mark.parametrize("overlap", [0.0, 0.25])
def test_activity_fades_in_and_out(overlap: float) -> None:
    x = tones(6, spans={1: (0, 6), 0: (2.5, 3.5)})
    track = tiny_model(identity=True, overlap_seconds=overlap).separate(x, RATE, classes="Speech", threshold=0.1)[0]
    assert not track.audio[0, :RATE].any() and track.audio[0, 3 * RATE : 3 * RATE + 999].any()
    assert np.abs(np.diff(track.audio[0])).max() <= np.abs(np.diff(x[0])).max() + 1e-3
    edges = np.flatnonzero(np.diff((track.audio[0] != 0).astype(int)))
    assert np.abs(track.audio[0, edges[0] + 1]) < 0.02


@pytest.mark.parametrize("overlap", [0.0, 0.25])
def test_a_level_is_silent_where_none_of_its_classes_is_heard(overlap: float) -> None:
    """Whatever the separator returns there: segments with Q(i, j) below the threshold are silence (Algorithm 3)."""
    x = tones(9, spans={1: (0, 9), 0: (2.5, 3.5)})
    model = tiny_model(identity=True, overlap_seconds=overlap, exclusive=False)  # the paper's tracks share nothing
    tracks = model.separate(x, RATE, level=1, threshold=0.1)
    sounds = {track.name: track.audio[0] for track in tracks}
    assert set(sounds) == {"Animal", "Human sounds", "residual"}
    assert sounds["Animal"].any() and np.abs(sounds["Animal"] - x[0]).max() < 1e-5
    assert sounds["Human sounds"][3 * RATE : 3 * RATE + 999].any()
    assert not sounds["Human sounds"][:RATE].any() and not sounds["Human sounds"][5 * RATE :].any()


def test_published_cut_is_hard() -> None:
    x = tones(8, spans={1: (0, 8), 0: (4, 6)}) + 0.5
    model = tiny_model(identity=True).published()
    track = model.separate(x, RATE, classes="Speech", threshold=0.0001)[0]
    active = np.flatnonzero(track.audio[0])
    assert np.array_equal(track.audio[0, active[0] : active[-1] + 1], x[0, active[0] : active[-1] + 1])
    assert active[0] % (2 * RATE) == 0


@pytest.mark.parametrize(
    ("rows", "channels", "tracks", "segments"),
    [(8, 2, 17, 4), (8, 1, 17, 8), (8, 2, 40, 3), (8, 2, 1000, 1), (8, 6, 17, 1), (64, 2, 0, 32), (1, 2, 1, 1)],
)
def test_segments_at_once_fill_the_cores_and_never_memory(rows: int, channels: int, tracks: int, segments: int) -> None:
    """Three levels of a recording in stereo are some 17 tracks; one segment of them left cores idle at every end."""
    assert segments_at_once(rows, channels, tracks) == segments
    assert segments == 1 or segments * channels * tracks <= MOST_HELD


def test_work_is_done_once_and_only_where_needed() -> None:
    model = tiny_model()
    x = tones(7.75, spans={0: (0, 7.75), 1: (0, 2)}) * np.array([[1], [0.5]], np.float32)  # 10 segments, stereo
    model.separate(x, RATE, classes=["Speech", "Dog", "Rain"], threshold=0.1)
    assert model.tagger.heard == 10
    assert model.separator.encoded == 10 * 2
    # Speech sounds in all segments, Dog in those that begin before 2 s, Rain in none.
    assert model.separator.decoded == (10 + 3) * 2


@pytest.mark.parametrize(("gains", "rows"), [((1, 1), 1), ((1, 0), 1), ((1, 0.5, 1), 2), ((1, -1), 2)])
def test_equal_channels_are_separated_once(gains: tuple[float, ...], rows: int) -> None:
    x = tones(1, spans={0: (0, 1), 1: (0, 1)}) * np.array(gains, np.float32)[:, None]
    model = tiny_model()
    tracks = model.separate(x, RATE, classes=["Speech", "Dog"])
    assert model.separator.encoded == rows and model.separator.decoded == 2 * rows
    for band, track in zip((0, 1), tracks, strict=False):
        alone = tiny_model().separate(tones(1, spans={0: (0, 1), 1: (0, 1)}), RATE, classes=["Speech", "Dog"])[band]
        assert np.abs(track.audio - alone.audio * np.array(gains, np.float32)[:, None]).max() < 1e-6


def test_one_answer_for_equal_requests() -> None:
    model = tiny_model(known=INDEXES)
    model.separate(tones(1, spans={1: (0, 1)}), RATE, level=[1, 2, 3])
    assert model.separator.decoded == 1


def test_silent_stretches_cost_nothing() -> None:
    model = tiny_model()
    x = tones(10, spans={0: (0, 1)})
    tracks = model.separate(x, RATE, classes="Speech")
    assert model.separator.encoded <= 2 and np.abs(sum(t.audio for t in tracks) - x).max() < 1e-6


def test_silence_gives_only_a_residual() -> None:
    tracks = tiny_model().separate(np.zeros((2, 3 * RATE)), RATE)
    assert [(t.name, t.level) for t in tracks] == [("residual", None)]
    assert not any(t.audio.any() for t in tracks)


@pytest.mark.parametrize("kind", ["dc", "clipped", "nan", "tiny", "loud"])
def test_strange_signals(kind: str) -> None:
    x = noise(2, 3 * RATE)
    x = {
        "dc": np.full_like(x, 0.5),
        "clipped": np.clip(x * 100, -1, 1),
        "nan": np.where(np.arange(x.shape[1]) % 97 == 0, np.nan, x).astype(np.float32),
        "tiny": x * 1e-20,
        "loud": x * 1e4,
    }[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tracks = tiny_model().separate(x, RATE, level=1)
    total = sum(t.audio for t in tracks)
    assert np.isfinite(total).all()
    assert np.abs(total - np.nan_to_num(x)).max() <= 1e-6 * max(1, np.abs(np.nan_to_num(x)).max())


def test_groups_come_in_order_each_with_its_residual(tmp_path: object) -> None:
    tracks = tiny_model().separate(tones(2), RATE, level=[2, 1], classes="Speech")
    assert [(t.name, t.level) for t in tracks] == [
        ("Human voice", 2),
        ("residual", 2),
        ("Human sounds", 1),
        ("residual", 1),
        ("Speech", None),
        ("residual", None),
    ]
    assert tracks[0].mid == "/m/09l8g" and tracks[0].probability == pytest.approx(1, abs=1e-3)
    assert [(e.start, e.end, e.name) for e in tracks[0].events] == [(0, 2, "Human voice")]
    only = tiny_model().separate(tones(2), RATE, level=1, residual=False)
    assert [t.name for t in only] == ["Human sounds"]


def test_most_tracks_keeps_the_most_prominent() -> None:
    x = tones(8, spans={0: (0, 8), 1: (0, 2), 3: (0, 5)})
    tracks = tiny_model().separate(x, RATE, classes=["Dog", "Rain", "Speech"], max_tracks=2)
    assert [t.name for t in tracks] == ["Rain", "Speech", "residual"]
    assert np.abs(sum(t.audio for t in tracks) - x).max() < 1e-6


def test_detector_is_not_needed() -> None:
    events = tiny_model(detector=False).tag(tones(6, spans={0: (0, 6), 1: (2, 4)}), RATE)
    assert [e.name for e in events] == ["Speech", "Dog"]
    assert events[1].start <= 2 and events[1].end >= 4


def test_quiet_class_asked_by_name_is_separated() -> None:
    x = tones(2) + 0.2 * tones(2, spans={1: (0, 2)})
    quiet = tiny_model().separate(x, RATE, classes="Dog")[0]
    assert np.abs(quiet.audio - 0.2 * tones(2, spans={1: (0, 2)}))[:, RATE // 4 : -RATE // 4].max() < 0.01
    assert "Domestic animals, pets" not in [t.name for t in tiny_model().separate(x, RATE, level=2)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"level": 0}, "level"),
        ({"level": 7}, "level"),
        ({"level": 1.5}, "level"),
        ({"threshold": 7}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"classes": ["Dgo"]}, "did you mean"),
        ({"classes": 527}, "index"),
        ({"query": "no-such.wav"}, "does not exist"),
        ({"span": (5, 2)}, "ends after"),
        ({"span": (20, 25)}, "20"),
        ({"text": "quarterly tax return"}, "not a sound"),
        ({"text": ["a dog", " "]}, "empty"),
        ({"max_tracks": 0}, "max-tracks"),
        ({"batch": 0}, "batch"),
    ],
)
def test_bad_requests_are_refused_before_any_work(arguments: dict[str, object], words: str) -> None:
    model = tiny_model()
    with pytest.raises(UnweaveError, match=words):
        model.separate(tones(1), RATE, **arguments)
    assert model.tagger.heard == 0


@pytest.mark.parametrize(
    ("audio", "rate", "words"),
    [
        (np.zeros((1, 0)), RATE, "Samples are"),
        (np.zeros((1000, 2)), RATE, "at most 64"),
        (np.zeros((1, 2, 3)), RATE, "Samples are"),
        (np.zeros(10), None, "sample_rate"),
        (np.zeros(10), 0, "sample_rate"),
        ("none.wav", None, "no file"),
        ("none.wav", 8000, "its own sample rate"),
        (object(), RATE, "Audio is"),
    ],
)
def test_bad_audio_is_refused(audio: object, rate: int | None, words: str) -> None:
    with pytest.raises(UnweaveError, match=words):
        tiny_model().separate(audio, rate)


def test_unknown_class_is_refused_with_known_ones() -> None:
    with pytest.raises(UnweaveError, match="has not learnt 'Rain'.*Rain|has not learnt 'Rain'; it knows"):
        tiny_model(known=(0, 74)).separate(tones(1), RATE, classes="Rain")


def test_example_only_model_says_so() -> None:
    model = tiny_model(condition="embedding")
    with pytest.raises(UnweaveError, match="--query"):
        model.separate(tones(1), RATE, level=1)


@pytest.mark.parametrize("rate", [RATE, 44100])
def test_segments_that_were_kept_make_no_difference(rate: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.concatenate([tones(3.3, rate, {0: (0, 2), 3: (1, 3)}), noise(1, round(3.3 * rate))])
    kept = tiny_model().separate(x, rate, level=1)
    monkeypatch.setattr(tagging, "MOST_KEPT", 0)
    for own, other in zip(kept, tiny_model().separate(x, rate, level=1), strict=True):
        np.testing.assert_array_equal(own.audio, other.audio)
