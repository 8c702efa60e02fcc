"""A disk that fills up at any moment of a command: one sentence, status 2, nothing half written, all else as it was.

A real small disk where one can be mounted (as root on Linux); everywhere else a limit on how long files may grow, with
which the same calls fail at the same places.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import soundfile as sf
from tiny import RATE, tiny_model, tones
from videos import Film, make, noise

from unweave.cli.main import run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="neither small disks nor limits of files")
SIZE = 8_000_000
LEFT = (0.0, 0.6)  # of what a command needs

Room = Callable[[Path, float], AbstractContextManager[None]]


@contextlib.contextmanager
def disk(place: Path, room: float) -> Iterator[None]:
    """A ballast leaves just so much room on the disk."""
    free = shutil.disk_usage(place).free
    (place / "ballast").write_bytes(bytes(max(0, free - int(room) // 4096 * 4096)))
    try:
        yield
    finally:
        (place / "ballast").unlink()


@contextlib.contextmanager
def limit(place: Path, room: float) -> Iterator[None]:
    """No file may grow longer than that."""
    import resource

    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(room), limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.fixture(scope="module", params=["disk", "limit"])
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Room]]:
    place = tmp_path_factory.mktemp(request.param)
    if request.param == "limit":
        yield place, limit
        return
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here: run the tests as root on Linux")
    yield place, disk
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    tiny_model().save(folder / "model")
    sf.write(folder / "x.wav", tones(3, spans={0: (0, 3), 1: (1, 2)}).T, RATE)
    film = Film([0.2 * noise(2, 1, seed=1)], starts=[0.0], times=[24 * n for n in range(50)])
    make(folder / "clip.mp4", film)
    return folder


def there(place: Path) -> dict[str, int]:
    """Everything but the ballast, with the bytes of files."""
    return {
        str(one.relative_to(place)): one.stat().st_size if one.is_file() else -1
        for one in sorted(place.rglob("*"))
        if one.name != "ballast" and not one.name.endswith("-lock")
    }


COMMANDS = {
    "wav": ["separate", "x.wav", "--class", "Dog"],
    "flac": ["separate", "x.wav", "--class", "Dog", "--format", "flac"],
    "ogg": ["separate", "x.wav", "--class", "Dog", "--format", "ogg"],
    "m4a": ["separate", "x.wav", "--class", "Dog", "--format", "m4a"],
    "one file": ["separate", "x.wav", "--class", "Dog", "--one-file"],
    "changed": ["separate", "x.wav", "--remove", "Dog"],
    "video": ["separate", "clip.mp4", "--gain", "Siren=-3"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_sentence_and_everything_as_it_was(
    name: str,
    full: tuple[Path, Room],
    inputs: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place, leave = full
    monkeypatch.chdir(inputs)
    for one in place.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    words = [*COMMANDS[name], "-o", str(place), "--model", "model", "-q"]
    (place / "mine.txt").write_text("mine", "utf-8")
    assert run(words) == 0
    made = there(place)
    sounds = [
        size for file, size in made.items() if Path(file).suffix in (".wav", ".flac", ".ogg", ".mp3", ".m4a", ".mp4")
    ]
    need = sum(size for size in made.values() if size > 0) if leave is disk else max(sounds)
    capsys.readouterr()
    for share in LEFT:
        with leave(place, share * need):
            status, said = run([*words, "--overwrite"]), capsys.readouterr()
        assert said.err.count("\n") == 1 and "Traceback" not in said.err, (share, said)
        if status == 0 and share:  # a picture that does not fit costs nothing else
            assert "overview.png could not be drawn" in said.err, (share, said)
            made = there(place)
        else:
            assert status == 2 and ("written" in said.err or "disk" in said.err), (share, said)
            assert there(place) == made, share
