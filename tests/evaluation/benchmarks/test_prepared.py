import json
import os
import re
from pathlib import Path

import pytest

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import Benchmark
from unweave.evaluation.benchmarks.prepared import open_benchmark, save_benchmark
from unweave.evaluation.items import Item, Piece, Scene, SceneEvent


@pytest.fixture
def benchmark(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    odd = os.fsdecode(b"odd\xff \xe2\x80\xa8 \xc2\x85.wav")  # no UTF-8, and what some take for the end of a line
    items = [
        Item(
            "a/0", "a", (Piece("x.wav"),), (Piece("y.wav", 1.25, 2.0), Piece("z.mp4", stream=3)), classes=("/m/09x0r",)
        ),
        Item("b/0", "b", (Piece(odd, 0.1),), mixture=Piece("mix.flac"), snr=None, group="g", part="2.5 dB"),
    ]
    return Benchmark(
        "made",
        root,
        items,
        metrics=("museval", "sdr"),
        summary="mean",
        sample_rate=None,
        mono=False,
        seconds=None,
        lowpass=8000.0,
        examples={"a": [Piece("e.wav", 3.0, 10.0)], "b": []},
        clips={"a": 3},
        unit="songs",
        expected=50,
        expected_by_code=48,
        missing=("There is no x.",),
        options={"each": 2, "of": None},
    )


def test_everything_is_read_back(benchmark, tmp_path):
    save_benchmark(benchmark, tmp_path / "saved")
    assert open_benchmark(tmp_path / "saved") == benchmark
    assert sorted(path.name for path in (tmp_path / "saved").iterdir()) == [
        "benchmark.json",
        "examples.jsonl",
        "items.jsonl",
    ]


def test_scenes_are_read_back(benchmark, tmp_path):
    scene = Scene("s", 10.0, (SceneEvent(Piece("x.wav", 1.0, 2.0), 3.0, -6.0, ("/m/09x0r",)),))
    scenes = Benchmark("scenes", benchmark.root, [scene], unit="scenes")
    save_benchmark(scenes, tmp_path / "saved")
    assert open_benchmark(tmp_path / "saved") == scenes


def test_the_data_may_have_been_moved(benchmark, tmp_path):
    save_benchmark(benchmark, tmp_path / "saved")
    moved = benchmark.root.rename(tmp_path / "moved")
    assert open_benchmark(tmp_path / "saved", root=moved).root == moved
    with pytest.raises(UnweaveError, match="data, which is not there; say where"):
        open_benchmark(tmp_path / "saved")
    with pytest.raises(UnweaveError, match="nowhere, which is not there"):
        open_benchmark(tmp_path / "saved", root=tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["items.jsonl", "examples.jsonl"])
@pytest.mark.parametrize("damage", ["cut", "line", "edit", "gone"])
def test_damage_is_said(benchmark, tmp_path, name, damage):
    save_benchmark(benchmark, tmp_path / "saved")
    path = tmp_path / "saved" / name
    raw = path.read_bytes()
    lines = raw.splitlines(keepends=True)
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"cut": raw[:-3], "line": b"".join(lines[:-1]), "edit": raw.replace(b"wav", b"WAV")}[damage])
    with pytest.raises(UnweaveError, match=rf"{re.escape(name)}.*[Pp]repare the benchmark again"):
        open_benchmark(tmp_path / "saved")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda about: about.pop("root"), "damaged"),
        (lambda about: about.pop("schema"), "damaged"),
        (lambda about: about.pop("digests"), "damaged"),
        (lambda about: about.update(schema=2), "another version"),
        (lambda about: about.update(novelty=1), "another version"),
        (lambda about: about.pop("mono"), "another version"),
    ],
)
def test_another_description_is_said(benchmark, tmp_path, change, match):
    save_benchmark(benchmark, tmp_path / "saved")
    path = tmp_path / "saved" / "benchmark.json"
    about = json.loads(path.read_text())
    change(about)
    path.write_text(json.dumps(about))
    with pytest.raises(UnweaveError, match=match):
        open_benchmark(tmp_path / "saved")


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "null"])
def test_a_broken_description_is_said(benchmark, tmp_path, text):
    save_benchmark(benchmark, tmp_path / "saved")
    (tmp_path / "saved" / "benchmark.json").write_text(text)
    with pytest.raises(UnweaveError, match="benchmark.json is damaged"):
        open_benchmark(tmp_path / "saved")


def test_no_benchmark_is_said(tmp_path):
    with pytest.raises(UnweaveError, match="There is no benchmark in"):
        open_benchmark(tmp_path)


def test_nothing_else_is_written_over(benchmark, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(UnweaveError, match="was not made by unweave"):
        save_benchmark(benchmark, tmp_path / "mine", overwrite=True)
    with pytest.raises(UnweaveError, match="choose another folder"):
        save_benchmark(benchmark, benchmark.root, overwrite=True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "x"


def test_nothing_half_written_is_left(benchmark, tmp_path):
    broken = Benchmark("x", benchmark.root, benchmark.items, options={"path": Path("x")})
    with pytest.raises(TypeError):
        save_benchmark(broken, tmp_path / "new" / "saved")
    assert not (tmp_path / "new").exists()
