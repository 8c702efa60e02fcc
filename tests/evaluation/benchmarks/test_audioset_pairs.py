from collections import Counter

import numpy as np
import pytest
import soundfile
from benchmark_layouts import RATE, LoudDetector, tiny_benchmark, write
from tiny import TinyTagger

from unweave.data.datasets import datasets
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import anchors as module
from unweave.evaluation.benchmarks import benchmarks
from unweave.evaluation.benchmarks.anchors import AnchorFinder, fingerprint, load_detector
from unweave.taggers import Tags

EVAL = "audios/eval_segments"


class Bands(TinyTagger):
    """Tells bands apart; its 20 frames are those of 10 s."""

    frame_rate = 2.0


@pytest.fixture
def root(tmp_path):
    return tiny_benchmark("audioset", tmp_path).root


def build(root, detector=None, **options):
    return benchmarks.build("audioset", root=root, detector=detector or LoudDetector(), device="cpu", **options)


def loud_at(path, start, seconds=10.0):
    """A faint clip with 2 s of loud sound."""
    wave = 0.01 * np.sin(np.arange(round(seconds * RATE)))
    wave[round(start * RATE) : round((start + 2) * RATE)] *= 30
    return write(path, wave)


def test_pairs_are_these(root):
    items = build(root, each=2, seed=3).items
    assert [(item.id, item.target[0].path[-16:-4], item.others[0].path[-16:-4]) for item in items] == PAIRS


def test_pairs_of_clips_without_a_common_tag(root):
    benchmark = build(root, each=20)
    assert Counter(item.label for item in benchmark.items) == dict.fromkeys(("Dog", "Rain", "Siren", "Speech"), 20)
    clips = {clip.path.name: clip for clip in datasets.build("audioset", root=root).clips}
    for item in benchmark.items:
        target, other = (clips[piece.path.split("/")[-1]] for piece in (item.target[0], item.others[0]))
        assert not set(target.classes) & set(other.classes)
        assert target.split == other.split == "test"
        assert item.label in target.label.split(";") and item.group == target.group
        assert item.snr == 0 and item.target[0].seconds == item.others[0].seconds == 2
    assert benchmark.count_note() == "80 pairs; the paper has 52 700"
    speech = {item.classes for item in benchmark.items if item.label == "Speech"}
    assert speech == {("/m/09x0r",)}


def test_anchors_lie_where_the_detector_hears_the_class(root):
    starts = {path.name: float(number % 8) for number, path in enumerate(sorted((root / EVAL).iterdir()))}
    for name, start in starts.items():
        loud_at(root / EVAL / name, start)
    benchmark = build(root, each=6)
    pieces = [piece for item in benchmark.items for piece in (*item.target, *item.others)]
    assert [piece.start for piece in pieces] == [starts[piece.path.split("/")[-1]] for piece in pieces]
    assert {piece.start for piece in pieces} == {float(second) for second in range(8)}


def test_each_class_of_a_clip_has_an_anchor_of_its_own(tmp_path):
    """A tone in each band at another time, heard by a detector that tells the bands apart."""
    time = np.arange(10 * RATE) / RATE
    wave = np.where((time > 1) & (time < 3), np.sin(2 * np.pi * 440 * time), 0)
    wave += np.where((time > 6) & (time < 8), np.sin(2 * np.pi * 1100 * time), 0)
    write(tmp_path / "clip.wav", 0.2 * wave)
    found, faults = AnchorFinder(load_detector(Bands()), device="cpu").find(tmp_path, {"clip.wav": {0, 74}})
    assert not faults
    assert found == {("clip.wav", 0): 1.0, ("clip.wav", 74): 6.0}


@pytest.mark.parametrize("seconds", [0.5, 2.0, 2.7, 9.96, 10.0, 12.0])
def test_anchors_lie_inside_their_clips(tmp_path, seconds):
    wave = np.linspace(0, 0.5, round(seconds * RATE)) * np.sin(np.arange(round(seconds * RATE)))
    write(tmp_path / "clip.wav", wave)
    found, _ = AnchorFinder(LoudDetector(), device="cpu").find(tmp_path, {"clip.wav": {3}})
    start = found["clip.wav", 3]
    assert 0 <= start <= max(0.0, min(seconds, 10.0) - 2) + 1e-3
    assert start >= max(0.0, min(seconds, 10.0) - 2) - 0.1  # it grows louder to the end


def test_the_silence_behind_a_short_clip_is_no_anchor(tmp_path):
    """Even for a detector that hears its class in silence."""

    class Quiet(LoudDetector):
        def forward(self, waveform):
            tags = super().forward(waveform)
            return Tags(tags.clip, 1 - tags.frames, tags.embedding)

    wave = np.full(5 * RATE, 0.3) * np.sign(np.sin(np.arange(5 * RATE)))
    wave[RATE : 3 * RATE] *= 0.1
    write(tmp_path / "clip.wav", wave)
    found, _ = AnchorFinder(Quiet(), device="cpu").find(tmp_path, {"clip.wav": {3}})
    assert found == {("clip.wav", 3): 1.0}


def test_the_batch_changes_nothing(root):
    one, many = LoudDetector(), LoudDetector()
    assert build(root, one, batch=1, each=4) == build(root, many, batch=5, each=4)
    assert set(one.heard) == {1} and max(many.heard) == 5 and sum(many.heard) == sum(one.heard) <= 24


def test_what_was_found_is_kept_for_the_next_run(root, tmp_path):
    cache = tmp_path / "anchors.jsonl"
    told = []
    first = build(root, cache=cache, each=3, progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] > 0
    detector = LoudDetector()
    assert build(root, detector, cache=cache, each=3) == first and detector.heard == []
    whole = cache.read_bytes().splitlines(keepends=True)
    cache.write_bytes(b"".join(whole[:4]) + whole[4][:7])
    assert build(root, detector, cache=cache, each=3) == first and detector.heard
    other = LoudDetector(weight=2.0)
    build(root, other, cache=cache, each=3)
    assert other.heard, "another detector has anchors of its own"
    assert len({fingerprint(detector), fingerprint(other), fingerprint(TinyTagger())}) == 3


def test_a_clip_that_cannot_be_heard_is_said_and_no_other_pair_changes(root):
    before = build(root, each=3)
    clips = sorted({item.target[0].path for item in before.items if item.label == "Rain"})
    (root / clips[0]).write_bytes(b"no sound")
    write(root / clips[1], np.zeros(RATE))
    after = build(root, each=1)
    used = {piece.path for item in after.items for piece in (*item.target, *item.others)}
    assert not set(clips[:2]) & used
    assert [item.label for item in after.items] == ["Dog", "Rain", "Siren", "Speech"]
    old = [item for item in before.items if item.id.endswith("/000")]
    for item, one in zip(after.items, old, strict=True):
        touched = {piece.path for piece in (*one.target, *one.others)} & set(clips[:2])
        assert touched or item == one
    assert len(after.missing) == 2 and all(clip.split("/")[-1] in str(after.missing) for clip in clips[:2])


def test_averages_are_taken_of_anchors_mined_from_training_clips(root):
    """2 s where the detector hears the class, as the paper's, and not the whole clip with what else is in it."""
    folder = root / "audios/balanced_train_segments"
    starts = {path.name: float(number % 8) for number, path in enumerate(sorted(folder.iterdir()))}
    for name, start in starts.items():
        loud_at(folder / name, start)
    benchmark = build(root, each=2)
    assert benchmark.clips == {"Dog": 3, "Rain": 3, "Siren": 3, "Speech": 6}
    assert {label: len(pieces) for label, pieces in benchmark.examples.items()} == benchmark.clips
    for pieces in benchmark.examples.values():
        assert all("/balanced_train_segments/" in piece.path and piece.seconds == 2 for piece in pieces)
        assert [piece.start for piece in pieces] == [starts[piece.path.split("/")[-1]] for piece in pieces]
    assert len({piece.start for pieces in benchmark.examples.values() for piece in pieces}) > 3
    assert benchmark.options["average"] == 100


def test_a_class_is_averaged_by_its_own_anchor(tmp_path):
    """A training clip with two tags lends each of them the 2 s in which that one is heard."""
    root = tiny_benchmark("audioset", tmp_path).root
    time = np.arange(10 * RATE) / RATE
    for path in (root / "audios/balanced_train_segments").iterdir():
        wave = np.where((time > 1) & (time < 3), np.sin(2 * np.pi * 440 * time), 0)
        write(path, 0.2 * (wave + np.where((time > 6) & (time < 8), np.sin(2 * np.pi * 2000 * time), 0)))
    examples = build(root, Bands(), each=2).examples
    both = {piece.path for piece in examples["Siren"]}
    assert both and both <= {piece.path for piece in examples["Speech"]}
    assert {piece.start for piece in examples["Speech"]} == {1.0} and {piece.start for piece in examples["Siren"]} == {
        6.0
    }


def test_fewer_anchors_or_none_can_be_averaged_and_broken_clips_are_said(root):
    few, none = build(root, each=2, average=2), build(root, each=2, average=0)
    assert {len(pieces) for pieces in few.examples.values()} == {2} and none.examples == {}
    detector = LoudDetector()
    build(root, detector, each=2, average=0)
    assert sum(detector.heard) <= 12, "no training clip is heard for nothing"
    (root / few.examples["Dog"][0].path).write_bytes(b"no sound")
    after = build(root, each=2, average=2)
    assert len(after.examples["Dog"]) == 2 and few.examples["Dog"][0] not in after.examples["Dog"]
    assert few.examples["Dog"][0].path.split("/")[-1] in str(after.missing)
    with pytest.raises(UnweaveError, match="average=-1"):
        build(root, average=-1)


def test_without_the_list_of_training_clips_there_are_no_examples(root):
    benchmark = build(root, each=2)
    (root / "metadata/balanced_train_segments.csv").unlink()
    alone = build(root, each=2)
    assert alone.items == benchmark.items and alone.examples == {} == alone.clips
    (root / "metadata/eval_segments.csv").unlink()
    with pytest.raises(UnweaveError, match=r"There is no eval_segments.csv in"):
        build(root, each=2)


def test_a_detector_of_the_box_can_be_named(root, monkeypatch):
    monkeypatch.setattr(module, "CLIP_SECONDS", 3.0)  # quicker
    benchmark = build(root, "small", each=1, average=1)
    assert benchmark.options == {"detector": "small", "each": 1, "seed": 0, "average": 1}
    assert all(0 <= item.target[0].start <= 1 for item in benchmark.items)
    assert soundfile.info(root / benchmark.items[0].target[0].path).duration == 3


@pytest.mark.parametrize(
    ("detector", "match"),
    [
        (TinyTagger(), None),
        ("nobody", "nobody"),
        (type("Short", (LoudDetector,), {"classes": 5})(), "each of the 527 classes sounds; Short does not"),
        (type("Deaf", (LoudDetector,), {"frame_rate": None})(), "Deaf does not"),
    ],
)
def test_only_detectors_of_audioset_will_do(detector, match):
    if match is None:
        assert load_detector(detector) is detector and not detector.training
        return
    with pytest.raises(UnweaveError, match=match):
        load_detector(detector)


def test_no_clip_at_once_is_refused(root):
    with pytest.raises(UnweaveError, match="batch=0"):
        build(root, batch=0)


PAIRS = [
    ("Dog/000", "Y-_e2001aZ9k", "Y-_e0001aZ9k"),
    ("Dog/001", "Y-_e2002aZ9k", "Y-_e1001aZ9k"),
    ("Rain/000", "Y-_e1001aZ9k", "Y-_e0001aZ9k"),
    ("Rain/001", "Y-_e1002aZ9k", "Y-_e3000aZ9k"),
    ("Siren/000", "Y-_e0001aZ9k", "Y-_e2001aZ9k"),
    ("Siren/001", "Y-_e0000aZ9k", "Y-_e1002aZ9k"),
    ("Speech/000", "Y-_e0002aZ9k", "Y-_e2000aZ9k"),
    ("Speech/001", "Y-_e0000aZ9k", "Y-_e1002aZ9k"),
]
