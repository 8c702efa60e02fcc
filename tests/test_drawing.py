"""Pictures need nothing of the program around, change nothing of it, and take no work with them when they fail."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from unweave.drawing import drawn, plain_drawing

DRAW = """
import os, sys
from pathlib import Path
from unweave.drawing import drawn
def draw(path):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    figure = Figure(figsize=(2, 1))
    FigureCanvasAgg(figure)
    figure.text(0.5, 0.5, "a_b")
    figure.savefig(path, format="png")
print(drawn(draw, Path(sys.argv[1])))
import matplotlib
print(matplotlib.rcParams["text.usetex"], os.environ["MPLBACKEND"], "matplotlib.pyplot" in sys.modules)
"""


@pytest.mark.parametrize("backend", ["module://matplotlib_inline.backend_inline", "no such backend", "tkagg"])
def test_neither_a_notebooks_backend_nor_somebodys_settings_matter(tmp_path: Path, backend: str) -> None:
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nfigure.dpi: 1000000\nfont.family: no such font\n")
    environment = os.environ | {"MPLBACKEND": backend, "MPLCONFIGDIR": str(tmp_path)}
    command = [sys.executable, "-W", "error", "-c", DRAW, str(tmp_path / "x.png")]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == ["[]", f"True {backend} False"]
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_a_failing_picture_is_a_sentence_and_leaves_no_half_of_itself(tmp_path: Path) -> None:
    def fail(path: Path, error: Exception) -> None:
        path.write_bytes(b"half")
        raise error

    (said,) = drawn(fail, tmp_path / "x.png", ValueError("no\nfont"))
    assert said == "x.png could not be drawn (ValueError: no font); all else is there."
    assert not list(tmp_path.iterdir())
    with pytest.raises(OSError, match="No space"):  # then the tracks are not whole either
        drawn(fail, tmp_path / "x.png", OSError(errno.ENOSPC, "No space left on device"))


def test_settings_of_the_caller_are_as_before() -> None:
    import matplotlib

    before = matplotlib.rcParams["axes.facecolor"]
    with plain_drawing(**{"axes.facecolor": "red"}):
        assert matplotlib.rcParams["axes.facecolor"] == "red"
    assert matplotlib.rcParams["axes.facecolor"] == before
