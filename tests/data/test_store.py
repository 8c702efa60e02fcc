"""A store gives back what was put in, goes on where it was stopped, and survives whatever stops it."""

import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from filelock import FileLock
from sounds import CLASSES, sound, write_collection

from unweave.data import shards
from unweave.data.collection import Clip, Collection
from unweave.data.datasets.index import index
from unweave.data.store import Store, append, open_store
from unweave.data.vocabulary import Vocabulary
from unweave.errors import UnweaveError

OWN = Vocabulary.own(["bang", "hum", "never"])


def write_sounds(folder: Path, count: int, name: str = "made", rate: int = 8000) -> Collection:
    """`count` short sounds of own classes; every fourth has no class, every third is valid."""
    folder.mkdir(parents=True, exist_ok=True)
    clips = []
    for i in range(count):
        wave = np.random.default_rng(i).uniform(-0.9, 0.9, 400 + 10 * i)
        soundfile.write(folder / f"{i}.wav", wave, rate, "FLOAT")
        classes = () if i % 4 == 3 else (i % 2,) if i % 4 else (1, 0)
        clips.append(Clip(folder / f"{i}.wav", classes, "x", f"g{i}", "valid" if i % 3 == 2 else "train", name))
    return Collection(name, OWN, clips)


def contents(folder: Path) -> list:
    """All that a store holds."""
    store = Store(folder)
    return [(store.clips[row], store.read(row, 0, int(store.lengths[row])).tolist()) for row in range(len(store))]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collection")
    summary = append(index(write_collection(folder)), folder / "store", shard_clips=10)
    assert summary.skipped == [] and summary.added == summary.clips == len(CLASSES) * 5 + 1
    return Store(folder / "store")


def test_a_store_gives_back_what_was_put_in(store):
    wave = store.read(0, 0, int(store.lengths[0]))
    assert wave.dtype == np.float32 and np.abs(wave - sound("Dog", 0)).max() <= 1.6 / 32767  # the file has 16 bits too
    assert store.name(0).endswith("Dog-0.wav") and store.clips[0].path.name == "Dog-0.wav"
    assert len(shards.shard_files(store.path)) == 3


def test_what_lies_outside_a_clip_is_silence(store):
    length = int(store.lengths[1])
    wave, inside = store.read(1, -100, length + 300), store.read(1, 0, length)
    assert np.array_equal(wave[100:-200], inside) and inside.any()
    assert not wave[:100].any() and not wave[-200:].any()
    assert not store.read(1, length + 5, 10).any() and not store.read(1, -20, 10).any()


def test_tags_and_all_else_are_kept(store):
    targets = store.targets()
    assert targets.shape == (len(CLASSES) * 5 + 1, 527) and targets.sum() == len(CLASSES) * 5 and not targets[-1].any()
    assert np.array_equal(store.targets([3, 0]), targets[[3, 0]])
    last = store.clips[-1]
    assert (last.bandwidth, last.label, last.group, last.dataset) == (8000, "unknown", "nothing", "made")
    assert store.bandwidths[0] == 16000 and store.vocabulary.is_audioset
    assert [clip.path.name for clip in store.clips[:2]] == ["Dog-0.wav", "Dog-1.wav"]


def test_members_are_the_clips_of_each_class(store):
    for split in ("train", "valid", "test"):
        members = store.members(split)
        expected: dict[int, list[int]] = {}
        for row in store.rows(split):
            for key in store.classes(row) or (-1,):
                expected.setdefault(key, []).append(row)
        assert {key: rows.tolist() for key, rows in members.items()} == expected
    assert -1 in store.members("train") and len(store.rows("test")) == 0


def test_processes_read_the_same_store(store):
    first = store.read(5, 0, 500)
    copy = pickle.loads(pickle.dumps(store))
    assert np.array_equal(copy.read(5, 0, 500), first)
    # A fork would copy the locks of whatever threads other tests have left here, and may wait for one for ever.
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        pieces = list(pool.map(store.read, [5] * 4, [0] * 4, [500] * 4))
    assert all(np.array_equal(piece, first) for piece in pieces)


def test_few_files_are_open_at_once(store):
    files = shards.OpenFiles(most=1)
    one, two = (files.waveform(path) for path in shards.shard_files(store.path)[:2])
    assert not one and two
    assert files.waveform(shards.shard_files(store.path)[0])[:10].any() and not two


def test_stereo_another_rate_and_loud_sound(tmp_path):
    tone = 2 * np.sin(2 * np.pi * 100 * np.arange(4000) / 8000)
    soundfile.write(tmp_path / "a.wav", np.stack([tone, 0 * tone], 1), 8000, "FLOAT")
    soundfile.write(tmp_path / "b.wav", np.stack([tone, tone], 1), 8000, "FLOAT")
    clips = [Clip(tmp_path / f"{n}.wav", (0,), "", n, "train", "made") for n in "ab"]
    append(Collection("made", OWN, clips), tmp_path / "store", sample_rate=16000)
    store = Store(tmp_path / "store")
    assert store.lengths.tolist() == [8000, 8000] and store.bandwidths.tolist() == [4000, 4000]
    for row in (0, 1):
        wave = store.read(row, 2000, 4000)
        assert wave.max() == pytest.approx(1, abs=0.03) and np.std(wave) == pytest.approx(0.5**0.5, abs=0.02)


def test_the_same_call_does_nothing_again(tmp_path):
    collection = write_sounds(tmp_path / "a", 5)
    assert append(collection, tmp_path / "s", sample_rate=8000).added == 5
    before = contents(tmp_path / "s")
    again = append(collection, tmp_path / "s")
    assert (again.added, again.already, again.clips) == (0, 5, 5) and contents(tmp_path / "s") == before


def test_a_second_set_is_appended_and_its_classes_come_behind(tmp_path):
    append(write_sounds(tmp_path / "a", 4), tmp_path / "s", sample_rate=8000)
    before = contents(tmp_path / "s")
    second = write_sounds(tmp_path / "b", 3, "other")
    summary = append(replace(second, vocabulary=Vocabulary.own(["alarm", "hum"])), tmp_path / "s")
    store = Store(tmp_path / "s")
    assert store.vocabulary.names == ("bang", "hum", "never", "alarm")
    assert contents(tmp_path / "s")[:4] == before
    assert [store.classes(row) for row in (4, 5, 6)] == [(1, 3), (1,), (3,)]  # classes 0, 1 are now alarm and hum
    assert (summary.added, summary.already, summary.clips) == (3, 0, 7)
    assert summary.counts == {"bang": 2, "hum": 4, "never": 0, "alarm": 2}
    assert summary.rarest(1) == [("bang", 2)]


def test_what_does_not_fit_is_refused_and_changes_nothing(tmp_path):
    collection = write_sounds(tmp_path / "a", 2)
    append(collection, tmp_path / "s", sample_rate=8000)
    before = contents(tmp_path / "s")
    other = replace(collection, name="other", vocabulary=Vocabulary.audioset())
    with pytest.raises(UnweaveError, match="cannot have both"):
        append(other, tmp_path / "s")
    with pytest.raises(UnweaveError, match="8000 Hz, not 16000"):
        append(collection, tmp_path / "s", sample_rate=16000)
    with pytest.raises(UnweaveError, match="no store and is not empty"):
        append(collection, tmp_path / "a")
    with pytest.raises(UnweaveError, match="at least 1 clip"):
        append(collection, tmp_path / "s", shard_clips=0)
    assert contents(tmp_path / "s") == before and not Store(tmp_path / "s").unfinished
    assert not (tmp_path / "a" / "store.json").exists()


def test_what_cannot_be_stored_is_said_and_tried_again(tmp_path):
    collection = write_sounds(tmp_path / "a", 6)
    (tmp_path / "a" / "0.wav").write_text("no sound")
    (tmp_path / "a" / "1.wav").write_bytes(b"")
    soundfile.write(tmp_path / "a" / "2.wav", np.zeros(50), 8000)
    soundfile.write(tmp_path / "a" / "3.wav", np.array([0.5, np.nan, 0.5]), 8000, "FLOAT")
    collection = replace(collection, missing=["One clip of the list is not there.", "A note."], left_out=1)
    summary = append(collection, tmp_path / "s", sample_rate=8000)
    assert (summary.added, summary.left_out, len(summary.skipped)) == (2, 5, 6)
    for name, why in (("0.wav", "0.wav"), ("1.wav", "empty"), ("2.wav", "silent"), ("3.wav", "no numbers")):
        assert any(name in said and why in said for said in summary.skipped)
    listed = [json.loads(line) for line in (tmp_path / "s" / "skipped.jsonl").read_text().splitlines()]
    assert [Path(entry["path"]).name for entry in listed] == [f"{i}.wav" for i in range(4)]
    write_sounds(tmp_path / "a", 6)
    summary = append(collection, tmp_path / "s")
    assert (summary.added, summary.already, summary.left_out) == (4, 2, 1)
    assert (tmp_path / "s" / "skipped.jsonl").read_text() == ""


def test_a_clip_of_one_sample_is_kept(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.array([0.5]), 8000)
    clips = [Clip(tmp_path / "a.wav", (0,), "", "a", "train", "made")]
    append(Collection("made", OWN, clips), tmp_path / "s", sample_rate=8000)
    assert Store(tmp_path / "s").read(0, 0, 2).tolist() == pytest.approx([0.5, 0], abs=1e-4)


def test_workers_make_the_same_store(tmp_path):
    collection = write_sounds(tmp_path / "a", 9)
    (tmp_path / "a" / "4.wav").write_text("no sound")
    done = []
    append(collection, tmp_path / "one", sample_rate=16000, shard_clips=3)
    append(
        collection, tmp_path / "two", sample_rate=16000, shard_clips=3, workers=2, progress=lambda *at: done.append(at)
    )
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert done == [(i + 1, 9) for i in range(9)]


def test_a_second_writer_is_refused(tmp_path):
    collection = write_sounds(tmp_path / "a", 2)
    append(collection, tmp_path / "s", sample_rate=8000)
    with FileLock(tmp_path / "s" / ".lock"), pytest.raises(UnweaveError, match="Another process is writing"):
        append(collection, tmp_path / "s")
    assert append(collection, tmp_path / "s").already == 2


KILLED = """
import sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from test_store import OWN, write_sounds
from unweave.data.store import append
collection = write_sounds(Path({folder!r}) / "a", 20)
def wait(done, total):
    print(done, flush=True)
    if done == 8:
        sys.stdin.read()
append(collection, Path({folder!r}) / "s", sample_rate=8000, shard_clips=3, progress=wait)
"""


def test_a_killed_run_goes_on_to_the_same_store(tmp_path):
    code = KILLED.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    path = os.pathsep.join([str(Path(__file__).parents[1] / "support"), *filter(None, sys.path)])
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.stdin and process.stdout
    while process.stdout.readline().strip() not in ("8", ""):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()
    assert len(list((tmp_path / "s").glob("*.part"))) == 1
    store = Store(tmp_path / "s")
    assert len(store) == 6 and store.unfinished == ("made",)
    assert all(store.read(row, 0, 100).any() for row in range(6))
    collection = write_sounds(tmp_path / "a", 20)
    assert append(collection, tmp_path / "s", shard_clips=3).already == 6
    append(collection, tmp_path / "whole", sample_rate=8000, shard_clips=3)
    assert contents(tmp_path / "s") == contents(tmp_path / "whole")
    names = [sorted(file.name for file in (tmp_path / name).iterdir()) for name in ("s", "whole")]
    assert names[0] == names[1] and not Store(tmp_path / "s").unfinished


def test_ctrl_c_keeps_what_was_decoded(tmp_path):
    collection = write_sounds(tmp_path / "a", 8)

    def stop(done, total):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        append(collection, tmp_path / "s", sample_rate=8000, shard_clips=3, progress=stop)
    assert len(Store(tmp_path / "s")) == 5 and Store(tmp_path / "s").unfinished
    append(collection, tmp_path / "s", shard_clips=3)
    append(collection, tmp_path / "whole", sample_rate=8000)
    assert contents(tmp_path / "s") == contents(tmp_path / "whole")


def test_a_full_disk_leaves_a_store_that_goes_on(tmp_path, monkeypatch):
    collection = write_sounds(tmp_path / "a", 8)
    add = shards.ShardWriter.add
    left = [5]

    def full(self, row, samples):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        add(self, row, samples)

    monkeypatch.setattr(shards.ShardWriter, "add", full)
    with pytest.raises(UnweaveError, match="disk is full. 4 new clips were stored, 4 are in .* run the same again"):
        append(collection, tmp_path / "s", sample_rate=8000, shard_clips=2)
    assert not list((tmp_path / "s").glob("*.part")) and len(Store(tmp_path / "s")) == 4
    monkeypatch.undo()
    append(collection, tmp_path / "s", shard_clips=2)
    append(collection, tmp_path / "whole", sample_rate=8000, shard_clips=2)
    assert contents(tmp_path / "s") == contents(tmp_path / "whole")


LIMITED = """
import resource, signal, sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from test_store import write_sounds
from unweave.data.store import append
from unweave.errors import UnweaveError
collection = write_sounds(Path({folder!r}) / "a", 6)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))
try:
    append(collection, Path({folder!r}) / "s", sample_rate=192000)
except UnweaveError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_file_that_cannot_grow_is_told_in_words(tmp_path):
    code = LIMITED.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    path = os.pathsep.join([str(Path(__file__).parents[1] / "support"), *filter(None, sys.path)])
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    assert result.returncode == 0 and "run the same again" in result.stdout, result.stderr
    assert result.stderr == "" and len(Store(tmp_path / "s")) == 0


def test_the_index_is_made_anew_when_shards_change(tmp_path):
    collection = write_sounds(tmp_path / "a", 6)
    append(collection, tmp_path / "s", sample_rate=8000, shard_clips=2)
    whole = contents(tmp_path / "s")
    (tmp_path / "s" / "index.npz").write_bytes(b"damaged")
    assert contents(tmp_path / "s") == whole
    state = (tmp_path / "s" / "index.npz").stat().st_mtime_ns
    assert len(Store(tmp_path / "s")) == 6 and (tmp_path / "s" / "index.npz").stat().st_mtime_ns == state
    (tmp_path / "s" / "shard-00001.h5").unlink()
    assert contents(tmp_path / "s") == whole[:2] + whole[4:]
    assert append(collection, tmp_path / "s").added == 2
    assert sorted(map(str, contents(tmp_path / "s"))) == sorted(map(str, whole))


def test_an_index_is_joined_of_some_shards_at_a_time(tmp_path, monkeypatch):
    collection = write_sounds(tmp_path / "a", 9)
    append(collection, tmp_path / "s", sample_rate=8000, shard_clips=2)
    whole = contents(tmp_path / "s")
    for together in (1, 2, 3):
        monkeypatch.setattr("unweave.data.reader.TOGETHER", together)
        (tmp_path / "s" / "index.npz").unlink()
        assert contents(tmp_path / "s") == whole


def test_a_folder_that_cannot_be_written_is_read(tmp_path, monkeypatch):
    append(write_sounds(tmp_path / "a", 3), tmp_path / "s", sample_rate=8000)
    (tmp_path / "s" / "index.npz").unlink()

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("unweave.atomic.Path.replace", refuse)
    assert len(contents(tmp_path / "s")) == 3
    assert sorted(file.name for file in (tmp_path / "s").glob("*index*")) == []


def test_no_store_and_damaged_ones_are_said(tmp_path):
    with pytest.raises(UnweaveError, match="There is no store"):
        open_store(tmp_path / "none")
    append(write_sounds(tmp_path / "a", 3), tmp_path / "s", sample_rate=8000)
    assert len(open_store(tmp_path / "s")) == 3
    (tmp_path / "s" / "shard-00000.h5").write_bytes(b"damaged")
    with pytest.raises(UnweaveError, match="shard-00000.h5 is damaged"):
        Store(tmp_path / "s")
    (tmp_path / "s" / "store.json").write_text("{}")
    with pytest.raises(UnweaveError, match="store.json is damaged"):
        Store(tmp_path / "s")


def test_an_index_of_many_clips_is_quick(tmp_path):
    from unweave.data.columns import Columns, Row
    from unweave.data.reader import StoredClips

    rows = [Row(f"/d/{i}.wav", f"g{i}", "Dog", "train", "made", [i % 7], 16000.0, 0, 9) for i in range(50_000)]
    part = Columns.of(rows)
    start = time.process_time()  # of this process alone, whatever else the machine does
    columns = Columns.join([part, part.numbered(1)])
    assert time.process_time() - start < 1
    size = sum(values.nbytes for values in columns.arrays().values())
    assert size < 100 * len(columns)  # bytes a clip: far below a GB for two millions
    assert StoredClips(columns)[75_000] == StoredClips(part)[25_000]
    assert columns.shard[49_999] == 0 and columns.shard[50_000] == 1
