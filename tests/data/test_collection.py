import pickle
from pathlib import Path

import pytest

from unweave.data.collection import Clip, Clips, Entry


@pytest.fixture
def clips():
    clips = Clips(Path("sounds"))
    for number in range(5):
        clips.append(Entry(f"{number}.wav", (number,), f"label {number}", f"group {number}", "train", "own", 100.0))
    return clips


def test_clips_come_as_they_were_added(clips):
    assert len(clips) == 5
    assert clips[3] == Clip(Path("sounds/3.wav"), (3,), "label 3", "group 3", "train", "own", 100.0)
    assert [clip.classes[0] for clip in clips] == [0, 1, 2, 3, 4]
    assert clips[-1] == clips[4] and clips[::2] == [clips[0], clips[2], clips[4]]
    for row in (5, -6):
        with pytest.raises(IndexError):
            clips[row]


def test_clips_go_to_other_processes(clips):
    assert list(pickle.loads(pickle.dumps(clips))) == list(clips)
