"""Put the page that takes recordings apart in the browser together: python light/assemble.py [-o FOLDER].

The page itself lies in docs/try/; beside it go an exported model, an example, and ONNX Runtime Web with its licences.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "try"
PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
RUNTIME = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
NOTICES = ("LICENSE", "ThirdPartyNotices.txt")
MADE = {"vendor", "model", "example.flac"}  # what this script adds to the page


def main() -> int:
    """Do it; what is there already is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, default=PAGE, help="where (default: where the page is)")
    parser.add_argument("--model", default="small", help="a name or a path (default: small)")
    given = parser.parse_args()
    out = given.out.resolve()
    if out != PAGE:
        shutil.copytree(PAGE, out, dirs_exist_ok=True, ignore=lambda folder, _: MADE if Path(folder) == PAGE else ())
    shutil.copy(ROOT / "examples" / "scene.flac", out / "example.flac")
    try:
        vendor(out / "vendor")
        model(given.model, out / "model")
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 2
    print(out)
    return 0


class Problem(Exception):
    """A sentence."""


def vendor(folder: Path) -> None:
    """ONNX Runtime Web as npm gives it: three files of its single build for WebAssembly, and its licences."""
    mark = folder / "version.json"
    wanted = {"package": PACKAGE, "version": VERSION}
    if mark.is_file() and json.loads(mark.read_text("utf-8")) == wanted:
        return
    npm, runtime = shutil.which("npm"), find_spec("onnxruntime")
    if npm is None:
        raise Problem(f"{PACKAGE} comes from npm, which is not installed (apt-get install npm, or Node.js).")
    if runtime is None or runtime.origin is None:
        raise Problem("Its licences come from the package onnxruntime: say pip install 'unweave[onnx]'.")
    with TemporaryDirectory() as place:
        command = [npm, "pack", "--silent", f"{PACKAGE}@{VERSION}", "--pack-destination", place]
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
            raise Problem(f"npm could not fetch {PACKAGE} {VERSION}.")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with tarfile.open(next(Path(place).glob("*.tgz"))) as archive:
            for name in RUNTIME:
                member = archive.extractfile(f"package/dist/{name}")
                assert member is not None
                (folder / name).write_bytes(member.read())
    for name in NOTICES:  # the package of npm has none of its own
        text = (Path(runtime.origin).parent / name).read_text("utf-8")
        (folder / f"{Path(name).stem}.txt").write_text(text, "utf-8")
    mark.write_text(json.dumps(wanted) + "\n", "utf-8")


def model(name: str, folder: Path) -> None:
    """The exported model; its card as text, since a static host shows no Markdown."""
    from unweave.exporting.write import export
    from unweave.pretrained.load import load_model

    shutil.rmtree(folder, ignore_errors=True)
    export(load_model(name, "cpu", backend="eager"), folder)
    (folder / "README.md").rename(folder / "card.txt")


if __name__ == "__main__":
    sys.exit(main())
