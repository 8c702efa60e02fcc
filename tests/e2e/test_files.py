"""From a file to a folder: what is written, what is never lost."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny import RATE, tiny_model, tones

from unweave.errors import UnweaveError


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "a b.ünï.wav"
    x = tones(4, 44100, {0: (0, 4), 1: (1, 3)})
    sf.write(path, np.concatenate([x, 0.5 * x]).T, 44100, subtype="FLOAT")
    return path


def read(path: Path) -> np.ndarray:
    return sf.read(path, dtype="float32", always_2d=True)[0].T


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_folder_is_complete_and_adds_up(recording: Path, tmp_path: Path) -> None:
    example = tmp_path / "woof.wav"
    sf.write(example, tones(1, spans={1: (0, 1)}).T, RATE)
    report = tiny_model().separate_file(recording, tmp_path / "out", level=[1, 2], classes=["Dog"], query=example)
    folder = tmp_path / "out" / "a b.ünï"
    assert report.folder == folder
    assert files(folder) == {
        "level-1/Human sounds.wav",
        "level-1/Animal.wav",
        "level-1/residual.wav",
        "level-2/Human voice.wav",
        "level-2/Domestic animals, pets.wav",
        "level-2/residual.wav",
        "classes/Dog.wav",
        "classes/residual.wav",
        "queries/woof.wav",
        "queries/residual.wav",
        "tracks.json",
        "events.csv",
        "labels.txt",
        "overview.png",
    }
    assert [p.name for p in (tmp_path / "out").iterdir()] == [folder.name]
    x = read(recording)
    for group in ("level-1", "level-2", "classes", "queries"):
        total = np.sum([read(path) for path in (folder / group).glob("*.wav")], axis=0)
        assert total.shape == x.shape and np.abs(total - x).max() < 1e-4
    assert (folder / "overview.png").stat().st_size > 5000
    dog, woof = read(folder / "classes" / "Dog.wav"), read(folder / "queries" / "woof.wav")
    assert np.abs(dog[0]).max() > 0.15 and np.abs(woof - dog)[:, 44100 + 9000 : 3 * 44100 - 9000].max() < 0.02


def test_tables_say_what_was_found(recording: Path, tmp_path: Path) -> None:
    report = tiny_model().separate_file(recording, tmp_path / "out", level=1)
    plain = json.loads((report.folder / "tracks.json").read_text("utf-8"))
    assert plain == json.loads(json.dumps(report.to_plain()))
    assert plain["schema"] == 1 and plain["model"] == "tiny" and plain["settings"]["levels"] == [1]
    assert plain["input"] == {"path": str(recording), "sample_rate": 44100, "channels": 2, "seconds": 4.0}
    tracks = {track["name"]: track for track in plain["tracks"]}
    assert set(tracks["Animal"]) == {"file", "name", "mid", "level", "query", "probability", "energy_db", "events"}
    assert tracks["Animal"]["events"] == [{"start": 1.0, "end": 3.0, "probability": pytest.approx(0.5, abs=0.02)}]
    assert tracks["residual"]["mid"] is None and tracks["residual"]["file"] == "level-1/residual.wav"
    power = np.square(read(report.folder / "level-1" / "Human sounds.wav"), dtype=np.float64).mean()
    assert tracks["Human sounds"]["energy_db"] == pytest.approx(10 * np.log10(power), abs=0.01)
    with open(report.folder / "events.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["class"], row["mid"], row["start"], row["end"]) for row in rows] == [
        ("Speech", "/m/09x0r", "0.0", "4.0"),
        ("Dog", "/m/0bt9lr", "1.0", "3.0"),
    ]


@pytest.mark.parametrize(
    ("given", "format", "subtype", "written"),
    [
        ("FLOAT", "wav", None, "FLOAT"),
        ("PCM_16", "wav", None, "PCM_24"),
        ("PCM_16", "wav", "PCM_16", "PCM_16"),
        ("FLOAT", "flac", None, "PCM_24"),
        ("PCM_16", "ogg", None, "VORBIS"),
    ],
)
def test_formats(tmp_path: Path, given: str, format: str, subtype: str | None, written: str) -> None:
    sf.write(tmp_path / "x.wav", tones(2).T, RATE, subtype=given)
    report = tiny_model().separate_file(tmp_path / "x.wav", tmp_path, level=1, format=format, subtype=subtype)
    info = sf.info(report.folder / "level-1" / f"Human sounds.{format}")
    assert (info.subtype, info.frames, info.samplerate) == (written, 2 * RATE, RATE)


def test_clipping_is_told(tmp_path: Path) -> None:
    sf.write(tmp_path / "x.wav", 7 * tones(1).T, RATE, subtype="FLOAT")
    loud = tiny_model().separate_file(tmp_path / "x.wav", tmp_path / "a", level=1, subtype="PCM_16")
    assert len(loud.warnings) == 1 and "clipped" in loud.warnings[0]
    assert tiny_model().separate_file(tmp_path / "x.wav", tmp_path / "b", level=1).warnings == []


def test_silence_and_one_sample(tmp_path: Path) -> None:
    for name, x in (("silence", np.zeros(RATE)), ("one", np.full(1, 0.3))):
        sf.write(tmp_path / f"{name}.wav", x, RATE, subtype="FLOAT")
        report = tiny_model().separate_file(tmp_path / f"{name}.wav", tmp_path / "out")
        x_back = sum(read(path) for path in (report.folder / "sounds").glob("*.wav"))
        assert np.abs(x_back[0] - x).max() < 1e-6


def test_what_is_there_stays_unless_overwritten(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    folder = tiny_model().separate_file(recording, out, level=1).folder
    before = (folder / "tracks.json").read_bytes()
    with pytest.raises(UnweaveError, match="--overwrite"):
        tiny_model().separate_file(recording, out, level=2)
    assert (folder / "tracks.json").read_bytes() == before
    tiny_model().separate_file(recording, out, level=2, overwrite=True)
    assert not (folder / "level-1").exists() and (folder / "level-2").exists()
    assert len(list(out.iterdir())) == 1


def test_folders_of_others_are_never_replaced(recording: Path, tmp_path: Path) -> None:
    mine = tmp_path / "out" / recording.stem
    mine.mkdir(parents=True)
    (mine / "diary.txt").write_text("dear")
    with pytest.raises(UnweaveError, match="not made by unweave"):
        tiny_model().separate_file(recording, tmp_path / "out", overwrite=True)
    assert (mine / "diary.txt").read_text() == "dear"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError, OSError])
def test_nothing_half_done_is_left(recording: Path, tmp_path: Path, kind: type[BaseException]) -> None:
    model = tiny_model()
    kept = model.separate_file(recording, tmp_path / "kept", level=1).folder
    before = (kept / "tracks.json").read_bytes()

    def stop(done: float, total: float, what: str) -> None:
        if what == "separating":
            raise kind(28, "No space left on device")

    full = kind is OSError
    wanted = UnweaveError if full else kind
    for out, overwrite in ((tmp_path / "new" / "deep", False), (tmp_path / "kept", True)):
        with pytest.raises(wanted, match="disk is full" if full else None):
            model.separate_file(recording, out, level=1, overwrite=overwrite, progress=stop)
    assert not (tmp_path / "new").exists()
    assert [p.name for p in (tmp_path / "kept").iterdir()] == [kept.name]
    assert (kept / "tracks.json").read_bytes() == before


def test_place_that_cannot_be_written_is_refused_first(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    model = tiny_model()
    with pytest.raises(UnweaveError, match="is a file"):
        model.separate_file(recording, tmp_path / "file" / "out")
    assert model.tagger.heard == 0


def test_progress_reaches_the_end_in_both_passes(recording: Path, tmp_path: Path) -> None:
    seen: dict[str, list[tuple[float, float]]] = {}
    tiny_model().separate_file(
        recording, tmp_path / "out", progress=lambda done, total, what: seen.setdefault(what, []).append((done, total))
    )
    assert list(seen) == ["listening", "separating"]
    for steps in seen.values():
        assert steps[-1] == (4.0, 4.0) and steps == sorted(steps)


def test_track_saves_itself(tmp_path: Path) -> None:
    track = tiny_model().separate(tones(1), RATE, level=1)[0]
    assert np.array_equal(read(track.save(tmp_path / "t.wav")), track.audio)
    assert sf.info(track.save(tmp_path / "t.flac")).subtype == "PCM_24"
    with pytest.raises(UnweaveError, match="choose from"):
        track.save(tmp_path / "t.xyz")


def test_names_of_any_bytes(tmp_path: Path) -> None:
    path = tmp_path / b"\xff ok.wav".decode("utf-8", "surrogateescape")
    sf.write(tmp_path / "x.wav", tones(1).T, RATE)
    (tmp_path / "x.wav").rename(path)
    report = tiny_model().separate_file(path, tmp_path / "out", query=path)
    assert report.folder.name == path.stem and (report.folder / "queries" / "_udcff ok.wav").exists()
    assert json.loads((report.folder / "tracks.json").read_text("utf-8"))["input"]["path"].endswith(r"\udcff ok.wav")
