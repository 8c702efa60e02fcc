from collections import Counter

import numpy as np
import pytest
import soundfile
from benchmark_layouts import slakh_track, tiny_benchmark

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import benchmarks
from unweave.evaluation.benchmarks.slakh2100 import CLASSES
from unweave.evaluation.statistics import Measured, summarise
from unweave.ontology import Ontology


@pytest.fixture
def root(tmp_path):
    return tiny_benchmark("slakh2100", tmp_path).root


def test_segments_are_these(root):
    benchmark = benchmarks.build("slakh2100", root=root, each=3, seed=1)
    assert [(item.id, item.target[0].path, item.target[0].start) for item in benchmark.items] == SEGMENTS


def test_loud_segments_of_plug_ins_that_have_enough(root):
    benchmark = benchmarks.build("slakh2100", root=root)
    # 30 s hold 15 segments, one of them silent; 13 s hold 6, one of them silent, and a second that is left over
    assert Counter(item.label for item in benchmark.items) == {"drums.nkm": 19, "grand/piano, old.nkm": 14}
    assert benchmark.count_note() == "2 plug-ins; the paper has 151, its code 148"
    for item in benchmark.items:
        (target,) = item.target
        assert item.mixture is not None and item.mixture.start == target.start and target.seconds == 2
        assert item.mixture.path.split("/")[:2] == target.path.split("/")[:2]
        wave, rate = soundfile.read(root / target.path)
        segment = wave[round(target.start * rate) : round((target.start + 2) * rate)]
        assert np.abs(segment).max() > 0.1 and len(segment) == 2 * rate
    assert len({(item.target[0].path, item.target[0].start) for item in benchmark.items}) == 33


def test_quiet_and_rare_plug_ins_are_said(root):
    missing = benchmarks.build("slakh2100", root=root).missing
    assert missing == (
        "bass.nkm: 0 loud segments, and more than 10 are needed.",
        "short.nkm: 5 loud segments, and more than 10 are needed.",
    )


@pytest.mark.parametrize(("segments", "kept"), [(10, False), (11, True)])
def test_a_plug_in_needs_more_than_ten_loud_segments(root, segments, kept):
    slakh_track(root, "test/Track00009", "song-9", {"S00": ("new.nkm", "Reed", 0.3)}, seconds=2 * (segments + 1) + 1)
    benchmark = benchmarks.build("slakh2100", root=root)
    assert ("new.nkm" in {item.label for item in benchmark.items}) == kept


def test_each_plug_in_weighs_the_same_and_its_middle_counts(root):
    """The paper's wSDR: the median of each plug-in, then the mean over plug-ins, however many segments each has."""
    benchmark = benchmarks.build("slakh2100", root=root)
    measured = [
        Measured(item.label, item.group, 1.0 if item.label == "drums.nkm" else 100.0 if number % 14 == 0 else 4.0)
        for number, item in enumerate(benchmark.items)
    ]
    assert summarise(measured, benchmark.summary).value == pytest.approx((1.0 + 4.0) / 2)


def test_each_item_is_labelled_with_its_own_plug_in(root):
    import yaml

    for item in benchmarks.build("slakh2100", root=root).items:
        part, track, _, stem = item.target[0].path.split("/")
        said = yaml.safe_load((root / part / track / "metadata.yaml").read_text())
        assert said["stems"][stem[:3]]["plugin_name"] == item.label
        assert said["UUID"] == item.group
    labels = {item.label: item.classes for item in benchmarks.build("slakh2100", root=root).items}
    assert labels == {"drums.nkm": ("/m/02hnl",), "grand/piano, old.nkm": ("/m/05r5c",)}


def test_examples_are_loud_and_of_other_songs(root):
    examples = benchmarks.build("slakh2100", root=root).examples
    assert set(examples) == {"drums.nkm", "grand/piano, old.nkm"}
    paths = {piece.path for pieces in examples.values() for piece in pieces}
    assert paths == {"train/Track00003/stems/S00.flac", "train/Track00003/stems/S01.flac"}
    assert sorted(piece.start for piece in examples["drums.nkm"]) == [0, 4, 6]


def test_a_plug_in_that_is_added_changes_no_other(root):
    before = benchmarks.build("slakh2100", root=root, each=4)
    slakh_track(root, "test/Track00009", "song-9", {"S00": ("new.nkm", "Reed", 0.3)})
    after = benchmarks.build("slakh2100", root=root, each=4)
    assert [item for item in after.items if item.label != "new.nkm"] == before.items
    assert len(after.items) == len(before.items) + 4


def test_what_was_heard_is_kept(root, tmp_path):
    cache = tmp_path / "kept" / "loud.jsonl"
    told = []
    first = benchmarks.build("slakh2100", root=root, cache=cache, progress=lambda *done: told.append(done))
    assert (5, 5) in told
    lines = cache.read_text().splitlines()
    assert len(lines) == 7
    (root / "test/Track00001/stems/S01.flac").write_bytes(
        bytes((root / "test/Track00001/stems/S01.flac").stat().st_size)
    )
    assert benchmarks.build("slakh2100", root=root, cache=cache) == first, "no stem is read again"


def test_wav_will_do_and_faults_are_said(root):
    flac = root / "test/Track00001/stems/S00.flac"
    wave, rate = soundfile.read(flac)
    soundfile.write(flac.with_suffix(".wav"), wave, rate)
    flac.unlink()
    (root / "test/Track00001/stems/S01.flac").write_bytes(b"no sound")
    (root / "test/Track00002/mix.flac").unlink()
    (root / "test/Track00003").mkdir()
    (root / "test/Track00004").mkdir()
    (root / "test/Track00004/metadata.yaml").write_text("stems: [1, 2")
    benchmark = benchmarks.build("slakh2100", root=root)
    assert {item.target[0].path for item in benchmark.items} == {"test/Track00001/stems/S00.wav"}
    said = " ".join(benchmark.missing)
    for sentence in (
        "Track00001/stems/S01.flac",
        "There is no mix.flac in",
        "Track00003/metadata.yaml is not there or does not list",
        "Track00004/metadata.yaml is not there or does not list",
    ):
        assert sentence in said


def test_the_groups_of_general_midi_are_these_classes():
    names = {family: Ontology().find(mid).name for family, mid in CLASSES.items()}
    assert names == {
        "Bass": "Bass guitar",
        "Brass": "Brass instrument",
        "Drums": "Drum kit",
        "Ensemble": "String section",
        "Guitar": "Guitar",
        "Organ": "Organ",
        "Piano": "Piano",
        "Pipe": "Wind instrument, woodwind instrument",
        "Reed": "Wind instrument, woodwind instrument",
        "Strings": "Bowed string instrument",
        "Strings (continued)": "String section",
        "Synth Lead": "Synthesizer",
        "Synth Pad": "Synthesizer",
    }


def test_no_segment_is_refused(root):
    with pytest.raises(UnweaveError, match="each=0"):
        benchmarks.build("slakh2100", root=root, each=0)


SEGMENTS = [
    ("drums.nkm/000", "test/Track00001/stems/S01.flac", 18.0),
    ("drums.nkm/001", "test/Track00002/stems/S00.flac", 0.0),
    ("drums.nkm/002", "test/Track00001/stems/S01.flac", 8.0),
    ("grand/piano, old.nkm/000", "test/Track00001/stems/S00.flac", 8.0),
    ("grand/piano, old.nkm/001", "test/Track00001/stems/S00.flac", 20.0),
    ("grand/piano, old.nkm/002", "test/Track00001/stems/S00.flac", 12.0),
]
