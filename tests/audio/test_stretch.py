"""A part of a recording, exact to the sample, in blocks of any size."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from unweave.audio.io import AudioWriter, open_audio
from unweave.audio.stretch import Stretch
from unweave.errors import UnweaveError
from unweave.inference.recording import ArrayRecording

RATE = 44100
X = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 3 * RATE)).astype(np.float32)


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "x.wav", X.T, RATE, subtype="FLOAT")
    return tmp_path / "x.wav"


@pytest.mark.parametrize(
    ("start", "end"), [(0, None), (0, 3), (0.5, 2.25), (1.00001, 1.0001), (2.5, 99), (0, 1 / RATE)]
)
@pytest.mark.parametrize("size", [1000, 44100, 10**6])
def test_it_is_that_part_to_the_sample(wav: Path, start: float, end: float | None, size: int) -> None:
    with Stretch(open_audio(wav), start, end) as part:
        expected = X[:, round(start * RATE) : None if end is None else round(end * RATE)]
        assert part.samples == expected.shape[1] and part.seconds == expected.shape[1] / RATE
        assert part.first == round(start * RATE)
        for _ in range(2):
            blocks = list(part.blocks(size))
            assert all(block.shape[1] == size for block in blocks[:-1]) and 1 <= blocks[-1].shape[1] <= size
            np.testing.assert_array_equal(np.concatenate(blocks, axis=1), expected)
        assert (part.path, part.sample_rate, part.channels, part.non_finite) == (wav, RATE, 2, 0)


def test_samples_in_memory_have_parts_too() -> None:
    part = Stretch(ArrayRecording(X, RATE), 1, 2)
    np.testing.assert_array_equal(np.concatenate(list(part.blocks(999)), axis=1), X[:, RATE : 2 * RATE])
    with pytest.raises(UnweaveError, match="The recording is 0:03 long"):
        Stretch(ArrayRecording(X, RATE), 3)


def test_where_the_container_does_not_say_the_length_a_pass_finds_it(tmp_path: Path) -> None:
    with AudioWriter(tmp_path / "x.m4a", RATE, 2, "m4a") as file:
        file.write(X)
    whole = np.concatenate(list(open_audio(tmp_path / "x.m4a").blocks(5000)), axis=1)
    part = Stretch(open_audio(tmp_path / "x.m4a"), 2, 2.5)
    assert part.samples is None and part.seconds == pytest.approx(0.5, abs=0.01)
    np.testing.assert_array_equal(
        np.concatenate(list(part.blocks(777)), axis=1), whole[:, 2 * RATE : round(2.5 * RATE)]
    )
    assert part.samples == RATE // 2
    late = Stretch(open_audio(tmp_path / "x.m4a"), 5)
    with pytest.raises(UnweaveError, match="nothing from 0:05 on"):
        list(late.blocks(1000))


@pytest.mark.parametrize(("start", "end"), [(0, None), (0.5, 2.25), (0, 1), (2, None), (1, 99)])
def test_what_comes_before_and_after_makes_it_whole_again(wav: Path, start: float, end: float | None) -> None:
    part = Stretch(open_audio(wav), start, end)
    for size in (1000, 10**6):
        blocks = [*part.before(size), *part.blocks(size), *part.after(size)]
        assert all(0 < block.shape[1] <= size for block in blocks)
        np.testing.assert_array_equal(np.concatenate(blocks, axis=1), X)


def test_no_more_is_read_than_is_needed(wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = open_audio(wav)
    read = []
    whole = reader.blocks
    monkeypatch.setattr(reader, "blocks", lambda size: (read.append(0) or block for block in whole(size)))
    list(Stretch(reader, 0.1, 0.2).blocks(4410))
    assert len(read) == 2


@pytest.mark.parametrize(
    ("start", "end", "says"), [(3, None, "is 0:03 long"), (1, 1, "after the start"), (2, 1, "no sample")]
)
def test_what_is_outside_is_said_in_a_sentence(wav: Path, start: float, end: float | None, says: str) -> None:
    with pytest.raises(UnweaveError, match=says):
        Stretch(open_audio(wav), start, end)


def test_it_may_be_a_part_of_a_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "x.mkv"), "w") as container:
        stream = container.add_stream("flac", rate=RATE, layout="stereo")
        for begin in range(0, X.shape[1], 4096):
            samples = np.round(X[:, begin : begin + 4096] * 2**15).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T.reshape(1, -1)), "s16", "stereo")
            frame.rate, frame.pts = RATE, begin
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    part = Stretch(open_audio(tmp_path / "x.mkv"), 1, 2)
    got = np.concatenate(list(part.blocks(1000)), axis=1)
    np.testing.assert_allclose(got, X[:, RATE : 2 * RATE], atol=2**-15)
