from collections import Counter

import pytest
from benchmark_layouts import STREAMS, sine, tiny_benchmark, write, write_stem_file

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import benchmarks
from unweave.evaluation.items import Piece


def test_four_stems_of_each_song_out_of_the_sum_of_all(tmp_path):
    tiny_benchmark("musdb18", tmp_path)
    benchmark = benchmarks.build("musdb18", root=tmp_path)
    assert [item.id for item in benchmark.items] == [
        f"{song}/{stem}" for song in ("A - One", "B - Two, live") for stem in ("vocals", "bass", "drums", "other")
    ]
    for item in benchmark.items:
        paths = [piece.path for piece in (*item.target, *item.others)]
        assert sorted(paths) == [f"test/{item.group}/{stem}.wav" for stem in sorted(STREAMS[1:])]
        assert item.target[0] == Piece(f"test/{item.group}/{item.label}.wav")
        assert item.mixture is None and item.snr is None
    classes = {item.label: item.classes for item in benchmark.items}
    assert classes == {"vocals": ("/m/015lz1",), "bass": ("/m/018vs",), "drums": ("/m/02hnl",), "other": ()}
    assert (benchmark.sample_rate, benchmark.mono, benchmark.seconds) == (32000, True, None), "as the paper's rows"
    assert benchmark.metrics == ("museval", "sdr") and benchmark.summary == "median"
    assert benchmark.count_note() == "2 songs; the paper has 50"


def test_as_others_report_it_is_in_stereo_at_44_1_khz(tmp_path):
    tiny_benchmark("musdb18", tmp_path)
    plain, stereo = (benchmarks.build("musdb18", root=tmp_path, **how) for how in ({}, {"stereo": True}))
    assert (stereo.sample_rate, stereo.mono) == (44100, False) and stereo.items == plain.items
    assert stereo.options == {"stereo": True, "published": False, "average": "all"}


def test_as_the_papers_code_it_is_the_recorded_mixture(tmp_path):
    tiny_benchmark("musdb18", tmp_path)
    benchmark = benchmarks.build("musdb18", root=tmp_path, published=True)
    assert (benchmark.sample_rate, benchmark.mono) == (32000, True)
    assert {item.mixture for item in benchmark.items} == {
        Piece("test/A - One/mixture.wav"),
        Piece("test/B - Two, live/mixture.wav"),
    }
    assert benchmark.options == {"stereo": False, "published": True, "average": "all"}


def test_examples_are_the_whole_stems_of_all_songs_that_are_not_tested_on(tmp_path):
    """As the paper's code averages them: not a hundred, as of clips."""
    tiny_benchmark("musdb18", tmp_path)
    for number in range(120):
        for stem in STREAMS:
            write(tmp_path / f"train/song {number:03d}/{stem}.wav", sine(0.05, 300))
    examples = benchmarks.build("musdb18", root=tmp_path).examples
    assert set(examples) == {"vocals", "bass", "drums", "other"}
    songs = ["C - Three", *(f"song {number:03d}" for number in range(120))]
    for stem, pieces in examples.items():
        assert pieces == [Piece(f"train/{song}/{stem}.wav") for song in songs]
    few = benchmarks.build("musdb18", root=tmp_path, average=7)
    assert {len(pieces) for pieces in few.examples.values()} == {7} and few.options["average"] == 7


def test_the_stem_format(tmp_path):
    for song in ("test/A - One", "test/B - Two", "train/C - Three"):
        write_stem_file(tmp_path / f"{song}.stem.mp4", seconds=0.3)
    benchmark = benchmarks.build("musdb18", root=tmp_path)
    assert len(benchmark.items) == 8 and benchmark.missing == ()
    vocals = benchmark.items[0]
    assert vocals.target == (Piece("test/A - One.stem.mp4", stream=4),)
    assert vocals.others == tuple(Piece("test/A - One.stem.mp4", stream=at) for at in (2, 1, 3))
    assert {piece.stream for piece in benchmark.examples["bass"]} == {2}
    assert {piece.path for piece in benchmark.examples["bass"]} == {"train/C - Three.stem.mp4"}
    published = benchmarks.build("musdb18", root=tmp_path, published=True)
    assert published.items[0].mixture == Piece("test/A - One.stem.mp4", stream=0)


def test_the_streams_are_those_of_the_stems(tmp_path):
    import av
    import numpy as np

    path = write_stem_file(tmp_path / "test/A.stem.mp4", seconds=0.5)
    benchmark = benchmarks.build("musdb18", root=tmp_path)
    for item in benchmark.items:
        with av.open(str(path)) as container:
            stream = container.streams.audio[item.target[0].stream]
            wave = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(stream)])
        hertz = np.abs(np.fft.rfft(wave)).argmax() * 44100 / len(wave)
        assert hertz == pytest.approx(200 * (STREAMS.index(item.label) + 1), abs=5)


def test_songs_that_are_not_whole_are_said(tmp_path):
    tiny_benchmark("musdb18", tmp_path)
    (tmp_path / "test/A - One/bass.wav").unlink()
    write_stem_file(tmp_path / "test/D.stem.mp4", streams=2, seconds=0.1)
    (tmp_path / "test/E.stem.mp4").write_bytes(b"no sound")
    write_stem_file(tmp_path / "test/B - Two, live.stem.mp4", seconds=0.1)
    benchmark = benchmarks.build("musdb18", root=tmp_path)
    assert Counter(item.group for item in benchmark.items) == {"B - Two, live": 4}
    assert benchmark.items[0].target[0].path.endswith("vocals.wav"), "wav is better than AAC"
    said = " ".join(benchmark.missing)
    assert "test/A - One/bass.wav: there is no such file" in said
    assert "D.stem.mp4 has 2 streams of sound, not the 5" in said and "E.stem.mp4 cannot be read" in said


def test_no_song_is_said(tmp_path):
    (tmp_path / "test/Empty").mkdir(parents=True)
    with pytest.raises(UnweaveError, match=r"nothing to test on in .*test/Empty/mixture.wav: there is no such file"):
        benchmarks.build("musdb18", root=tmp_path)
