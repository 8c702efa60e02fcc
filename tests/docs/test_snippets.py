"""Every command and every piece of Python in the documentation: run where that is quick, else checked word by word."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from command_lines import PLACEHOLDER, check, command_of, options_of, program
from snippets import ROOT, Block, blocks, blocks_of, commands, simple, spans
from tiny import NAMES, RATE, tiny_model, tones

import unweave
from unweave.cli.main import run

BLOCKS = list(blocks())
SHOWN = [block for block in BLOCKS[::-1] if not block.not_run]
STANDS = {line.partition(" #")[0]: block.where for block in SHOWN for line in commands(block)}
LINES = sorted(STANDS.items())  # each once, where it stands first
RUN = ("separate", "tag", "models", "--version")  # `models` where it only tells; `train` is run with --show
SECONDS = 65  # the pages ask for 1:02-1:04


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with what the pages talk of, and a model in the place of every other that answers at once."""
    folder = tmp_path_factory.mktemp("world")
    heard = tones(SECONDS, spans={0: (1, 3), 1: (8, 10), 2: (62, 64), 3: (2, 4)})[0]
    for name in ("street.wav", "recording.wav", "my.wav", "talk.mp3", "long.wav"):
        sf.write(folder / name, heard, RATE)
    for name in ("bell.wav", "my_bell.wav", "another_kettle.wav"):
        sf.write(folder / name, tones(1, spans={1: (0, 1)})[0], RATE)
    _film(folder / "clip.mp4", heard)
    _film(folder / "film.mkv", heard)
    (folder / "examples").mkdir()
    sf.write(folder / "examples" / "scene.flac", heard[: 6 * RATE], RATE)
    for kind in ("kettle", "door bell"):
        (folder / "my_sounds" / kind).mkdir(parents=True)
        for number in range(2):
            sf.write(folder / "my_sounds" / kind / f"{number}.wav", tones(1, spans={number: (0, 1)})[0], RATE)
    (folder / "hubconf.py").symlink_to(ROOT / "hubconf.py")
    tiny_model().save(folder / "runs" / "my-sounds" / "model")
    own = [f"own {number}" for number in range(527)]
    own[0], own[74] = "kettle", "door bell"
    anyone, mine = (tiny_model(segment_seconds=5.0, overlap_seconds=0.5) for _ in range(2))
    mine.ontology = unweave.Ontology.flat(own)

    def load(name: Any = None, *_: Any, **__: Any) -> unweave.Model:
        return mine if "my-sounds" in str(name) else anyone

    before = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        # In this order: what `unweave` has not been asked for yet, it takes from there, also to put it back.
        patch.setattr(unweave, "load_model", load)
        patch.setattr("unweave.pretrained.load.load_model", load)
        patch.setattr("unweave.inference.files.draw_overview", lambda *_, **__: None, raising=False)
        os.chdir(folder)
        yield folder
    os.chdir(before)


def _film(path: Path, heard: np.ndarray) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(heard[None].astype(np.float32), "fltp", "mono")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


@pytest.mark.parametrize(("line", "where"), LINES, ids=[where for _, where in LINES])
def test_a_line_that_people_are_told_to_type_works(line: str, where: str, world: Path) -> None:
    for words in simple(line):
        check(words)
        if words[0] != "unweave" or any(PLACEHOLDER.search(word) for word in words[2:]):
            continue
        arguments = words[1:]
        if arguments[0] == "train":
            arguments += ["--show"]
        elif arguments[0] not in RUN or arguments[1:2] in (["download"], ["import"], ["quantize"], ["export"]):
            continue
        elif arguments[0] == "separate":
            arguments += ["--overwrite", "-q"]
        said = io.StringIO()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            status = run(arguments)
        assert status == 0, f"{where}: {line}\n{said.getvalue()}"


PAGES = sorted({block.page for block in BLOCKS if block.language == "python"})


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_python_of_a_page_runs_from_its_top_to_its_end(page: Path, world: Path) -> None:
    blocks = [tones(0.5) for _ in range(3)]  # what pages about streams talk of
    names: dict[str, Any] = {"__name__": "page", "unweave": unweave, "model": unweave.load_model()}
    names |= {"block": np.repeat(blocks[0], 2, 0), "blocks": blocks}
    shutil.rmtree("separated", ignore_errors=True)
    if not (world / "stores").exists():
        with contextlib.redirect_stdout(io.StringIO()):
            assert run(["prepare", "my_sounds/", "-o", "stores/my-sounds", "-q"]) == 0
    with contextlib.redirect_stdout(io.StringIO()), _registries_as_they_were():
        for block in BLOCKS:
            if block.page == page and block.language == "python":
                code = compile("\n" * (block.line - 1) + block.text, str(page), "exec")
                if block.not_run is None:
                    exec(code, names)


@contextlib.contextmanager
def _registries_as_they_were() -> Iterator[None]:
    from unweave.separators.base import separators

    separators.names()
    kept = dict(separators._builders)
    yield
    separators._builders.clear()
    separators._builders.update(kept)


@pytest.mark.parametrize(("where", "span"), sorted(set(spans())), ids=lambda value: value[:40])
def test_a_command_in_running_text_has_the_options_that_it_names(where: str, span: str) -> None:
    words = [word.strip(",.") for word in span.replace("[", " ").replace("]", " ").split()][1:]
    if words[0].startswith("--"):
        assert words[0] in options_of(program())
        return
    command, rest = command_of(words)
    named = {word.partition("=")[0] for word in rest if word.startswith("-") and not word[1:2].isdigit()}
    assert named <= options_of(command), f"{where}: `{span}`"


@pytest.mark.parametrize("name", ["separate", "tag", "evaluate", "report", "prepare", "train"])
def test_every_option_is_somewhere_in_the_documentation(name: str) -> None:
    text = "".join(page.read_text("utf-8") for page in ROOT.joinpath("docs").rglob("*.md"))
    missing = {option for option in options_of(program().get_command(None, name)) if option.startswith("--")}
    missing = {option for option in missing if f"{option}`" not in text and f"{option} " not in text}
    assert missing <= {"--help"}


def test_the_checks_can_fail(world: Path) -> None:
    """A wrong option, value, name, extra, target and file are each found."""
    wrong = [
        "unweave separate x.wav --clas Dog",
        "unweave separate x.wav --max-tracks many",
        "unweave separated x.wav",
        "unweave evaluate esc51=ESC",
        "unweave prepare fsd51k FSD50K",
        "unweave models info smal",
        "pip install '.[trian]'",
        "make demos",
        "make demo INN=x.wav",
        "python benchmarks/benchmark.py",
        "python benchmarks/bench.py --fulll",
        "torchrun --nproc-per-node 8 -m unweave train",
        "frobnicate x.wav",
    ]
    for line in wrong:
        with pytest.raises(Exception, match=r"."):
            [check(words) for words in simple(line)]
    assert run(["separate", "street.wav", "--class", "Dgo", "-q"]) == 2


def test_blocks_and_commands_are_all_found() -> None:
    text = "a\n\n    unweave tag x  # c\n    out/\n\n```bash\nX=1 cat a | unweave tag - > b\n```\n"
    text += "\n```\n$ make test\nfine\n```\n"
    text += "<!-- not run: a server -->\n```python\n1 / 0\n```\n"
    found = list(blocks_of(ROOT / "README.md", text))
    assert [block.language for block in found] == ["", "bash", "", "python"]
    assert [commands(block) for block in found[:3]] == [
        ["unweave tag x  # c"],
        ["X=1 cat a | unweave tag - > b"],
        ["make test"],
    ]
    assert simple("X=1 cat a | unweave tag - > b && unweave tag 'c d' # e") == [
        ["cat", "a"],
        ["unweave", "tag", "-"],
        ["unweave", "tag", "c d"],
    ]
    assert found[3] == Block(ROOT / "README.md", 16, "python", "1 / 0", "a server")
    assert found[1].line == 7 and len(LINES) > 60 and set(NAMES) >= {"Speech", "Dog"}
